//! Everything on the page that a job is made of, and its place in the address.

use leptos::prelude::*;
use untrained_app::answer::MEMORY;
use untrained_app::command::Score;
use untrained_app::whole::Whole;
use untrained_core::Error;
use untrained_core::benchmark::nas_bench_bert::ENCODERS;
use untrained_core::memory::Engine;
use untrained_core::metric::transformer::METRICS;
use untrained_core::network::transformer::Sizes;
use untrained_core::space::transformer::Configuration;
use untrained_core::task::EncoderTask;

use crate::address::{keep, query, unusual};
use crate::pages::asked::{Asked, Offer};

/// What a tab scores in a few seconds.
pub const SMALL: Sizes = Sizes { vocabulary: 2_000, batch: 4, sequence: 64, ..Sizes::PUBLISHED };

/// Everything on the page that a job is made of.
#[derive(Clone, Copy)]
pub struct Form {
    /// Name, sizes, seed and metrics.
    pub asked: Asked<4>,
    /// The configuration as it is typed.
    pub configuration: RwSignal<String>,
    /// Whether it is scored as the published scores were.
    pub as_published: RwSignal<bool>,
}

impl Form {
    /// As the address has it; where it has nothing, small sizes.
    pub fn from_address() -> Self {
        let (as_published, _) = query::<bool>("published");
        const MOST: usize = Whole::COUNT.most;
        let offer = Offer {
            sizes: [
                ("Vocabulary", "vocabulary-size", SMALL.vocabulary, MOST),
                ("Embedding", "embedding", SMALL.embedding, MOST),
                ("Batch", "batch", SMALL.batch, MOST),
                ("Sequence", "sequence", SMALL.sequence, SMALL.positions),
            ],
            metrics: || METRICS.iter().map(|metric| metric.about().id).collect(),
            ids: ENCODERS,
        };
        Self {
            asked: Asked::from_address(&offer),
            configuration: RwSignal::new(String::new()),
            as_published: RwSignal::new(as_published.get_untracked().unwrap_or(false)),
        }
    }

    /// Writes every change into the address, where it replaces what was there.
    pub fn keep_in_address(self) {
        self.asked.keep_in_address();
        keep("published", Signal::derive(move || unusual(self.as_published.get().to_string(), "false")));
        let mine = move || self.asked.id().is_none().then(|| compact(&self.configuration.get()));
        keep("configuration", Signal::derive(mine));
    }

    /// Puts an encoder in, laid out for reading.
    pub fn take(self, name: String, configuration: &Configuration) {
        self.configuration.set(lines(configuration).unwrap_or_default());
        self.asked.name.set(name);
    }

    /// Puts other sizes in.
    pub fn set_sizes(self, sizes: &Sizes) {
        let Sizes { vocabulary, embedding, batch, sequence, .. } = *sizes;
        self.asked.set_sizes([vocabulary, embedding, batch, sequence]);
    }

    /// The size that makes the encoder too large for a tab, by its name on the command line, and why.
    pub fn refused(self) -> Option<(&'static str, String)> {
        match self.task().ok()?.check(Engine::Kernel, MEMORY) {
            Err(Error::Size { name, problem, .. }) => Some((name, format!("Refused: {problem}."))),
            _ => None,
        }
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
    /// Where what is typed is no encoder, or a number cannot be used.
    pub fn task(self) -> Result<EncoderTask, String> {
        let [vocabulary, embedding, batch, sequence] = self.asked.sizes()?;
        let configuration = self.parsed().map_err(|error| error.to_string())?;
        Ok(EncoderTask {
            as_published: self.as_published.get(),
            sizes: Sizes { vocabulary, embedding, batch, sequence, ..Sizes::PUBLISHED },
            seed: self.asked.seed.short()?,
            metrics: self.asked.metrics(),
            ..EncoderTask::new(self.asked.name.get(), configuration)
        })
    }

    /// The command that gives the same result natively; none where a number cannot be used.
    pub fn command(self) -> Option<String> {
        let id = self.asked.id().map(|id| id.to_string());
        let network = id.as_ref().map_or(["--config", "encoder.json"], |id| ["--id", id]);
        let options: &[_] = if self.as_published.get() { &["--as-published"] } else { &[] };
        let (sizes, metric) = (self.asked.flags()?, self.asked.metric());
        let seed = self.asked.seed.short().ok()?;
        Some(Score { space: "transformer", network, sizes: &sizes, seed, metric, options }.line())
    }
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
