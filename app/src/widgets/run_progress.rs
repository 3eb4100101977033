//! The progress of a scoring.

use std::time::Duration;

use leptos::prelude::*;

use crate::compute::{Scoring, scoring};

/// Device, share, and time left.
#[component]
pub fn RunProgress(
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

fn progress(scoring: &Scoring, seconds: f64) -> String {
    let share = scoring.share;
    let left =
        (share > 0.02 && seconds > 1.0).then(|| format!(", about {:.0} s left", seconds * (1.0 - share) / share));
    format!("{}: {:.0} %, {seconds:.0} s{}", device(scoring), 100.0 * share, left.unwrap_or_default())
}

fn device(scoring: &Scoring) -> String {
    match (scoring.companion.as_deref(), scoring.device.as_str()) {
        (Some(""), _) => "Waiting for the companion".to_owned(),
        (Some(device), _) => format!("The companion scores on {device}"),
        (None, "") => "Starting the worker".to_owned(),
        (None, "cpu") => "Scoring on this machine's CPU, in one thread".to_owned(),
        (None, gpu) => format!("Scoring on {gpu}, or the CPU where that is faster"),
    }
}
