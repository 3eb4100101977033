//! Draws and scores many networks one after the other, and ranks them.

mod network;

use leptos::prelude::*;
use untrained_app::parse::IntegerRange;
use untrained_core::chart::{among, compact};
use untrained_core::family::Family;
use untrained_core::figure::words;
use untrained_core::metric;
use untrained_core::plain::float;
use untrained_core::rank::Direction;
use untrained_core::record::{self, Record};

use super::Session;
use super::drawn::StatesChoice;
use crate::compute::{STOPPED, Scorer, Turn};
use crate::download::{Downloads, Sheet};
use crate::rows::sorted;
use crate::widgets::{Choice, Entry, NumberField, WaitNotice};
use network::{Drawn, Wanted, best, metrics, size, sizes};

/// More would take a browser days, and a page of so many rows is slow.
const MOST_NETWORKS: usize = 10_000;

/// A network that was scored.
#[derive(Clone, PartialEq)]
struct ScoredNetwork {
    /// Seed of the first draw that gave it.
    seed: u32,
    /// Number of draws that gave it.
    draws: usize,
    /// By [`size`].
    size: f64,
    drawn: Drawn,
    value: f64,
    /// Record of the metric.
    record: Option<Record>,
}

/// The fields, and the networks drawn so far.
#[derive(Clone, Copy)]
pub struct DrawnNetworks {
    scorer: Scorer,
    family: RwSignal<Family>,
    metric: RwSignal<String>,
    count: Entry,
    states: RwSignal<usize>,
    first: Entry,
    /// Number of networks to draw.
    wanted: RwSignal<usize>,
    /// What those found were drawn and ranked by.
    ranked: RwSignal<Wanted>,
    /// The best first.
    found: RwSignal<Vec<ScoredNetwork>>,
    /// Number of draws that gave a network.
    draws: RwSignal<usize>,
    problem: RwSignal<Option<String>>,
}

impl DrawnNetworks {
    /// Without networks.
    pub fn new() -> Self {
        let (family, metric) = (Family::Recurrent, best(Family::Recurrent).to_owned());
        Self {
            scorer: Scorer::new(),
            family: RwSignal::new(family),
            metric: RwSignal::new(metric.clone()),
            count: Entry::new(20, IntegerRange::up_to(MOST_NETWORKS)),
            states: RwSignal::new(1),
            first: Entry::new(1, IntegerRange::SEED),
            wanted: RwSignal::new(0),
            ranked: RwSignal::new(Wanted { family, states: 1, metric }),
            found: RwSignal::default(),
            draws: RwSignal::new(0),
            problem: RwSignal::default(),
        }
    }

    fn choose(self, space: &str) {
        let family = Family::ALL.into_iter().find(|family| family.space() == space).unwrap_or(Family::Recurrent);
        self.family.set(family);
        self.metric.set(best(family).to_owned());
    }

    fn start(self) {
        let (Ok(count), Ok(first)) = (self.count.number(), self.first.number_u32()) else { return };
        self.found.set(Vec::new());
        self.draws.set(0);
        self.problem.set(None);
        self.wanted.set(count);
        let (family, metric) = (self.family.get_untracked(), self.metric.get_untracked());
        self.ranked.set(Wanted { family, states: self.states.get_untracked(), metric });
        let work = async move |turn| self.problem.set(self.all(first, turn).await.err().filter(|why| why != STOPPED));
        self.scorer.start(work);
    }

    fn is_valid(self) -> bool {
        self.count.number().is_ok() && self.first.number().is_ok()
    }

    /// Draws and scores until there are as many as wanted.
    async fn all(self, first: u32, turn: Turn) -> Result<(), String> {
        let (count, wanted) = (self.wanted.get_untracked(), self.ranked.get_untracked());
        let mut seeds = first..=u32::MAX;
        while self.draws.get_untracked() < count
            && let Some(seed) = seeds.next()
        {
            let scored = one(&wanted, seed).await?;
            if !turn.is_on() {
                break;
            }
            // The sampler of cells gives none for some seeds.
            if let Some(scored) = scored {
                self.draws.update(|draws| *draws += 1);
                self.found.update(|all| insert(all, scored, wanted.direction().unwrap_or(Direction::Higher)));
            }
        }
        Ok(())
    }

    fn summary(self) -> Option<String> {
        let (draws, different) = (self.draws.get(), self.found.with(Vec::len));
        let noun = self.ranked.get().family.noun();
        (self.scorer.is_running() || draws > 0)
            .then(|| format!("{draws} of {} {noun}, {different} different ones", self.wanted.get()))
    }
}

/// The page.
#[component]
pub fn ManyPage() -> impl IntoView {
    let drawn = expect_context::<Session>().many;
    let DrawnNetworks { scorer, family, metric, count, states, first, wanted, ranked, found, draws, problem } = drawn;
    let any = Memo::new(move |_| !found.read().is_empty());
    let families = Family::ALL.map(|family| (family.space(), words::capital(family.noun()))).to_vec();
    view! {
        <p class="lead">
            "Draws networks with the published sampler of their family, scores each once, untrained, and ranks them by a metric. "
            {move || sizes(family.get())}
        </p>
        <div class="controls">
            <Choice label="Networks" value=Signal::derive(move || family.get().space().to_owned())
                on_change=move |space: String| drawn.choose(&space) options=families/>
            {move || view! {
                <Choice label="Metric" value=metric on_change=move |id| metric.set(id) options=metrics(family.get())/>
            }}
            <NumberField label="Count" entry=count/>
            {move || (family.get() == Family::Recurrent).then(|| view! { <StatesChoice states=states/> })}
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
            view! { <Ranked ranked=ranked found=found/> }.into_any()
        } else {
            view! { <p class="note">"No network has been scored yet."</p> }.into_any()
        }}
    }
}

async fn one(wanted: &Wanted, seed: u32) -> Result<Option<ScoredNetwork>, String> {
    let Some(drawn) = wanted.draw(seed).await? else { return Ok(None) };
    let (record, size) = wanted.score(seed, &drawn).await?;
    let value = record.as_ref().map_or(f64::NAN, |record| record.value);
    Ok(Some(ScoredNetwork { seed, draws: 1, size, drawn, value, record }))
}

/// Inserts a network, the best first, each once; one without a value comes last.
fn insert(all: &mut Vec<ScoredNetwork>, scored: ScoredNetwork, direction: Direction) {
    if let Some(known) = all.iter_mut().find(|known| known.drawn.computes_as(&scored.drawn)) {
        known.draws += 1;
        return;
    }
    let key = |value: f64| match direction {
        _ if value.is_nan() => f64::NEG_INFINITY,
        Direction::Higher => value,
        Direction::Lower => -value,
    };
    let index = all.partition_point(|other| key(other.value) >= key(scored.value));
    all.insert(index, scored);
}

#[component]
fn Ranked(ranked: RwSignal<Wanted>, found: RwSignal<Vec<ScoredNetwork>>) -> impl IntoView {
    let sheet = move |()| found.with_untracked(|found| sheet(&ranked.get_untracked(), found));
    let title = move |id: &str| {
        metric::find(ranked.get().family, id).map_or_else(|_| id.to_owned(), |found| found.about().title.to_owned())
    };
    view! {
        <p class="note">{move || order(&ranked.get())}</p>
        <div class="scroll tall" tabindex="0" role="group" aria-label="Ranked networks">
            <table id="many">
                <thead><tr>
                    <th scope="col" class="number">"Rank"</th><th scope="col" class="number">"Seed"</th>
                    <th scope="col" class="number">"Draws that gave it"</th>
                    <th scope="col" class="number">{move || title(size(ranked.get().family))}</th>
                    <th scope="col" class="number">{move || title(&ranked.get().metric)}</th>
                    <th scope="col">"Network"</th>
                </tr></thead>
                <tbody>{move || {
                    let found = found.get();
                    let sorted = sorted(found.iter().map(|scored| scored.value));
                    found.into_iter().enumerate().map(|(index, scored)| view! { <tr>
                        <td class="number">{index + 1}</td><td class="number">{scored.seed}</td>
                        <td class="number">{scored.draws}</td>
                        <td class="number">{compact(scored.size)}</td><td class="number">{among(scored.value, &sorted, 3)}</td>
                        <td><a href=scored.drawn.address()>"Show"</a></td>
                    </tr> }).collect_view()
                }}</tbody>
            </table>
        </div>
        <p class="buttons"><Downloads name="networks" sheet=sheet/></p>
    }
}

/// What comes first, in a sentence.
fn order(wanted: &Wanted) -> String {
    match wanted.direction() {
        Some(direction) => format!("The best first: a {} value goes with better networks.", direction.name()),
        None => "The highest first: whether that is better is not stated for this metric.".to_owned(),
    }
}

/// Every network with what is needed to draw and score it again; `seed` is that of the draw.
fn sheet(wanted: &Wanted, found: &[ScoredNetwork]) -> Sheet {
    // Written already, or the same for all networks.
    const OTHERS: [&str; 8] = ["architecture", "metric", "value", "why", "seconds", "operations", "seed", "recipe"];
    let records: Vec<Record> = found.iter().filter_map(|scored| scored.record.clone()).collect();
    let (names, cells) = record::sheet(&records);
    let further: Vec<usize> = (0..names.len()).filter(|&index| !OTHERS.contains(&names[index])).collect();
    let is_cell = wanted.family == Family::Recurrent;
    let row = |(scored, cells): (&ScoredNetwork, Vec<String>)| {
        let ScoredNetwork { seed, draws, size, value, drawn, record } = scored;
        let weights = record.as_ref().and_then(|record| record.seed).map_or_else(String::new, |seed| seed.to_string());
        let own = [seed.to_string(), draws.to_string()].into_iter().chain(is_cell.then(|| wanted.states.to_string()));
        let own = own.chain([float(*size), float(*value), drawn.json.clone(), weights]);
        own.chain(further.iter().map(|&index| cells[index].clone())).collect()
    };
    let metric = metric::find(wanted.family, &wanted.metric).map_or("value", |found| found.about().id);
    let described = if is_cell { "recipe" } else { "configuration" };
    let header = ["seed", "draws"].into_iter().chain(is_cell.then_some("states"));
    let header = header.chain([size(wanted.family), metric, described, "weights_seed"]);
    let scored = found.iter().filter(|scored| scored.record.is_some());
    Sheet {
        header: header.chain(further.iter().map(|&index| names[index])).collect(),
        rows: scored.zip(cells).map(row).collect(),
    }
}
