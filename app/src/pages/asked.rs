//! What every form asks beside the network: its name, sizes, a seed and metrics; and their place in the address.

use leptos::prelude::*;
use untrained_app::command::metric;
use untrained_app::whole::{Whole, read_all, written};

use crate::address::{keep, query, unusual};
use crate::widgets::Entry;

/// Name of a network that is none of the benchmark.
pub const MINE: &str = "mine";

/// All metrics, in the address and in the list.
pub const ALL: &str = "all";

/// A size with the words for a person and for the command line.
type Size = (&'static str, &'static str, Entry);

/// What is asked, with `N` sizes.
#[derive(Clone, Copy)]
pub struct Asked<const N: usize> {
    /// How the network is called: an id of the benchmark, or what its author likes.
    pub name: RwSignal<String>,
    /// The field for an id of the benchmark.
    pub chosen: Entry,
    /// How large it is, and how much it reads.
    pub sizes: [Size; N],
    /// Seed of weights, noise and made-up text.
    pub seed: Entry,
    /// A metric, or all of them.
    metric: RwSignal<Option<&'static str>>,
    /// The metrics there are.
    known: fn() -> Vec<&'static str>,
    /// The sizes where the address has none.
    usual: [usize; N],
}

/// What a form has beside a network.
pub struct Offer<const N: usize> {
    /// Label, name on the command line, usual value and most of each size.
    pub sizes: [(&'static str, &'static str, usize, usize); N],
    /// The metrics.
    pub metrics: fn() -> Vec<&'static str>,
    /// Ids of the benchmark run from 0 to below this.
    pub ids: u32,
}

impl<const N: usize> Asked<N> {
    /// As the address has it; where it has nothing that can be used, what is usual.
    pub fn from_address(offer: &Offer<N>) -> Self {
        let (given, _) = query::<String>("sizes");
        let (seed, _) = query::<u32>("seed");
        let (metrics, _) = query::<String>("metric");
        let usual = offer.sizes.map(|(.., usual, _)| usual);
        let asked = Self {
            name: RwSignal::new(MINE.into()),
            chosen: Entry::empty(Whole::ids(offer.ids)),
            sizes: offer.sizes.map(|(label, flag, usual, most)| (label, flag, Entry::new(usual, Whole::up_to(most)))),
            seed: Entry::new(seed.get_untracked().unwrap_or(0) as usize, Whole::SEED),
            metric: RwSignal::new(metrics.get_untracked().and_then(|given| metric(&given, (offer.metrics)()))),
            known: offer.metrics,
            usual,
        };
        if let Some(sizes) = given.get_untracked().as_deref().and_then(read_all) {
            asked.set_sizes(sizes);
        }
        asked
    }

    /// Writes every change into the address, where it replaces what was there. A number that cannot be used is not written.
    pub fn keep_in_address(self) {
        let last = |read: Signal<Option<String>>| {
            Memo::new(move |before: Option<&Option<String>>| read.get().or_else(|| before.cloned().flatten()))
        };
        let sizes = last(Signal::derive(move || self.sizes().ok().map(|sizes| written(&sizes))));
        let seed = last(Signal::derive(move || self.seed.short().ok().map(|seed| seed.to_string())));
        let usual = written(&self.usual);
        keep("sizes", Signal::derive(move || sizes.get().and_then(|sizes| unusual(sizes, &usual))));
        keep("seed", Signal::derive(move || seed.get().and_then(|seed| unusual(seed, "0"))));
        keep("metric", Signal::derive(move || self.metric.get().map(str::to_owned)));
        keep("id", Signal::derive(move || self.id().map(|id| id.to_string())));
    }

    /// Puts other sizes in.
    pub fn set_sizes(self, values: [usize; N]) {
        self.sizes.iter().zip(values).for_each(|((.., entry), value)| entry.set(Some(value)));
    }

    /// The sizes.
    ///
    /// # Errors
    /// What a field takes that holds something else.
    pub fn sizes(self) -> Result<[usize; N], String> {
        let mut sizes = [0; N];
        for (size, (label, _, entry)) in sizes.iter_mut().zip(self.sizes) {
            *size = entry.number().map_err(|problem| format!("{label}: {problem}"))?;
        }
        Ok(sizes)
    }

    /// Whether every field holds a number that can be used.
    pub fn is_valid(self) -> bool {
        self.sizes().is_ok() && self.seed.number().is_ok() && self.chosen.problem().is_none()
    }

    /// Id in the benchmark.
    pub fn id(self) -> Option<u32> {
        self.name.with(|name| Whole::SEED.read(name).ok()).and_then(|id| u32::try_from(id).ok())
    }

    /// The metrics that are scored.
    pub fn metrics(self) -> Vec<String> {
        match self.metric.get() {
            Some(metric) => vec![metric.to_owned()],
            None => (self.known)().into_iter().map(str::to_owned).collect(),
        }
    }

    /// The metric; none for all of them.
    pub fn metric(self) -> Option<&'static str> {
        self.metric.get()
    }

    /// What is chosen in the list of metrics.
    pub fn metric_name(self) -> Signal<String> {
        Signal::derive(move || self.metric.get().unwrap_or(ALL).to_owned())
    }

    /// Chooses a metric, or all of them.
    pub fn set_metric(self, id: &str) {
        self.metric.set(metric(id, (self.known)()));
    }

    /// Name and value of each size on the command line; none where one cannot be used.
    pub fn flags(self) -> Option<[(&'static str, usize); N]> {
        let sizes = self.sizes().ok()?;
        Some(std::array::from_fn(|at| (self.sizes[at].1, sizes[at])))
    }
}

/// What a network is called that was read from a file: never like one of the benchmark.
pub fn name_of_file(file: &str) -> String {
    let name = file.rsplit_once('.').map_or(file, |(name, _)| name);
    if Whole::SEED.read(name).is_ok() { format!("{name} of a file") } else { name.to_owned() }
}
