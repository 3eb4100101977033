//! A notice on a scoring whose tab is in the background.

use std::time::Duration;

use leptos::ev::visibilitychange;
use leptos::prelude::*;

use crate::compute::scoring;
use crate::title::Title;

/// Seconds without a message after which a worker of a background tab may be frozen.
const SILENT: f64 = 10.0;

/// States whether a scoring continues in the background, and offers a restart if the browser seems to have frozen it.
#[component]
pub fn BackgroundNotice(
    /// Starts the scoring again.
    restart: Callback<()>,
) -> impl IntoView {
    let clock = RwSignal::new(now());
    if let Ok(ticking) = set_interval_with_handle(move || clock.set(now()), Duration::from_millis(500)) {
        on_cleanup(move || ticking.clear());
    }
    let changed = last_change();
    let scoring = scoring();
    show_in_title({
        let scoring = scoring.clone();
        Signal::derive(move || scoring.with(|scoring| scoring.share))
    });
    let silent = Memo::new(move |_| {
        let last_message = scoring.with(|scoring| scoring.last_message);
        changed.get().is_some_and(|changed| clock.get() - last_message.max(changed) > SILENT)
    });
    view! {
        <p class="note" id="background" role="status">{move || notice(changed.get().is_some(), silent.get())}</p>
        {move || silent.get().then(|| view! {
            <p class="buttons"><button id="again" on:click=move |_| restart.run(())>"Score again"</button></p>
        })}
    }
}

/// Seconds on the page's clock.
fn now() -> f64 {
    js_sys::Date::now() / 1e3
}

/// When the tab last went to the background or came back, in seconds; none while it was visible all the time.
fn last_change() -> RwSignal<Option<f64>> {
    let changed = RwSignal::new(None);
    let listening = window_event_listener(visibilitychange, move |_| changed.set(Some(now())));
    on_cleanup(move || listening.remove());
    changed
}

fn show_in_title(share: Signal<f64>) {
    let title = expect_context::<Title>();
    Effect::new(move |_| title.set_progress(Some(format!("{:.0} % scored, Untrained", 100.0 * share.get()))));
    on_cleanup(move || title.set_progress(None));
}

fn notice(left: bool, silent: bool) -> &'static str {
    match (left, silent) {
        (false, _) => "You may leave this tab: scoring continues in a worker.",
        (true, false) => "This tab was in the background; scoring continued in its worker.",
        (true, true) => {
            "This tab was in the background, and its worker has sent nothing since: the browser may have frozen it. Wait, \
             or score again with a new one."
        }
    }
}
