//! Draws cells, scores them untrained, trains each in this tab, and compares both orders.

mod results;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use untrained_app::message::Answer;
use untrained_app::parse::IntegerRange;
use untrained_app::training::{TrainRequest, Trained};
use untrained_core::space::recurrent::{MOST_STATES, Recipe};

use super::drawn::{StatesChoice, draw};
use super::{QUICK, Session};
use crate::address::{keep, non_default};
use crate::compute::{STOPPED, Scorer, Turn, train};
use crate::rows::BEST;
use crate::widgets::{Entry, NumberField, WaitNotice};
use results::Results;

/// More cells would make curves that cannot be told apart.
const MOST_CELLS: usize = 12;

/// More steps would take hours.
const MOST_STEPS: usize = 10_000;

/// Updates of a cell until the next one has its turn.
const UPDATES: usize = 5;

/// A cell in training.
#[derive(Clone, PartialEq)]
pub struct TrainedCell {
    /// Seed of the draw.
    pub seed: u32,
    /// The cell.
    pub recipe: Recipe,
    /// Hidden covariance, before training.
    pub score: f64,
    /// Training loss of each update.
    pub losses: Vec<f64>,
    /// Validation loss after the last update.
    pub validation: Option<f64>,
    /// Why it is not trained any further.
    pub diverged: Option<String>,
}

/// The fields, and the cells in training.
#[derive(Clone, Copy)]
pub struct TrainedCells {
    scorer: Scorer,
    count: Entry,
    states: RwSignal<usize>,
    first: Entry,
    steps: Entry,
    frozen: RwSignal<bool>,
    /// Number of the run.
    run: StoredValue<u32>,
    cells: RwSignal<Vec<TrainedCell>>,
    /// The best loss that can be reached.
    best: RwSignal<Option<f64>>,
    wanted: RwSignal<usize>,
    problem: RwSignal<Option<String>>,
}

impl TrainedCells {
    /// Without cells.
    pub fn new() -> Self {
        Self {
            scorer: Scorer::new(),
            count: Entry::new(8, IntegerRange::up_to(MOST_CELLS)),
            states: RwSignal::new(1),
            first: Entry::new(1, IntegerRange::SEED),
            steps: Entry::new(200, IntegerRange::up_to(MOST_STEPS)),
            frozen: RwSignal::new(false),
            run: StoredValue::new(0),
            cells: RwSignal::default(),
            best: RwSignal::default(),
            wanted: RwSignal::new(0),
            problem: RwSignal::default(),
        }
    }

    fn is_valid(self) -> bool {
        self.count.number().is_ok() && self.first.number().is_ok() && self.steps.number().is_ok()
    }

    fn start(self) {
        let (Ok(count), Ok(first), Ok(steps)) = (self.count.number(), self.first.number_u32(), self.steps.number())
        else {
            return;
        };
        self.cells.set(Vec::new());
        self.best.set(None);
        self.problem.set(None);
        self.wanted.set(steps);
        self.run.update_value(|run| *run += 1);
        let work = async move |turn| {
            let ended = self.all((count, first), steps, turn).await;
            self.problem.set(ended.err().filter(|why| why != STOPPED));
        };
        self.scorer.start(work);
    }

    /// Draws and scores the cells, then trains them in turns.
    async fn all(self, (count, first): (usize, u32), steps: usize, turn: Turn) -> Result<(), String> {
        let states = self.states.get_untracked();
        let mut seeds = first..=u32::MAX;
        while self.cells.with_untracked(Vec::len) < count
            && let Some(seed) = seeds.next()
        {
            let cell = scored(states, seed).await?;
            if !turn.is_on() {
                return Ok(());
            }
            let known = |cell: &TrainedCell| {
                self.cells.with_untracked(|all| all.iter().any(|one| one.recipe.computes_as(&cell.recipe)))
            };
            if let Some(cell) = cell.filter(|cell| !known(cell)) {
                self.cells.update(|all| all.push(cell));
            }
        }
        let mut done = 0;
        while done < steps {
            let updates = UPDATES.min(steps - done);
            done += updates;
            for network in 0..count {
                if !self.advance(network, updates, done == steps).await? || !turn.is_on() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// A few updates of one cell; false where the worker gave another answer.
    async fn advance(self, network: usize, updates: usize, validate: bool) -> Result<bool, String> {
        let cell = self.cells.with_untracked(|all| all[network].clone());
        if cell.diverged.is_some() {
            return Ok(true);
        }
        let request = TrainRequest {
            run: self.run.get_value(),
            network,
            recipe: cell.recipe,
            sizes: QUICK,
            seed: 0,
            frozen: self.frozen.get_untracked(),
            updates,
            validate,
        };
        let Answer::Trained(Trained { losses, validation, best, diverged }) = train(request).await? else {
            return Ok(false);
        };
        self.best.set(Some(best));
        self.cells.update(|all| {
            let cell = &mut all[network];
            cell.losses.extend(losses);
            (cell.validation, cell.diverged) = (validation, diverged);
        });
        Ok(true)
    }

    /// Takes the fields that the address names.
    fn read_address(self) {
        let number = |key| use_query_map().with_untracked(|all| all.get(key)?.parse::<usize>().ok());
        for (key, entry) in [("cells", self.count), ("first", self.first), ("steps", self.steps)] {
            if let Some(number) = number(key) {
                entry.set(Some(number));
            }
        }
        if let Some(states) = number("states").filter(|states| (1..=MOST_STATES).contains(states)) {
            self.states.set(states);
        }
        if use_query_map().with_untracked(|all| all.get("frozen").as_deref() == Some("true")) {
            self.frozen.set(true);
        }
    }

    /// Keeps the fields in the address.
    fn keep(self) {
        let text = |entry: Entry, default: &'static str| {
            Signal::derive(move || entry.number().ok().and_then(|number| non_default(number.to_string(), default)))
        };
        keep("cells", text(self.count, "8"));
        keep("first", text(self.first, "1"));
        keep("steps", text(self.steps, "200"));
        keep("states", Signal::derive(move || non_default(self.states.get().to_string(), "1")));
        keep("frozen", Signal::derive(move || non_default(self.frozen.get().to_string(), "false")));
    }
}

/// The page.
#[component]
pub fn TrainPage() -> impl IntoView {
    let trained = expect_context::<Session>().trained;
    let TrainedCells { scorer, count, states, first, steps, frozen, cells, wanted, problem, .. } = trained;
    trained.read_address();
    trained.keep();
    let any = Memo::new(move |_| !cells.read().is_empty());
    view! {
        <p class="lead">
            "Draws cells, ranks them untrained by hidden covariance, then trains every one here and ranks them by their "
            "loss. One layer of 96 units reads made-up text whose best possible loss is known."
        </p>
        <div class="controls">
            <NumberField label="Cells" entry=count/>
            <StatesChoice states=states/>
            <NumberField label="First seed" entry=first/>
            <NumberField label="Steps" entry=steps/>
            <label class="check">
                <input type="checkbox" prop:checked=move || frozen.get() on:change=move |event| frozen.set(event_target_checked(&event))/>
                <span>"Frozen matrices, as NAS-Bench-NLP trained"</span>
            </label>
            <button id="train" on:click=move |_| trained.start() disabled=move || scorer.is_running() || scorer.must_wait() || !trained.is_valid()>"Train"</button>
            <button class="quiet" on:click=move |_| scorer.abandon() disabled=move || !scorer.is_running()>"Stop"</button>
        </div>
        {move || scorer.is_running().then(|| view! {
            <progress max=move || wanted.get().to_string() value=move || least(&cells.read()).to_string() aria-label="Steps of all cells"></progress>
        })}
        <WaitNotice scorer=scorer/>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
        {move || if any.get() {
            view! { <Results cells=cells best=trained.best wanted=wanted running=Signal::derive(move || scorer.is_running())/> }.into_any()
        } else {
            view! { <p class="note">"No cell has been trained yet. Eight cells of 200 steps take a minute or two."</p> }.into_any()
        }}
    }
}

/// Updates that every cell has.
fn least(cells: &[TrainedCell]) -> usize {
    let going_on = cells.iter().filter(|cell| cell.diverged.is_none());
    going_on.map(|cell| cell.losses.len()).min().unwrap_or_default()
}

async fn scored(states: usize, seed: u32) -> Result<Option<TrainedCell>, String> {
    let Some((recipe, records)) = draw(states, seed, &[BEST]).await? else { return Ok(None) };
    let score = records.first().map_or(f64::NAN, |record| record.value);
    Ok(Some(TrainedCell { seed, recipe, score, losses: Vec::new(), validation: None, diverged: None }))
}
