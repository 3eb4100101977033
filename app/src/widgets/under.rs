//! What is under way.

use std::time::Duration;

use leptos::prelude::*;

use crate::compute::{Scoring, scoring};

/// On what, how far, how much longer.
#[component]
pub fn Under(
    /// When it began, in milliseconds.
    since: RwSignal<f64>,
) -> impl IntoView {
    let now = RwSignal::new(since.get_untracked());
    let ticking = set_interval_with_handle(move || now.set(js_sys::Date::now()), Duration::from_millis(200));
    on_cleanup(move || {
        if let Ok(ticking) = ticking {
            ticking.clear();
        }
    });
    let scoring = scoring();
    let share = {
        let scoring = scoring.clone();
        move || scoring.with(|scoring| scoring.share)
    };
    view! {
        <progress max="1" value=share aria-label="Done"></progress>
        <p role="status" class="waiting">
            {move || progress(&scoring.get(), (now.get() - since.get()) / 1e3)}
        </p>
    }
}

fn progress(Scoring { device, share, .. }: &Scoring, seconds: f64) -> String {
    let place = match device.as_str() {
        "" => "Starting the worker",
        "cpu" => "Scoring on this machine's processor, in one thread",
        card => &format!("Scoring on {card}, or the processor where that is faster"),
    };
    let left =
        (*share > 0.02 && seconds > 1.0).then(|| format!(", about {:.0} s left", seconds * (1.0 - share) / share));
    format!("{place}: {:.0} %, {seconds:.0} s{}", 100.0 * share, left.unwrap_or_default())
}
