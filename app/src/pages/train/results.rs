//! The curves of the cells in training, and both orders side by side.

use leptos::prelude::*;
use untrained_app::message::{Answer, Figure, Query};
use untrained_core::chart::{among, rounded};
use untrained_core::plain::float;
use untrained_core::rank::{Pairs, Resampling, interval, tau_b};

use super::TrainedCell;
use crate::compute::look_up;
use crate::download::{Downloads, Sheet};
use crate::pages::drawn::address;
use crate::rows::{BEST, sorted};
use crate::theme::Theme;

/// Updates whose mean is the loss of a cell that is not validated yet.
const LAST: usize = 20;

/// Steps between two drawings of the curves.
const REDRAW: usize = 10;

/// Width and height of the curves on a large screen.
const WIDEST: u32 = 960;

impl TrainedCell {
    /// Whether it was trained at all; one that diverged in its first step has no loss.
    fn has_begun(&self) -> bool {
        !self.losses.is_empty() || self.diverged.is_some()
    }

    /// The validation loss, or the mean of the last training losses so far.
    pub fn loss(&self) -> f64 {
        let last = &self.losses[self.losses.len().saturating_sub(LAST)..];
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        if self.diverged.is_some() { f64::INFINITY } else { self.validation.unwrap_or(mean) }
    }
}

/// The curves, what the orders have in common, and the table.
#[component]
pub fn Results(
    /// The cells.
    cells: RwSignal<Vec<TrainedCell>>,
    /// The best loss that can be reached.
    best: RwSignal<Option<f64>>,
    /// Steps of a run.
    wanted: RwSignal<usize>,
    /// Whether the run goes on.
    #[prop(into)]
    running: Signal<bool>,
) -> impl IntoView {
    let sheet = move |()| cells.with_untracked(|cells| sheet(cells));
    let curves = move |()| cells.with_untracked(|cells| curves_sheet(cells));
    view! {
        <p role="status" id="agreement">{move || agreement(&cells.get(), wanted.get(), running.get())}</p>
        <Curves cells=cells best=best/>
        <Table cells=cells/>
        <p class="buttons"><span class="note">"Cells:"</span><Downloads name="trained" sheet=sheet/></p>
        <p class="buttons"><span class="note">"Curves:"</span><Downloads name="curves" sheet=curves/></p>
    }
}

/// What the order by score says of the order by loss.
fn agreement(cells: &[TrainedCell], wanted: usize, running: bool) -> String {
    let known: Vec<&TrainedCell> = cells.iter().filter(|cell| cell.has_begun() && cell.score.is_finite()).collect();
    let steps = super::least(cells);
    if known.len() < 3 || steps == 0 {
        return format!("{} cells scored", cells.len());
    }
    let scores: Vec<f64> = known.iter().map(|cell| cell.score).collect();
    let losses: Vec<f64> = known.iter().map(|cell| -cell.loss()).collect();
    let clusters: Vec<usize> = (0..known.len()).collect();
    let tau = tau_b(&scores, &losses).map_or_else(|| "not defined".to_owned(), |tau| rounded(tau, 2));
    let bounds = interval(&Pairs::new(&scores, &losses), &clusters, Resampling::STANDARD);
    let bounds = bounds.map_or_else(String::new, |bounds| {
        format!(" (95 % between {} and {})", rounded(bounds.low, 2), rounded(bounds.high, 2))
    });
    let state = if running { "so far" } else { "in the end" };
    format!(
        "After {steps} of {wanted} steps, τ-b of hidden covariance with the loss {state}: {tau}{bounds}, {} cells; 1 would be the same order.",
        known.len()
    )
}

/// The losses over the steps, the cell with the best score first.
#[component]
fn Curves(cells: RwSignal<Vec<TrainedCell>>, best: RwSignal<Option<f64>>) -> impl IntoView {
    let theme = expect_context::<Theme>();
    let steps = Memo::new(move |_| super::least(&cells.read()) / REDRAW);
    let drawn = LocalResource::new(move || {
        steps.get();
        let curves = by_score(&cells.get_untracked()).into_iter().map(|cell| cell.losses).collect();
        let width = theme.width().saturating_sub(32).clamp(300, WIDEST);
        let figure = Figure::Training { curves, best: best.get_untracked() };
        let query = Query::Figure { figure, width, dark: theme.dark() };
        async move { look_up(query).await }
    });
    let svg = RwSignal::new(String::new());
    // The last drawing stays until the next one is there.
    Effect::new(move |_| {
        if let Some(Ok(Answer::Svg(drawing))) = drawn.get() {
            svg.set(drawing);
        }
    });
    view! { <figure><div class="drawing" id="curves" inner_html=move || svg.get()></div></figure> }
}

/// The best score first; a cell without one comes last.
fn by_score(cells: &[TrainedCell]) -> Vec<TrainedCell> {
    let mut cells = cells.to_vec();
    cells.sort_by(|a, b| b.score.total_cmp(&a.score));
    cells
}

/// The place of each loss, from 1 for the smallest.
fn places(cells: &[TrainedCell]) -> Vec<usize> {
    let losses: Vec<f64> = cells.iter().map(TrainedCell::loss).collect();
    losses.iter().map(|loss| 1 + losses.iter().filter(|other| *other < loss).count()).collect()
}

#[component]
fn Table(cells: RwSignal<Vec<TrainedCell>>) -> impl IntoView {
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Cells by score and by loss">
            <table id="trained">
                <thead><tr>
                    <th scope="col" class="number">"By score"</th><th scope="col" class="number">"By loss"</th>
                    <th scope="col" class="number">"Name or seed"</th><th scope="col" class="number">"Hidden covariance"</th>
                    <th scope="col" class="number">"Loss (nats a word)"</th><th scope="col">"Cell"</th>
                </tr></thead>
                <tbody>{move || {
                    let cells = by_score(&cells.get());
                    let (places, scores) = (places(&cells), sorted(cells.iter().map(|cell| cell.score)));
                    cells.into_iter().zip(places).enumerate().map(|(index, (cell, place))| {
                        let begun = cell.has_begun();
                        let loss = match &cell.diverged {
                            Some(_) => format!("diverged in step {}", cell.losses.len() + 1),
                            None => rounded(cell.loss(), 3),
                        };
                        view! { <tr>
                            <td class="number">{index + 1}</td>
                            <td class="number">{begun.then_some(place)}</td>
                            <td class="number">{cell.name}</td>
                            <td class="number">{among(cell.score, &scores, 3)}</td>
                            <td class="number" title=cell.diverged.clone()>{begun.then_some(loss)}</td>
                            <td><a href=address(&cell.recipe)>"Show"</a></td>
                        </tr> }
                    }).collect_view()
                }}</tbody>
            </table>
        </div>
    }
}

/// One row a cell.
fn sheet(cells: &[TrainedCell]) -> Sheet {
    let row = |cell: &TrainedCell| {
        let validation = cell.validation.map_or_else(String::new, float);
        vec![
            cell.name.clone(),
            float(cell.score),
            cell.losses.len().to_string(),
            float(cell.loss()),
            validation,
            cell.recipe.to_string(),
        ]
    };
    Sheet {
        header: vec!["architecture", BEST, "steps", "loss", "validation_loss", "recipe"],
        rows: cells.iter().map(row).collect(),
    }
}

/// One row an update of a cell.
fn curves_sheet(cells: &[TrainedCell]) -> Sheet {
    let of_cell = |cell: &TrainedCell| {
        let name = cell.name.clone();
        let row = move |(step, loss): (usize, &f64)| vec![name.clone(), (step + 1).to_string(), float(*loss)];
        cell.losses.iter().enumerate().map(row).collect::<Vec<_>>()
    };
    Sheet { header: vec!["architecture", "step", "loss"], rows: cells.iter().flat_map(of_cell).collect() }
}
