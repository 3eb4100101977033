//! What every form has besides the network: its name, sizes, a seed and metrics, their fields, and their place in the
//! address.

use leptos::prelude::*;
use serde::Serialize;
use untrained_app::answer::MEMORY;
use untrained_app::command::{ScoreCommand, metric as chosen};
use untrained_app::parse::{IntegerRange, read_sizes, write_sizes};
use untrained_core::family::Family;
use untrained_core::memory::Engine;
use untrained_core::metric::{self, METRICS, Metric};
use untrained_core::task::Task;
use untrained_core::{Error, Result};

use crate::address::{keep, non_default, query};
use crate::widgets::{Choice, Entry, NumberField};

/// Name of a network that is not one of the benchmark.
pub const MINE: &str = "mine";

/// All metrics, in the address and in the list.
pub const ALL: &str = "all";

/// Largest value of a size without a limit of its own.
pub const MOST: usize = IntegerRange::COUNT.most;

/// A size with its label and its name on the command line.
type Size = (&'static str, &'static str, Entry);

/// A size by its name on the command line, and one sentence on why it is too large.
pub type Refusal = (&'static str, String);

/// A form with `N` sizes.
#[derive(Clone, Copy)]
pub struct CommonForm<const N: usize> {
    /// Name of the network: an id of the benchmark, or what its author likes.
    pub name: RwSignal<String>,
    /// The field for an id of the benchmark.
    pub benchmark_id: Entry,
    /// Sizes of the network and of its input.
    sizes: [Size; N],
    /// Seed of weights, noise and made-up text.
    pub seed: Entry,
    /// A metric, or all of them.
    metric: RwSignal<Option<&'static str>>,
    /// The family of the network.
    family: Signal<Family>,
    /// The sizes if the address has none.
    defaults: [usize; N],
}

/// What a form offers.
pub struct FormOptions<const N: usize> {
    /// Label, name on the command line, default and largest value of each size.
    pub sizes: [(&'static str, &'static str, usize, usize); N],
    /// The family of the network.
    pub family: Signal<Family>,
    /// Ids of the benchmark run from 0 to below this.
    pub ids: u32,
}

/// A command line, as far as the form does not know it.
pub struct FormCommand<'a> {
    /// The space.
    pub space: &'static str,
    /// What stands before an id of the benchmark.
    pub benchmark: &'static str,
    /// The option and the file of a network that is not one of the benchmark.
    pub file: [&'a str; 2],
    /// Further options with their values.
    pub options: &'a [&'static str],
}

impl<const N: usize> CommonForm<N> {
    /// As the address has it; defaults for what is missing there or cannot be used.
    pub fn from_address(options: &FormOptions<N>) -> Self {
        let (given, _) = query::<String>("sizes");
        let (seed, _) = query::<u32>("seed");
        let (metrics, _) = query::<String>("metric");
        let size = |(label, flag, default, most)| (label, flag, Entry::new(default, IntegerRange::up_to(most)));
        let known = METRICS.iter().map(|metric| metric.about().id);
        let form = Self {
            name: RwSignal::new(MINE.into()),
            benchmark_id: Entry::empty(IntegerRange::ids(options.ids)),
            sizes: options.sizes.map(size),
            seed: Entry::new(seed.get_untracked().unwrap_or(0) as usize, IntegerRange::SEED),
            metric: RwSignal::new(metrics.get_untracked().and_then(|given| chosen(&given, known))),
            family: options.family,
            defaults: options.sizes.map(|(.., default, _)| default),
        };
        if let Some(sizes) = given.get_untracked().as_deref().and_then(read_sizes) {
            form.set_sizes(sizes);
        }
        form
    }

    /// Writes every change into the address, without a new entry in the history. A number that cannot be used is not
    /// written. Unless the network is one of the benchmark, its text is written under `key`, as `compact` spells it.
    pub fn keep_in_address(self, key: &'static str, text: RwSignal<String>, compact: fn(&str) -> String) {
        let last = |read: Signal<Option<String>>| {
            Memo::new(move |before: Option<&Option<String>>| read.get().or_else(|| before.cloned().flatten()))
        };
        let sizes = last(Signal::derive(move || self.sizes().ok().map(|sizes| write_sizes(&sizes))));
        let seed = last(Signal::derive(move || self.seed.number_u32().ok().map(|seed| seed.to_string())));
        let defaults = write_sizes(&self.defaults);
        keep("sizes", Signal::derive(move || sizes.get().and_then(|sizes| non_default(sizes, &defaults))));
        keep("seed", Signal::derive(move || seed.get().and_then(|seed| non_default(seed, "0"))));
        keep("metric", Signal::derive(move || self.metric.get().map(str::to_owned)));
        keep("id", Signal::derive(move || self.id().map(|id| id.to_string())));
        keep(key, Signal::derive(move || self.id().is_none().then(|| compact(&text.get()))));
    }

    /// Replaces the sizes.
    pub fn set_sizes(self, values: [usize; N]) {
        self.sizes.iter().zip(values).for_each(|((.., entry), value)| entry.set(Some(value)));
    }

    /// The sizes.
    ///
    /// # Errors
    /// What a field accepts whose content cannot be used.
    pub fn sizes(self) -> std::result::Result<[usize; N], String> {
        let mut sizes = [0; N];
        for (size, (label, _, entry)) in sizes.iter_mut().zip(self.sizes) {
            *size = entry.number().map_err(|problem| format!("{label}: {problem}"))?;
        }
        Ok(sizes)
    }

    /// Whether every field holds a number that can be used.
    pub fn is_valid(self) -> bool {
        self.sizes().is_ok() && self.seed.number().is_ok() && self.benchmark_id.problem().is_none()
    }

    /// Id in the benchmark.
    pub fn id(self) -> Option<u32> {
        self.name.with(|name| IntegerRange::SEED.read(name).ok()).and_then(|id| u32::try_from(id).ok())
    }

    /// Ids of the metrics that are scored.
    pub fn metrics(self) -> Vec<String> {
        match self.metric() {
            Some(metric) => vec![metric.to_owned()],
            None => self.known().map(|metric| metric.about().id.to_owned()).collect(),
        }
    }

    /// The metrics of the family.
    fn known(self) -> impl Iterator<Item = &'static dyn Metric> {
        metric::of(self.family.get()).into_iter()
    }

    /// The one that is chosen, where the family has it.
    fn metric(self) -> Option<&'static str> {
        self.metric.get().filter(|chosen| self.known().any(|metric| metric.about().id == *chosen))
    }

    /// The command that computes the same natively; none if a number cannot be used.
    pub fn command(self, form: &FormCommand<'_>) -> Option<String> {
        let FormCommand { space, benchmark, file, options } = *form;
        let id = self.id().map(|id| format!("{benchmark}{id}"));
        let network = id.as_ref().map_or(file, |id| ["--id", id]);
        let values = self.sizes().ok()?;
        let sizes: [_; N] = std::array::from_fn(|index| (self.sizes[index].1, values[index]));
        let sizes: Vec<_> = sizes.into_iter().filter(|(name, _)| self.has_size(name)).collect();
        let (seed, metric) = (self.seed.number_u32().ok()?, self.metric());
        Some(ScoreCommand { space, network, sizes: &sizes, seed, metric, options }.line())
    }

    /// Whether networks of the family have this size: those of a decoder are in its configuration, but for the batch.
    fn has_size(self, name: &str) -> bool {
        self.family.get() != Family::Decoder || ["batch", "sequence"].contains(&name)
    }

    /// The choice of a metric.
    pub fn metric_choice(self) -> impl IntoView {
        let value = Signal::derive(move || self.metric().unwrap_or(ALL).to_owned());
        let change = move |id: String| self.metric.set(chosen(&id, self.known().map(|metric| metric.about().id)));
        move || {
            let known = self.known().map(|metric| (metric.about().id, metric.about().title.to_owned()));
            let options = std::iter::once((ALL, "all".to_owned())).chain(known).collect::<Vec<_>>();
            view! { <Choice label="Metric" value=value on_change=change options=options/> }
        }
    }

    /// The fields of sizes, one of which may be refused, and of the seed.
    pub fn number_fields(self, refused: Memo<Option<Refusal>>) -> impl IntoView {
        let size = move |(label, flag, entry): Size| {
            let refused = Signal::derive(move || refused.get().filter(|(name, _)| *name == flag).map(|(_, why)| why));
            let shown =
                move || self.has_size(flag).then(|| view! { <NumberField label=label entry=entry refused=refused/> });
            view! { {shown} }
        };
        view! {
            {self.sizes.map(size).into_iter().collect_view()}
            <NumberField label="Seed" entry=self.seed/>
        }
    }
}

/// The size that makes a network too large for a tab.
pub fn refusal(task: &Task) -> Option<Refusal> {
    match task.check_on(Engine::Kernel, MEMORY) {
        Err(Error::Size { name, problem, .. }) => Some((name, format!("Refused: {problem}."))),
        _ => None,
    }
}

/// The JSON of a network without white space; the text as it is typed if it is none yet.
pub fn compact<T: Serialize>(text: &str, read: fn(&str) -> Result<T>) -> String {
    let parsed = read(text).ok().and_then(|parsed| serde_json::to_string(&parsed).ok());
    parsed.unwrap_or_else(|| text.to_owned())
}

/// The ending of a file's name, in small letters.
pub fn ending(file: &str) -> String {
    file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Name of a network that was read from a file: never that of one of the benchmark.
pub fn name_of_file(file: &str) -> String {
    let name = file.rsplit_once('.').map_or(file, |(name, _)| name);
    if IntegerRange::SEED.read(name).is_ok() { format!("{name} of a file") } else { name.to_owned() }
}
