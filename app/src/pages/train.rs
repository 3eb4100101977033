//! Draws cells, scores them untrained, trains each in this tab, and compares both orders.

mod files;
mod results;
mod turns;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use untrained_app::parse::IntegerRange;
use untrained_core::chart::rounded;
use untrained_core::record::Record;
use untrained_core::space::recurrent::{MOST_STATES, Recipe};
use untrained_core::task::{MOST_CELLS, TURN};

use super::Session;
use super::drawn::StatesChoice;
use crate::address::{keep, non_default};
use crate::compute::Scorer;
use crate::widgets::{Choice, Entry, NumberField, OpenFiles, Opened, Place, PlaceChoice, WaitNotice};
use files::Found;
use results::Results;

/// Value of the address for networks of the published sizes.
const PUBLISHED: &str = "published";

/// More steps would take hours.
const MOST_STEPS: usize = 10_000;

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
    /// Takes back all training.
    fn begin_anew(&mut self) {
        self.losses.clear();
        (self.validation, self.diverged) = (None, None);
    }

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
    /// Whether networks have the published sizes where the companion trains.
    published: RwSignal<bool>,
    /// Whether the companion trains, as the page last found it.
    by_companion: StoredValue<bool>,
    cells: RwSignal<Vec<TrainedCell>>,
    /// The best loss that can be reached.
    best: RwSignal<Option<f64>>,
    wanted: RwSignal<usize>,
    /// When the first updates of a run were done, in milliseconds; 0 before.
    begun: RwSignal<f64>,
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
            published: RwSignal::new(false),
            by_companion: StoredValue::new(false),
            cells: RwSignal::default(),
            best: RwSignal::default(),
            wanted: RwSignal::new(0),
            begun: RwSignal::new(0.0),
            problem: RwSignal::default(),
        }
    }

    fn is_valid(self) -> bool {
        self.count.number().is_ok() && self.first.number().is_ok() && self.steps.number().is_ok()
    }

    /// Steps, how fast they are made, and how long the rest takes.
    fn progress(self) -> String {
        let (done, wanted) = self.cells.with(|cells| (least(cells), self.wanted.get()));
        let seconds = (js_sys::Date::now() - self.begun.get()) / 1e3;
        if done <= TURN || seconds < 1.0 {
            return format!("{done} of {wanted} steps");
        }
        // The clock started after the first turn.
        let rate = (done - TURN) as f64 / seconds;
        let left = (wanted - done) as f64 / rate;
        format!("{done} of {wanted} steps, {} a second, about {} left", rounded(rate, 2), duration(left))
    }

    /// Takes files: text to read, and cells to train. None take both back.
    fn open(self, files: Vec<Opened>) {
        let Found { cells, text, report } = Found::read(files);
        self.text.set(text);
        self.own.set(cells);
        self.opened.set(report);
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
        if use_query_map().with_untracked(|all| all.get("network").as_deref() == Some(PUBLISHED)) {
            self.published.set(true);
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
        let network = Signal::derive(move || self.published.get().then(|| PUBLISHED.to_owned()));
        keep("network", network);
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
    let place = Place::from_address();
    Effect::new(move |_| trained.by_companion.set_value(place.by_companion.get()));
    let any = Memo::new(move |_| !cells.read().is_empty());
    view! {
        <p class="lead">
            "Ranks cells untrained by hidden covariance, then trains every one and ranks them by their loss. Draws "
            "cells, or takes yours. A network, here one layer of 96 units, reads your text, or made-up text whose best "
            "possible loss is known."
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
        <PlaceChoice place=place label="Train in"
            without="so this tab trains on the CPU. For networks of the published sizes"/>
        {move || place.by_companion.get().then(|| view! { <NetworkChoice trained=trained/> })}
        {move || scorer.is_running().then(|| view! {
            <progress max=move || wanted.get().to_string() value=move || least(&cells.read()).to_string() aria-label="Steps of all cells"></progress>
            <p class="note" id="train-progress">{move || trained.progress()}</p>
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

/// Seconds in words.
fn duration(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        ..5400.0 => format!("{:.0} minutes", seconds / 60.0),
        _ => format!("{:.1} hours", seconds / 3600.0),
    }
}

/// Updates that every cell has.
fn least(cells: &[TrainedCell]) -> usize {
    let going_on = cells.iter().filter(|cell| cell.diverged.is_none());
    going_on.map(|cell| cell.losses.len()).min().unwrap_or_default()
}

/// The choice of the networks' sizes, for the companion.
#[component]
fn NetworkChoice(trained: TrainedCells) -> impl IntoView {
    let published = trained.published;
    let value = Signal::derive(move || if published.get() { PUBLISHED } else { "small" }.to_owned());
    let options = vec![
        ("small", "1 layer of 96 units".to_owned()),
        (PUBLISHED, "3 layers of 600 units with dropout, as NAS-Bench-NLP trained".to_owned()),
    ];
    view! {
        <div class="controls">
            <Choice label="Network" value=value on_change=move |id: String| published.set(id == PUBLISHED) options=options/>
        </div>
        {move || published.get().then(|| view! {
            <p class="note">"Every step takes seconds. The command 'untrained train' keeps what it has trained; this page does not."</p>
        })}
    }
}
