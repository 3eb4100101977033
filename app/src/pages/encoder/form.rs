//! The form of an encoder: its configuration, and what every form has.

use leptos::prelude::*;
use untrained_core::benchmark::nas_bench_bert::ENCODERS;
use untrained_core::family::Family;
use untrained_core::metric;
use untrained_core::network::encoder::Sizes;
use untrained_core::space::encoder::Configuration;
use untrained_core::task::{Architecture, Task};

use crate::address::{keep, non_default, query};
use crate::pages::common_form::{CommonForm, FormOptions, MOST, Refusal, compact, refusal};

/// Sizes that a tab scores in a few seconds.
pub const SMALL: Sizes = Sizes { vocabulary: 2_000, batch: 4, sequence: 64, ..Sizes::PUBLISHED };

/// The form.
#[derive(Clone, Copy)]
pub struct EncoderForm {
    /// Name, sizes, seed and metrics.
    pub common: CommonForm<4>,
    /// The configuration as it is typed.
    pub configuration: RwSignal<String>,
    /// Whether it is scored as the published scores were.
    pub as_published: RwSignal<bool>,
}

impl EncoderForm {
    /// As the address has it; small sizes if it has none.
    pub fn from_address() -> Self {
        let (as_published, _) = query::<bool>("published");
        let options = FormOptions {
            sizes: [
                ("Vocabulary", "vocabulary-size", SMALL.vocabulary, MOST),
                ("Embedding", "embedding", SMALL.embedding, MOST),
                ("Batch", "batch", SMALL.batch, MOST),
                ("Sequence", "sequence", SMALL.sequence, SMALL.positions),
            ],
            metrics: || {
                metric::of(Family::Encoder)
                    .into_iter()
                    .map(|metric| (metric.about().id, metric.about().title))
                    .collect()
            },
            ids: ENCODERS,
        };
        Self {
            common: CommonForm::from_address(&options),
            configuration: RwSignal::new(String::new()),
            as_published: RwSignal::new(as_published.get_untracked().unwrap_or(false)),
        }
    }

    /// Writes every change into the address, without a new entry in the history.
    pub fn keep_in_address(self) {
        let compact = |text: &str| compact(text, Configuration::from_json);
        self.common.keep_in_address("configuration", self.configuration, compact);
        keep("published", Signal::derive(move || non_default(self.as_published.get().to_string(), "false")));
    }

    /// Shows an encoder, laid out for reading.
    pub fn show(self, name: String, configuration: &Configuration) {
        self.configuration.set(lines(configuration).unwrap_or_default());
        self.common.name.set(name);
    }

    /// Replaces the sizes.
    pub fn set_sizes(self, sizes: &Sizes) {
        let Sizes { vocabulary, embedding, batch, sequence, .. } = *sizes;
        self.common.set_sizes([vocabulary, embedding, batch, sequence]);
    }

    /// The size that makes the encoder too large for a tab.
    pub fn refused(self) -> Option<Refusal> {
        refusal(&self.task().ok()?)
    }

    /// The encoder.
    ///
    /// # Errors
    /// If what is typed is none.
    pub fn parsed(self) -> untrained_core::Result<Configuration> {
        Configuration::from_json(&self.configuration.get())
    }

    /// The task.
    ///
    /// # Errors
    /// If what is typed is no encoder, or a number cannot be used.
    pub fn task(self) -> Result<Task, String> {
        let [vocabulary, embedding, batch, sequence] = self.common.sizes()?;
        let configuration = self.parsed().map_err(|error| error.to_string())?;
        let sizes = Sizes { vocabulary, embedding, batch, sequence, ..Sizes::PUBLISHED };
        let as_published = self.as_published.get();
        Ok(Task {
            seed: self.common.seed.number_u32()?,
            metrics: self.common.metrics(),
            ..Task::new(self.common.name.get(), Architecture::Encoder { configuration, sizes, as_published })
        })
    }

    /// The command that computes the same natively; none if a number cannot be used.
    pub fn command(self) -> Option<String> {
        let options: &[_] = if self.as_published.get() { &["--as-published"] } else { &[] };
        self.common.command("encoder", ["--config", "encoder.json"], options)
    }
}

/// One layer a line.
fn lines(configuration: &Configuration) -> Option<String> {
    let value = serde_json::to_value(configuration).ok()?;
    let layers = value["nas_config"]["encoder_layers"].as_array()?;
    let layers: Vec<String> = layers.iter().map(|layer| format!("    {layer}")).collect();
    let (hidden, layers) = (&value["hidden_size"], layers.join(",\n"));
    Some(format!("{{\n  \"hidden_size\": {hidden},\n  \"nas_config\": {{\"encoder_layers\": [\n{layers}\n  ]}}\n}}"))
}
