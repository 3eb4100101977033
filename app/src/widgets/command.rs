//! A command to take along.

use std::time::Duration;

use leptos::prelude::*;

/// A command line with a button that copies it.
#[component]
pub fn Command(
    /// The command.
    text: Signal<String>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&text.get_untracked());
        leptos::task::spawn_local(async move {
            // Without leave to copy, the text is there to be selected.
            copied.set(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
            set_timeout(move || copied.set(false), Duration::from_secs(2));
        });
    };
    view! {
        <pre class="formula" tabindex="0"><code>{text}</code></pre>
        <p class="buttons">
            <button class="quiet" on:click=copy>{move || if copied.get() { "Copied" } else { "Copy" }}</button>
        </p>
    }
}
