//! Where something stands among all, as a dot on a line.

use leptos::prelude::*;

const WIDTH: f64 = 64.0;
const HEIGHT: f64 = 10.0;

/// A line from 0 to 100 percent with a dot, and a ring for another one. What it shows stands beside it in words.
#[component]
pub fn Place(
    /// In percent.
    share: f64,
    /// The other one, in percent.
    other: Option<f64>,
) -> impl IntoView {
    let x = |share: f64| HEIGHT / 2.0 + share / 100.0 * (WIDTH - HEIGHT);
    let y = HEIGHT / 2.0;
    view! {
        <svg class="place" width=WIDTH height=HEIGHT aria-hidden="true">
            <line x1=x(0.0) x2=x(100.0) y1=y y2=y/>
            {other.map(|other| view! { <circle class="other" cx=x(other) cy=y r="3.5"/> })}
            <circle cx=x(share) cy=y r="3.5"/>
        </svg>
    }
}
