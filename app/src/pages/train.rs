//! Draws cells, scores them untrained, trains each in this tab, and compares both orders.

mod results;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::Deserialize;
use untrained_app::message::Answer;
use untrained_app::parse::IntegerRange;
use untrained_app::training::{TrainRequest, Trained};
use untrained_core::record::Record;
use untrained_core::space::recurrent::{MOST_STATES, Recipe};
use untrained_core::without_place;

use super::common_form::{ending, name_of_file};
use super::drawn::{StatesChoice, draw, scored};
use super::{QUICK, Session};
use crate::address::{keep, non_default};
use crate::compute::{STOPPED, Scorer, Turn, train};
use crate::rows::BEST;
use crate::widgets::{Entry, NumberField, OpenFiles, Opened, WaitNotice};
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
    /// Seed of the draw, or its name in a file.
    pub name: String,
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

impl TrainedCell {
    /// A cell with the records of its score, before training.
    fn new(name: String, recipe: Recipe, records: &[Record]) -> Self {
        let score = records.first().map_or(f64::NAN, |record| record.value);
        Self { name, recipe, score, losses: Vec::new(), validation: None, diverged: None }
    }
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
    /// Cells that the visitor opened, instead of drawn ones, with their names.
    own: RwSignal<Vec<(String, Recipe)>>,
    /// Text that the visitor opened, instead of made-up text.
    text: RwSignal<Option<String>>,
    /// On the files that were opened last.
    opened: RwSignal<String>,
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
            own: RwSignal::default(),
            text: RwSignal::default(),
            opened: RwSignal::default(),
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

    /// Scores the cells of the visitor, or draws some; then trains them in turns.
    async fn all(self, (count, first): (usize, u32), steps: usize, turn: Turn) -> Result<(), String> {
        if !self.own.with_untracked(Vec::is_empty) {
            for (name, recipe) in self.own.get_untracked() {
                let records = scored(name.clone(), &recipe, &[BEST]).await?.unwrap_or_default();
                if !turn.is_on() {
                    return Ok(());
                }
                self.cells.update(|all| all.push(TrainedCell::new(name, recipe, &records)));
            }
        } else if !self.draw((count, first), &turn).await? {
            return Ok(());
        }
        let count = self.cells.with_untracked(Vec::len);
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

    /// Draws and scores cells; false where the visitor stopped it.
    async fn draw(self, (count, first): (usize, u32), turn: &Turn) -> Result<bool, String> {
        let states = self.states.get_untracked();
        let mut seeds = first..=u32::MAX;
        while self.cells.with_untracked(Vec::len) < count
            && let Some(seed) = seeds.next()
        {
            let cell = drawn(states, seed).await?;
            if !turn.is_on() {
                return Ok(false);
            }
            let known = |cell: &TrainedCell| {
                self.cells.with_untracked(|all| all.iter().any(|one| one.recipe.computes_as(&cell.recipe)))
            };
            if let Some(cell) = cell.filter(|cell| !known(cell)) {
                self.cells.update(|all| all.push(cell));
            }
        }
        Ok(true)
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
            // The worker keeps it for the run.
            text: if cell.losses.is_empty() && network == 0 { self.text.get_untracked() } else { None },
        };
        let Answer::Trained(Trained { losses, validation, best, diverged }) = train(request).await? else {
            return Ok(false);
        };
        self.best.set(best);
        self.cells.update(|all| {
            let cell = &mut all[network];
            cell.losses.extend(losses);
            (cell.validation, cell.diverged) = (validation, diverged);
        });
        Ok(true)
    }

    /// Takes files: text to read (.txt), and cells to train (.json, or .jsonl with one a line). None take both back.
    fn open(self, files: Vec<Opened>) {
        let (mut own, mut reports) = (Vec::new(), Vec::new());
        self.text.set(None);
        for (name, text) in files {
            let ending = ending(&name);
            match text {
                Some(text) if ending == "txt" => {
                    reports.push(format!("{name}: its {} most frequent words are read.", QUICK.vocabulary));
                    self.text.set(Some(text));
                }
                Some(text) if ending == "json" || ending == "jsonl" => match cells_of(&name, &text) {
                    Ok(cells) => {
                        reports.push(format!("{name}: {} to train.", counted(cells.len())));
                        own.extend(cells);
                    }
                    Err(problem) => reports.push(format!("{name} is not used: {problem}.")),
                },
                Some(_) => reports.push(format!("{name} is not used: it is neither .txt, .json nor .jsonl.")),
                None => reports.push(format!("{name} cannot be read as text.")),
            }
        }
        if own.len() > MOST_CELLS {
            reports.push(format!("Only the first {MOST_CELLS} cells are trained."));
            own.truncate(MOST_CELLS);
        }
        self.own.set(own);
        self.opened.set(reports.join(" "));
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
            "Ranks cells untrained by hidden covariance, then trains every one here and ranks them by their loss. Draws "
            "cells, or takes yours. One layer of 96 units reads your text, or made-up text whose best possible loss is "
            "known."
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
        <OpenFiles label="Files: text to read (.txt); cells to train instead of drawn ones (.json, or .jsonl with one a line)"
            accept=".txt,.json,.jsonl" report_id="train-files" report=trained.opened on_open=Callback::new(move |files| trained.open(files))/>
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

/// The drawn cell of a seed with its score; none where the sampler gives no cell.
async fn drawn(states: usize, seed: u32) -> Result<Option<TrainedCell>, String> {
    let cell = draw(states, seed, &[BEST]).await?;
    Ok(cell.map(|(recipe, records)| TrainedCell::new(seed.to_string(), recipe, &records)))
}

/// A line of a file of cells, as 'untrained space recurrent' prints it.
#[derive(Deserialize)]
struct CellLine {
    recipe: Recipe,
    name: Option<String>,
    seed: Option<u32>,
}

fn counted(cells: usize) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

/// The cells of a file, with names: one recipe, or a line each.
fn cells_of(file: &str, text: &str) -> Result<Vec<(String, Recipe)>, String> {
    if let Ok(recipe) = Recipe::from_json(text) {
        return Ok(vec![(name_of_file(file), recipe)]);
    }
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let cell = |(number, line): (usize, &str)| {
        let CellLine { recipe, name, seed } =
            serde_json::from_str(line).map_err(|error| format!("line {number}: {}", without_place(&error)))?;
        let name = name.or_else(|| seed.map(|seed| seed.to_string()));
        Ok((name.unwrap_or_else(|| format!("line {number}")), recipe))
    };
    lines.map(cell).collect()
}
