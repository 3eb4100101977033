//! A command to take along.

use std::time::Duration;

use leptos::prelude::*;

/// A command line with a button that copies it.
#[component]
pub fn Command(
    /// The command, made by [`untrained_app::command::line`]; none where a number of the form cannot be used.
    text: Signal<Option<String>>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        // A page without encryption is given no clipboard; the text is there to be selected.
        let Some(text) = text.get_untracked().filter(|_| window().is_secure_context()) else { return };
        let promise = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            // The same where the visitor does not allow it.
            copied.set(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
            set_timeout(move || copied.set(false), Duration::from_secs(2));
        });
    };
    let known = Memo::new(move |_| text.get().is_some());
    view! {
        {move || match known.get() {
            true => view! {
                <pre class="formula" tabindex="0"><code>{move || text.get()}</code></pre>
                <p class="buttons">
                    <button class="quiet" on:click=copy>{move || if copied.get() { "Copied" } else { "Copy" }}</button>
                </p>
            }.into_any(),
            false => view! { <p class="note">"There is no command while a number above cannot be used."</p> }.into_any(),
        }}
    }
}
