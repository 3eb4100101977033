//! The share of a benchmark's networks that a value is better than: in percent, and as a mark on a bar from bad to
//! good.

use leptos::prelude::*;
use untrained_core::benchmark::Table;
use untrained_core::figure::words::count;

const WIDTH: f64 = 72.0;
const HEIGHT: f64 = 12.0;

/// Radius of a mark.
const MARK: f64 = 4.0;

/// Parts of the bar, from bad to good.
const PARTS: [&str; 5] = ["bad", "poor", "middle", "fair", "good"];

/// The heading of a column of [`Percentile`]s.
#[component]
pub fn BetterThan() -> impl IntoView {
    view! { <th scope="col" class="number">"Better than"</th> }
}

/// A share of the benchmark, 0 to 1, with a mark on the bar and a ring for another network; a dash if there is none.
#[component]
pub fn Percentile(share: Option<f64>, other: Option<f64>) -> impl IntoView {
    let Some(share) = share else { return "–".into_any() };
    let x = |share: f64| MARK + share * (WIDTH - 2.0 * MARK);
    let (middle, width) = (HEIGHT / 2.0, WIDTH / PARTS.len() as f64);
    let part = |(index, class): (usize, &'static str)| {
        view! { <rect class=class x=index as f64 * width y=middle - 2.0 width=width height="4"/> }
    };
    view! {
        {format!("{:.0} % ", 100.0 * share)}
        <svg class="percentile" width=WIDTH height=HEIGHT viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
            {PARTS.into_iter().enumerate().map(part).collect_view()}
            {other.map(|other| view! { <circle class="other" cx=x(other) cy=middle r=MARK/> })}
            <circle cx=x(share) cy=middle r=MARK/>
        </svg>
    }
    .into_any()
}

/// The meaning of the column, for a note under the table.
pub fn better_than(table: &Table) -> String {
    format!(
        "Better than: share of the {} scored networks with a worse value; the bar runs from bad to good. A dash: the metric \
         has no clear direction on this benchmark.",
        count(table.rows.len())
    )
}
