//! Everything on the page that a job is made of, and its place in the address.

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_core::metric::METRICS;
use untrained_core::network::recurrent::Sizes;
use untrained_core::space::recurrent::Recipe;
use untrained_core::task::{CellTask, Text};

use super::SMALL;
use crate::address::{keep, unusual};

/// Name of a cell that is no cell of the benchmark.
pub const MINE: &str = "mine";

/// Everything on the page that a job is made of.
#[derive(Clone, Copy)]
pub struct Form {
    /// How the cell is called: an id of the benchmark, or what its author likes.
    pub name: RwSignal<String>,
    /// The recipe as it is typed.
    pub recipe: RwSignal<String>,
    /// Text of one's own.
    pub text: RwSignal<Option<Text>>,
    /// Sizes with the words for a person and for the command line.
    pub sizes: [(&'static str, &'static str, RwSignal<usize>); 6],
    /// Seed of weights and noise.
    pub seed: RwSignal<usize>,
    /// A metric, or all of them.
    pub metrics: RwSignal<String>,
}

impl Form {
    /// As the address has it; where it has nothing, small sizes and the LSTM.
    pub fn from_address() -> Self {
        let (given, _) = query_signal::<String>("sizes");
        let (seed, _) = query_signal::<usize>("seed");
        let (metrics, _) = query_signal::<String>("metric");
        let number = || RwSignal::new(0);
        let form = Self {
            name: RwSignal::new(MINE.into()),
            recipe: RwSignal::new(String::new()),
            text: RwSignal::new(None),
            sizes: [
                ("Vocabulary", "vocabulary-size", number()),
                ("Embedding", "embedding", number()),
                ("Hidden", "hidden", number()),
                ("Layers", "layers", number()),
                ("Batch", "batch", number()),
                ("Steps", "steps", number()),
            ],
            seed: RwSignal::new(seed.get_untracked().unwrap_or(0)),
            metrics: RwSignal::new(metrics.get_untracked().unwrap_or_else(|| "all".into())),
        };
        form.set_sizes(&given.get_untracked().as_deref().and_then(read).unwrap_or(SMALL));
        form
    }

    /// Writes every change into the address, where it replaces what was there.
    pub fn keep_in_address(self) {
        keep("sizes", Signal::derive(move || unusual(written(&self.sizes()), &written(&SMALL))));
        keep("seed", Signal::derive(move || unusual(self.seed.get().to_string(), "0")));
        keep("metric", Signal::derive(move || unusual(self.metrics.get(), "all")));
        keep("id", Signal::derive(move || self.id().map(|id| id.to_string())));
        keep("recipe", Signal::derive(move || self.id().is_none().then(|| compact(&self.recipe.get()))));
    }

    /// Puts other sizes in.
    pub fn set_sizes(self, sizes: &Sizes) {
        let Sizes { vocabulary, embedding, hidden, layers, batch, steps } = *sizes;
        let values = [vocabulary, embedding, hidden, layers, batch, steps];
        self.sizes.iter().zip(values).for_each(|((.., signal), value)| signal.set(value));
    }

    /// Id in the benchmark.
    fn id(self) -> Option<u32> {
        self.name.get().parse().ok()
    }

    fn sizes(self) -> Sizes {
        sizes(self.sizes.map(|(.., signal)| signal.get()))
    }

    /// What is to be scored.
    ///
    /// # Errors
    /// Where the recipe is none.
    pub fn task(self) -> untrained_core::Result<CellTask> {
        let metrics = match self.metrics.get().as_str() {
            "all" => METRICS.iter().map(|metric| metric.about().id.to_owned()).collect(),
            one => vec![one.to_owned()],
        };
        let seed = u32::try_from(self.seed.get()).unwrap_or(u32::MAX);
        let recipe = Recipe::from_json(&self.recipe.get())?;
        Ok(CellTask { name: self.name.get(), recipe, sizes: self.sizes(), seed, metrics, text: self.text.get() })
    }

    /// The command that gives the same result natively.
    pub fn command(self) -> String {
        let cell = self.id().map_or_else(|| "--recipe cell.json".to_owned(), |id| format!("--id {id}"));
        let sizes = self.sizes.iter().map(|(_, flag, value)| format!(" --{flag} {}", value.get())).collect::<String>();
        let metric = match self.metrics.get().as_str() {
            "all" => String::new(),
            one => format!(" --metric {one}"),
        };
        let text = if self.text.get().is_some() { " --corpus FILE --vocabulary FILE" } else { "" };
        format!("untrained score recurrent {cell}{sizes} --seed {}{metric}{text} --device cpu", self.seed.get())
    }
}

fn sizes([vocabulary, embedding, hidden, layers, batch, steps]: [usize; 6]) -> Sizes {
    Sizes { vocabulary, embedding, hidden, layers, batch, steps }
}

/// `1000-64-96-3-20-35`: vocabulary, embedding, hidden, layers, batch, steps.
fn written(sizes: &Sizes) -> String {
    let Sizes { vocabulary, embedding, hidden, layers, batch, steps } = *sizes;
    format!("{vocabulary}-{embedding}-{hidden}-{layers}-{batch}-{steps}")
}

fn read(text: &str) -> Option<Sizes> {
    let values: Vec<usize> = text.split('-').filter_map(|value| value.parse().ok()).collect();
    values.try_into().ok().map(sizes)
}

/// A recipe without white space; as it is typed where it is none yet.
fn compact(recipe: &str) -> String {
    let parsed = Recipe::from_json(recipe).ok().and_then(|recipe| serde_json::to_string(&recipe).ok());
    parsed.unwrap_or_else(|| recipe.to_owned())
}
