//! A command line to copy.

use std::time::Duration;

use leptos::prelude::*;

/// A command line with a button that copies it.
#[component]
pub fn Command(
    /// The command, built by [`untrained_app::command::line`]; none if a number of the form is invalid.
    text: Signal<Option<String>>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        // A page without encryption has no clipboard; the text can be selected.
        let Some(text) = text.get_untracked().filter(|_| window().is_secure_context()) else { return };
        let promise = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            // The visitor may not allow it, either.
            copied.set(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
            set_timeout(move || copied.set(false), Duration::from_secs(2));
        });
    };
    let known = Memo::new(move |_| text.get().is_some());
    view! {
        {move || if known.get() {
            view! {
                <pre class="formula" tabindex="0"><code>{move || text.get()}</code></pre>
                <p class="buttons">
                    <button class="quiet" on:click=copy>{move || if copied.get() { "Copied" } else { "Copy" }}</button>
                </p>
            }.into_any()
        } else {
            view! { <p class="note">"There is no command while a number above is invalid."</p> }.into_any()
        }}
    }
}
