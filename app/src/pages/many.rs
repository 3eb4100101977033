//! Draws and scores many cells one after the other, and ranks them.

use leptos::prelude::*;
use untrained_app::parse::IntegerRange;
use untrained_core::chart::among;
use untrained_core::plain::float;
use untrained_core::record::{self, Record};
use untrained_core::space::recurrent::Recipe;

use super::Session;
use super::drawn::{StatesChoice, address, draw};
use crate::compute::{STOPPED, Scorer, Turn};
use crate::download::{Downloads, Sheet};
use crate::rows::{BEST, sorted};
use crate::widgets::{Entry, NumberField, WaitNotice};

/// More would take a browser days, and a page of so many rows is slow.
const MOST_CELLS: usize = 10_000;

/// A cell that was scored.
#[derive(Clone, PartialEq)]
struct ScoredCell {
    /// Seed of the first draw that gave it.
    seed: u32,
    /// Number of draws that gave it.
    draws: usize,
    states: usize,
    nodes: usize,
    recipe: Recipe,
    value: f64,
    /// Record of its hidden covariance.
    record: Option<Record>,
}

/// The fields, and the cells drawn so far.
#[derive(Clone, Copy)]
pub struct DrawnCells {
    scorer: Scorer,
    count: Entry,
    states: RwSignal<usize>,
    first: Entry,
    /// Number of cells to draw.
    wanted: RwSignal<usize>,
    /// The best first.
    found: RwSignal<Vec<ScoredCell>>,
    /// Number of draws that gave a cell.
    draws: RwSignal<usize>,
    problem: RwSignal<Option<String>>,
}

impl DrawnCells {
    /// Without cells.
    pub fn new() -> Self {
        Self {
            scorer: Scorer::new(),
            count: Entry::new(20, IntegerRange::up_to(MOST_CELLS)),
            states: RwSignal::new(1),
            first: Entry::new(1, IntegerRange::SEED),
            wanted: RwSignal::new(0),
            found: RwSignal::default(),
            draws: RwSignal::new(0),
            problem: RwSignal::default(),
        }
    }

    fn start(self) {
        let (Ok(count), Ok(first)) = (self.count.number(), self.first.number_u32()) else { return };
        self.found.set(Vec::new());
        self.draws.set(0);
        self.problem.set(None);
        self.wanted.set(count);
        let work = async move |turn| self.problem.set(self.all(first, turn).await.err().filter(|why| why != STOPPED));
        self.scorer.start(work);
    }

    fn is_valid(self) -> bool {
        self.count.number().is_ok() && self.first.number().is_ok()
    }

    /// Draws and scores until there are as many as wanted.
    async fn all(self, first: u32, turn: Turn) -> Result<(), String> {
        let (count, states) = (self.wanted.get_untracked(), self.states.get_untracked());
        let mut seeds = first..=u32::MAX;
        while self.draws.get_untracked() < count
            && let Some(seed) = seeds.next()
        {
            let scored = one(states, seed).await?;
            if !turn.is_on() {
                break;
            }
            // The sampler gives no cell for some seeds.
            if let Some(scored) = scored {
                self.draws.update(|draws| *draws += 1);
                self.found.update(|all| insert(all, scored));
            }
        }
        Ok(())
    }

    fn summary(self) -> Option<String> {
        let (draws, different) = (self.draws.get(), self.found.with(Vec::len));
        (self.scorer.is_running() || draws > 0)
            .then(|| format!("{draws} of {} cells, {different} different ones", self.wanted.get()))
    }
}

/// The page.
#[component]
pub fn ManyPage() -> impl IntoView {
    let drawn = expect_context::<Session>().many;
    let DrawnCells { scorer, count, states, first, wanted, found, draws, problem } = drawn;
    let any = Memo::new(move |_| !found.read().is_empty());
    view! {
        <p class="lead">
            "Draws cells with the published sampler and ranks them by hidden covariance, the best published metric: "
            "higher is better. One layer of 96 units reads 20 samples of 35 steps of made-up text."
        </p>
        <div class="controls">
            <NumberField label="Cells" entry=count/>
            <StatesChoice states=states/>
            <NumberField label="First seed" entry=first/>
            <button on:click=move |_| drawn.start() disabled=move || scorer.is_running() || scorer.must_wait() || !drawn.is_valid()>"Draw and score"</button>
            <button class="quiet" on:click=move |_| scorer.abandon() disabled=move || !scorer.is_running()>"Stop"</button>
        </div>
        {move || scorer.is_running().then(|| view! {
            <progress max=move || wanted.get().to_string() value=move || draws.get().to_string() aria-label="Done"></progress>
        })}
        <WaitNotice scorer=scorer/>
        <p role="status">{move || drawn.summary()}</p>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
        {move || if any.get() {
            view! { <Ranked found=found/> }.into_any()
        } else {
            view! { <p class="note">"No cell has been scored yet."</p> }.into_any()
        }}
    }
}

async fn one(states: usize, seed: u32) -> Result<Option<ScoredCell>, String> {
    let Some((recipe, records)) = draw(states, seed, &[BEST, "nodes"]).await? else { return Ok(None) };
    let value = |index: usize| records.get(index).map_or(f64::NAN, |record| record.value);
    let (nodes, record) = (value(1) as usize, records.first().cloned());
    Ok(Some(ScoredCell { seed, draws: 1, states, nodes, recipe, value: value(0), record }))
}

/// Inserts a cell, the best first, each once; a cell without a value comes last.
fn insert(all: &mut Vec<ScoredCell>, scored: ScoredCell) {
    if let Some(known) = all.iter_mut().find(|known| known.recipe.computes_as(&scored.recipe)) {
        known.draws += 1;
        return;
    }
    let key = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    let index = all.partition_point(|other| key(other.value) >= key(scored.value));
    all.insert(index, scored);
}

#[component]
fn Ranked(found: RwSignal<Vec<ScoredCell>>) -> impl IntoView {
    let sheet = move |()| found.with_untracked(|found| sheet(found));
    view! {
        <div class="scroll tall" tabindex="0" role="group" aria-label="Ranked cells">
            <table id="many">
                <thead><tr>
                    <th scope="col" class="number">"Rank"</th><th scope="col" class="number">"Seed"</th>
                    <th scope="col" class="number">"Draws that gave it"</th>
                    <th scope="col" class="number">"Nodes"</th><th scope="col" class="number">"Hidden covariance"</th>
                    <th scope="col">"Cell"</th>
                </tr></thead>
                <tbody>{move || {
                    let found = found.get();
                    let sorted = sorted(found.iter().map(|scored| scored.value));
                    found.into_iter().enumerate().map(|(index, scored)| view! { <tr>
                        <td class="number">{index + 1}</td><td class="number">{scored.seed}</td>
                        <td class="number">{scored.draws}</td>
                        <td class="number">{scored.nodes}</td><td class="number">{among(scored.value, &sorted, 3)}</td>
                        <td><a href=address(&scored.recipe)>"Show"</a></td>
                    </tr> }).collect_view()
                }}</tbody>
            </table>
        </div>
        <p class="buttons"><Downloads name="cells" sheet=sheet/></p>
    }
}

/// Every cell with what is needed to draw and score it again; `seed` is that of the draw.
fn sheet(found: &[ScoredCell]) -> Sheet {
    // Written already, or the same for all cells.
    const OTHERS: [&str; 8] = ["architecture", "metric", "value", "why", "seconds", "operations", "seed", "recipe"];
    let records: Vec<Record> = found.iter().filter_map(|scored| scored.record.clone()).collect();
    let (names, cells) = record::sheet(&records);
    let further: Vec<usize> = (0..names.len()).filter(|&index| !OTHERS.contains(&names[index])).collect();
    let row = |(scored, cells): (&ScoredCell, Vec<String>)| {
        let ScoredCell { seed, draws, states, nodes, value, recipe, .. } = scored;
        let own = [seed.to_string(), draws.to_string(), states.to_string(), nodes.to_string(), float(*value)];
        let weights = scored.record.as_ref().and_then(|record| record.seed).map_or_else(String::new, |s| s.to_string());
        let others = further.iter().map(|&index| cells[index].clone());
        own.into_iter().chain([recipe.to_string(), weights]).chain(others).collect()
    };
    let header = ["seed", "draws", "states", "nodes", BEST, "recipe", "weights_seed"].into_iter();
    let scored = found.iter().filter(|scored| scored.record.is_some());
    Sheet {
        header: header.chain(further.iter().map(|&index| names[index])).collect(),
        rows: scored.zip(cells).map(row).collect(),
    }
}
