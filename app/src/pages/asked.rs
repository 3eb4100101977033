//! What every form asks beside the network: its name, sizes, a seed and metrics; and their place in the address.

use leptos::prelude::*;

use crate::address::{keep, query, unusual};

/// Name of a network that is none of the benchmark.
pub const MINE: &str = "mine";

/// All metrics, in the address and in the list.
const ALL: &str = "all";

/// A size with the words for a person and for the command line.
type Size = (&'static str, &'static str, RwSignal<usize>);

/// What is asked, with `N` sizes.
#[derive(Clone, Copy)]
pub struct Asked<const N: usize> {
    /// How the network is called: an id of the benchmark, or what its author likes.
    pub name: RwSignal<String>,
    /// How large it is, and how much it reads.
    pub sizes: [Size; N],
    /// Seed of weights, noise and made-up text.
    pub seed: RwSignal<usize>,
    /// A metric, or all of them.
    pub metrics: RwSignal<String>,
    /// The sizes where the address has none.
    usual: [usize; N],
}

impl<const N: usize> Asked<N> {
    /// As the address has it; where it has nothing, the `usual` sizes of these names.
    pub fn from_address(names: [(&'static str, &'static str); N], usual: [usize; N]) -> Self {
        let (given, _) = query::<String>("sizes");
        let (seed, _) = query::<usize>("seed");
        let (metrics, _) = query::<String>("metric");
        let asked = Self {
            name: RwSignal::new(MINE.into()),
            sizes: names.map(|(label, flag)| (label, flag, RwSignal::new(0))),
            seed: RwSignal::new(seed.get_untracked().unwrap_or(0)),
            metrics: RwSignal::new(metrics.get_untracked().unwrap_or_else(|| ALL.into())),
            usual,
        };
        asked.set_sizes(given.get_untracked().as_deref().and_then(read).unwrap_or(usual));
        asked
    }

    /// Writes every change into the address, where it replaces what was there.
    pub fn keep_in_address(self) {
        keep("sizes", Signal::derive(move || unusual(written(&self.sizes()), &written(&self.usual))));
        keep("seed", Signal::derive(move || unusual(self.seed.get().to_string(), "0")));
        keep("metric", Signal::derive(move || unusual(self.metrics.get(), ALL)));
        keep("id", Signal::derive(move || self.id().map(|id| id.to_string())));
    }

    /// Puts other sizes in.
    pub fn set_sizes(self, values: [usize; N]) {
        self.sizes.iter().zip(values).for_each(|((.., signal), value)| signal.set(value));
    }

    /// The sizes.
    pub fn sizes(self) -> [usize; N] {
        self.sizes.map(|(.., signal)| signal.get())
    }

    /// Id in the benchmark.
    pub fn id(self) -> Option<u32> {
        self.name.get().parse().ok()
    }

    /// The seed; the largest there is where a larger one is typed.
    pub fn seed(self) -> u32 {
        u32::try_from(self.seed.get()).unwrap_or(u32::MAX)
    }

    /// The metric, or `all` there are.
    pub fn metrics(self, all: impl Iterator<Item = &'static str>) -> Vec<String> {
        match self.metrics.get() {
            metric if metric == ALL => all.map(str::to_owned).collect(),
            metric => vec![metric],
        }
    }

    /// As it is typed for the program.
    pub fn flags(self) -> String {
        let sizes: String = self.sizes.iter().map(|(_, flag, value)| format!(" --{flag} {}", value.get())).collect();
        let metric = unusual(self.metrics.get(), ALL).map(|metric| format!(" --metric {metric}")).unwrap_or_default();
        format!("{sizes} --seed {}{metric}", self.seed())
    }
}

/// `1000-64-96-3-20-35`: the sizes in their order.
fn written(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

fn read<const N: usize>(text: &str) -> Option<[usize; N]> {
    text.split('-').filter_map(|value| value.parse().ok()).collect::<Vec<_>>().try_into().ok()
}
