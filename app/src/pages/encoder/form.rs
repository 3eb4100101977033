//! Everything on the page that a job is made of, and its place in the address.

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_core::metric::transformer::METRICS;
use untrained_core::network::transformer::Sizes;
use untrained_core::space::transformer::Configuration;
use untrained_core::task::EncoderTask;

use crate::address::{keep, unusual};

/// Name of an encoder that is none of the benchmark.
pub const MINE: &str = "mine";

/// What a tab scores in a few seconds.
pub const SMALL: Sizes = Sizes { vocabulary: 2_000, batch: 4, sequence: 64, ..Sizes::PUBLISHED };

/// Everything on the page that a job is made of.
#[derive(Clone, Copy)]
pub struct Form {
    /// How the encoder is called: an id of the benchmark, or what its author likes.
    pub name: RwSignal<String>,
    /// The configuration as it is typed.
    pub configuration: RwSignal<String>,
    /// Whether it is scored as the published scores were.
    pub as_published: RwSignal<bool>,
    /// Sizes with the words for a person and for the command line.
    pub sizes: [(&'static str, &'static str, RwSignal<usize>); 4],
    /// Seed of weights and of made-up text.
    pub seed: RwSignal<usize>,
    /// A metric, or all of them.
    pub metrics: RwSignal<String>,
}

impl Form {
    /// As the address has it; where it has nothing, small sizes.
    pub fn from_address() -> Self {
        let (given, _) = query_signal::<String>("sizes");
        let (seed, _) = query_signal::<usize>("seed");
        let (metrics, _) = query_signal::<String>("metric");
        let (as_published, _) = query_signal::<bool>("published");
        let number = || RwSignal::new(0);
        let form = Self {
            name: RwSignal::new(MINE.into()),
            configuration: RwSignal::new(String::new()),
            as_published: RwSignal::new(as_published.get_untracked().unwrap_or(false)),
            sizes: [
                ("Vocabulary", "vocabulary-size", number()),
                ("Embedding", "embedding", number()),
                ("Batch", "batch", number()),
                ("Sequence", "sequence", number()),
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
        keep("published", Signal::derive(move || unusual(self.as_published.get().to_string(), "false")));
        keep("id", Signal::derive(move || self.id().map(|id| id.to_string())));
        keep("configuration", Signal::derive(move || self.id().is_none().then(|| compact(&self.configuration.get()))));
    }

    /// Puts an encoder in, laid out for reading.
    pub fn take(self, name: String, configuration: &Configuration) {
        self.configuration.set(lines(configuration).unwrap_or_default());
        self.name.set(name);
    }

    /// Puts other sizes in.
    pub fn set_sizes(self, sizes: &Sizes) {
        let values = [sizes.vocabulary, sizes.embedding, sizes.batch, sizes.sequence];
        self.sizes.iter().zip(values).for_each(|((.., signal), value)| signal.set(value));
    }

    /// Id in the benchmark.
    pub fn id(self) -> Option<u32> {
        self.name.get().parse().ok()
    }

    fn sizes(self) -> Sizes {
        sizes(self.sizes.map(|(.., signal)| signal.get()))
    }

    /// The encoder.
    ///
    /// # Errors
    /// Where what is typed is none.
    pub fn parsed(self) -> untrained_core::Result<Configuration> {
        Configuration::from_json(&self.configuration.get())
    }

    /// What is to be scored.
    ///
    /// # Errors
    /// Where what is typed is no encoder.
    pub fn task(self) -> untrained_core::Result<EncoderTask> {
        let metrics = match self.metrics.get().as_str() {
            "all" => METRICS.iter().map(|metric| metric.about().id.to_owned()).collect(),
            one => vec![one.to_owned()],
        };
        let (as_published, sizes) = (self.as_published.get(), self.sizes());
        let seed = u32::try_from(self.seed.get()).unwrap_or(u32::MAX);
        Ok(EncoderTask { as_published, sizes, seed, metrics, ..EncoderTask::new(self.name.get(), self.parsed()?) })
    }

    /// The command that gives the same result natively.
    pub fn command(self) -> String {
        let encoder = self.id().map_or_else(|| "--config encoder.json".to_owned(), |id| format!("--id {id}"));
        let sizes = self.sizes.iter().map(|(_, flag, value)| format!(" --{flag} {}", value.get())).collect::<String>();
        let metric = match self.metrics.get().as_str() {
            "all" => String::new(),
            one => format!(" --metric {one}"),
        };
        let as_published = if self.as_published.get() { " --as-published" } else { "" };
        format!("untrained score transformer {encoder}{as_published}{sizes} --seed {}{metric}", self.seed.get())
    }
}

fn sizes([vocabulary, embedding, batch, sequence]: [usize; 4]) -> Sizes {
    Sizes { vocabulary, embedding, batch, sequence, ..Sizes::PUBLISHED }
}

/// `2000-128-4-64`: vocabulary, embedding, batch, sequence.
fn written(sizes: &Sizes) -> String {
    let Sizes { vocabulary, embedding, batch, sequence, .. } = *sizes;
    format!("{vocabulary}-{embedding}-{batch}-{sequence}")
}

fn read(text: &str) -> Option<Sizes> {
    let values: Vec<usize> = text.split('-').filter_map(|value| value.parse().ok()).collect();
    values.try_into().ok().map(sizes)
}

/// A configuration without white space; as it is typed where it is none yet.
fn compact(text: &str) -> String {
    let parsed = Configuration::from_json(text).ok().and_then(|parsed| serde_json::to_string(&parsed).ok());
    parsed.unwrap_or_else(|| text.to_owned())
}

/// One layer a line.
fn lines(configuration: &Configuration) -> Option<String> {
    let value = serde_json::to_value(configuration).ok()?;
    let layers = value["nas_config"]["encoder_layers"].as_array()?;
    let layers: Vec<String> = layers.iter().map(|layer| format!("    {layer}")).collect();
    let (hidden, layers) = (&value["hidden_size"], layers.join(",\n"));
    Some(format!("{{\n  \"hidden_size\": {hidden},\n  \"nas_config\": {{\"encoder_layers\": [\n{layers}\n  ]}}\n}}"))
}
