//! A table of any length: only visible rows are rendered.

use leptos::html::Div;
use leptos::prelude::*;

/// Height of a row in pixels, as the style sheet has it.
const ROW: f64 = 30.0;

/// Further rows rendered above and below.
const SPARE: usize = 8;

/// Height in pixels before that of the table is known.
const FIRST: f64 = 480.0;

/// A long table.
#[component]
pub fn LongTable(
    /// Label for screen readers.
    label: &'static str,
    /// Names of the columns, and whether each holds numbers.
    head: Vec<(String, bool)>,
    /// Rows.
    count: usize,
    /// The cells of a row.
    cells: Callback<usize, Vec<AnyView>>,
) -> impl IntoView {
    let frame = NodeRef::<Div>::new();
    let top = RwSignal::new(0.0);
    let height = move || frame.get().map_or(FIRST, |frame| f64::from(frame.client_height()).max(FIRST));
    let range = Memo::new(move |_| {
        let first = ((top.get() / ROW) as usize).saturating_sub(SPARE).min(count);
        (first, (first + (height() / ROW) as usize + 2 * SPARE).min(count))
    });
    let numbers: Vec<bool> = head.iter().map(|(_, number)| *number).collect();
    let row = move |index: usize| {
        let cells = cells
            .run(index)
            .into_iter()
            .zip(&numbers)
            .map(|(cell, number)| view! { <td class:number=*number>{cell}</td> });
        view! { <tr class="row">{cells.collect_view()}</tr> }
    };
    let space = |rows: usize| view! { <tr aria-hidden="true" style:height=format!("{}px", rows as f64 * ROW)></tr> };
    view! {
        <div class="scroll tall" tabindex="0" role="group" aria-label=label node_ref=frame
            on:scroll=move |_| if let Some(frame) = frame.get_untracked() { top.set(f64::from(frame.scroll_top())) }>
            <table aria-rowcount=count>
                <thead><tr>
                    {head.into_iter().map(|(name, number)| view! { <th scope="col" class:number=number>{name}</th> }).collect_view()}
                </tr></thead>
                <tbody>
                    {move || {
                        let (first, last) = range.get();
                        (space(first), (first..last).map(&row).collect_view(), space(count - last))
                    }}
                </tbody>
            </table>
        </div>
    }
}
