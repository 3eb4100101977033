//! What becomes of a scoring while its tab is in the background.

use std::time::Duration;

use leptos::ev::visibilitychange;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::compute::scoring;
use crate::pages;

/// Seconds without a word after which a worker that was left alone may be frozen.
const SILENT: f64 = 10.0;

/// Says what happens to a scoring that is left alone, and offers a fresh start where the browser seems to have frozen it.
#[component]
pub fn Alone(
    /// Starts afresh.
    again: Callback<()>,
) -> impl IntoView {
    let clock = RwSignal::new(now());
    if let Ok(ticking) = set_interval_with_handle(move || clock.set(now()), Duration::from_millis(500)) {
        on_cleanup(move || ticking.clear());
    }
    let back = returned();
    let scoring = scoring();
    titled({
        let scoring = scoring.clone();
        Signal::derive(move || scoring.with(|scoring| scoring.share))
    });
    let silent = Memo::new(move |_| {
        let heard = scoring.with(|scoring| scoring.heard);
        back.get().is_some_and(|back| clock.get() - heard.max(back) > SILENT)
    });
    view! {
        <p class="note" id="left-alone" role="status">{move || told(back.get().is_some(), silent.get())}</p>
        {move || silent.get().then(|| view! {
            <p class="buttons"><button id="again" on:click=move |_| again.run(())>"Score again"</button></p>
        })}
    }
}

/// Seconds on the page's clock.
fn now() -> f64 {
    js_sys::Date::now() / 1e3
}

/// When the visitor last left the tab or came back, in seconds; none while it was in sight all the time.
fn returned() -> RwSignal<Option<f64>> {
    let back = RwSignal::new(None);
    let listening = window_event_listener(visibilitychange, move |_| back.set(Some(now())));
    on_cleanup(move || listening.remove());
    back
}

/// Shows in the title how much is done: all that is seen of a tab in the background.
fn titled(share: Signal<f64>) {
    let query = use_query_map();
    Effect::new(move |_| document().set_title(&format!("{:.0} % scored, Untrained", 100.0 * share.get())));
    on_cleanup(move || document().set_title(&pages::find(query.read_untracked().get_str("page")).title()));
}

fn told(left: bool, silent: bool) -> &'static str {
    match (left, silent) {
        (false, _) => "You may leave this tab: the work goes on in a worker.",
        (true, false) => "This tab was in the background; the work went on in its worker.",
        (true, true) => {
            "This tab was in the background, and nothing has been heard of its worker since: the browser may have frozen \
             it. Wait, or score again with a fresh one."
        }
    }
}
