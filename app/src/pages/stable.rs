//! How much a metric varies if only the minibatch or only the initial weights change.

use leptos::prelude::*;
use untrained_app::message::{Answer, Figure};
use untrained_app::parse::IntegerRange;
use untrained_core::benchmark::{Ablation, BENCHMARKS, Kind, Table};
use untrained_core::chart::{among, compact};
use untrained_core::nearest;
use untrained_core::space::recurrent::{CLASSIC, Recipe};
use untrained_core::task::{Architecture, Task};

use super::{QUICK, Session};
use crate::address::query;
use crate::compute::{STOPPED, Scorer, Turn, score};
use crate::rows::{self, BEST, sorted};
use crate::widgets::{Choice, Drawing, Entry, NumberField, WaitNotice};

/// More seeds would not show more.
const MOST_SEEDS: usize = 1_000;

/// The page.
#[component]
pub fn StablePage() -> impl IntoView {
    let (benchmark, set_benchmark) = query::<String>("benchmark");
    let (metric, set_metric) = query::<String>("metric");
    let requested = Signal::derive(move || rows::of(&benchmark.get().unwrap_or_default()));
    // A benchmark whose networks were scored once has no stability to show.
    let table =
        Signal::derive(
            move || if requested.get().about.ablations.is_empty() { rows::table() } else { requested.get() },
        );
    let id = Signal::derive(move || table.get().about.id.to_owned());
    let metric = Signal::derive(move || metric.get().unwrap_or_else(|| rows::best(table.get()).into()));
    let figure =
        move |varied| Signal::derive(move || Figure::Ablation { benchmark: id.get(), varied, metric: metric.get() });
    let on_benchmark = move |id| {
        set_metric.set(None);
        set_benchmark.set(Some(id));
    };
    view! {
        <p class="lead">
            "Ten networks were scored ten times each, with other text or other initial weights. "
            "A metric is useful if the boxes of different networks do not overlap."
        </p>
        {move || (requested.get().about.id != table.get().about.id).then(|| {
            let (requested, shown) = (&requested.get().about.title, &table.get().about.title);
            view! { <p class="note">{format!("No network of {requested} was scored twice; this is {shown}.")}</p> }
        })}
        <div class="controls">
            <Choice label="Benchmark" value=id on_change=on_benchmark options=ablated()/>
            {move || view! {
                <Choice label="Metric" value=metric on_change=move |id| set_metric.set(Some(id)) options=metrics(table.get())/>
            }}
        </div>
        <Drawing figure=figure(Ablation::Initialization) name="initialization" widest=960/>
        <Drawing figure=figure(Ablation::Batch) name="batch" widest=960/>
        <h2>"Try it: one cell, several seeds"</h2>
        <Live/>
    }
}

/// The benchmarks some of whose networks were scored repeatedly.
fn ablated() -> Vec<(&'static str, String)> {
    let ablated =
        |id: &str| BENCHMARKS.iter().any(|known| known.about().id == id && !known.about().ablations.is_empty());
    rows::benchmarks().into_iter().filter(|(id, _)| ablated(id)).collect()
}

/// The metrics that were scored repeatedly: the published ones.
fn metrics(table: &'static Table) -> Vec<(&'static str, String)> {
    let metrics = table.columns.iter().filter(|column| column.kind == Kind::Metric);
    metrics.map(|column| (column.id.as_str(), column.title.clone())).collect()
}

/// The fields, and the scores so far.
#[derive(Clone, Copy)]
pub struct SeedScores {
    scorer: Scorer,
    cell: RwSignal<String>,
    seeds: Entry,
    /// Number of seeds to score.
    wanted: RwSignal<usize>,
    values: RwSignal<Vec<(u32, f64)>>,
    problem: RwSignal<Option<String>>,
}

impl SeedScores {
    /// Without scores.
    pub fn new() -> Self {
        Self {
            scorer: Scorer::new(),
            cell: RwSignal::new(CLASSIC[0].0.to_owned()),
            seeds: Entry::new(5, IntegerRange::up_to(MOST_SEEDS)),
            wanted: RwSignal::new(0),
            values: RwSignal::default(),
            problem: RwSignal::default(),
        }
    }

    fn start(self) {
        let Ok(seeds) = self.seeds.number() else { return };
        self.wanted.set(seeds);
        self.values.set(Vec::new());
        self.problem.set(None);
        self.scorer.start(async move |turn| self.problem.set(self.all(turn).await.err().filter(|why| why != STOPPED)));
    }

    async fn all(self, turn: Turn) -> Result<(), String> {
        let (cell, seeds) = (self.cell.get_untracked(), self.wanted.get_untracked());
        for seed in 0..seeds as u32 {
            let value = one(&cell, seed).await?;
            if !turn.is_on() {
                break;
            }
            self.values.update(|all| all.push((seed, value)));
        }
        Ok(())
    }
}

#[component]
fn Live() -> impl IntoView {
    let scores = expect_context::<Session>().seeds;
    let SeedScores { scorer, cell, seeds, wanted, values, problem } = scores;
    let options = CLASSIC.iter().map(|&(name, ..)| (name, name.to_uppercase())).collect::<Vec<_>>();
    view! {
        <div class="controls">
            <Choice label="Cell" value=cell on_change=move |name| cell.set(name) options=options/>
            <NumberField label="Seeds" entry=seeds/>
            <button on:click=move |_| scores.start() disabled=move || scorer.is_running() || scorer.must_wait() || seeds.number().is_err()>"Score"</button>
            <button class="quiet" on:click=move |_| scorer.abandon() disabled=move || !scorer.is_running()>"Stop"</button>
        </div>
        <p class="note">"Hidden covariance of one layer of 96 units, 20 samples of 35 steps of made-up text."</p>
        <WaitNotice scorer=scorer/>
        <p role="status">{move || summary(&values.get(), wanted.get(), scorer.is_running())}</p>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
        <ul class="values" id="seeds">
            {move || {
                let values = values.get();
                let sorted = sorted(values.iter().map(|(_, value)| *value));
                let line = |(seed, value)| view! { <li>{format!("seed {seed}: {}", among(value, &sorted, 3))}</li> };
                values.into_iter().map(line).collect_view()
            }}
        </ul>
    }
}

async fn one(cell: &str, seed: u32) -> Result<f64, String> {
    match score(task(cell, seed)?).await? {
        Answer::Records(records) => Ok(records.first().map_or(f64::NAN, |record| record.value)),
        _ => Ok(f64::NAN),
    }
}

fn task(cell: &str, seed: u32) -> Result<Task, String> {
    let known = nearest::find("cell", cell, &CLASSIC, |(known, ..)| *known);
    let recipe = known.and_then(|(.., json)| Recipe::from_json(json)).map_err(|error| error.to_string())?;
    let metrics = vec![BEST.into()];
    Ok(Task { seed, metrics, ..Task::new(cell, Architecture::Recurrent { recipe, sizes: QUICK }) })
}

fn summary(values: &[(u32, f64)], wanted: usize, running: bool) -> String {
    let finite: Vec<f64> = values.iter().map(|(_, value)| *value).filter(|value| value.is_finite()).collect();
    if finite.len() < 2 {
        return if running { format!("{} of {wanted} seeds", values.len()) } else { String::new() };
    }
    let mean = finite.iter().sum::<f64>() / finite.len() as f64;
    let variance = finite.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (finite.len() - 1) as f64;
    let spread = 100.0 * variance.sqrt() / mean.abs();
    format!("{} of {wanted} seeds; mean {}, standard deviation {spread:.1} % of it", values.len(), compact(mean))
}
