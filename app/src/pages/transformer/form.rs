//! The form of an encoder or decoder: its configuration, and what every form has.

use leptos::prelude::*;
use serde_json::Value;
use untrained_app::parse::IntegerRange;
use untrained_core::benchmark::nas_bench_bert::ENCODERS;
use untrained_core::family::Family;
use untrained_core::network::encoder::Sizes;
use untrained_core::task::Task;

use super::network::{self, Transformer};
use super::start::decoders;
use crate::address::{keep, non_default, query};
use crate::pages::common_form::{CommonForm, FormCommand, FormOptions, MOST, Refusal, refusal};
use crate::widgets::Entry;

/// Sizes that a tab scores in a few seconds.
pub const SMALL: Sizes = Sizes { vocabulary: 2_000, batch: 4, sequence: 64, ..Sizes::PUBLISHED };

/// What stands before the number of a published decoder.
const LTS: &str = "lts/";

/// The form.
#[derive(Clone, Copy)]
pub struct TransformerForm {
    /// Name, sizes, seed and metrics.
    pub common: CommonForm<4>,
    /// The configuration as it is typed.
    pub configuration: RwSignal<String>,
    /// Whether it is a decoder.
    pub family: Memo<Family>,
    /// The field for the number of a published decoder.
    pub decoder_id: Entry,
    /// Whether it is scored as the published scores were.
    pub as_published: RwSignal<bool>,
}

impl TransformerForm {
    /// As the address has it; small sizes if it has none.
    pub fn from_address() -> Self {
        let (as_published, _) = query::<bool>("published");
        let configuration = RwSignal::new(String::new());
        let family = Memo::new(move |_| configuration.with(|json| network::family(json)));
        let options = FormOptions {
            sizes: [
                ("Vocabulary", "vocabulary-size", SMALL.vocabulary, MOST),
                ("Embedding", "embedding", SMALL.embedding, MOST),
                ("Batch", "batch", SMALL.batch, MOST),
                ("Sequence", "sequence", SMALL.sequence, MOST),
            ],
            family: family.into(),
            ids: ENCODERS,
        };
        Self {
            common: CommonForm::from_address(&options),
            configuration,
            family,
            decoder_id: Entry::empty(IntegerRange::ids(decoders())),
            as_published: RwSignal::new(as_published.get_untracked().unwrap_or(false)),
        }
    }

    /// Writes every change into the address, without a new entry in the history.
    pub fn keep_in_address(self) {
        self.common.keep_in_address("configuration", self.configuration, compact);
        let family = move || self.common.id().filter(|_| self.family.get() == Family::Decoder);
        keep("family", Signal::derive(move || family().map(|_| Family::Decoder.space().to_owned())));
        keep("published", Signal::derive(move || non_default(self.as_published.get().to_string(), "false")));
    }

    /// Shows what may be a configuration, an encoder's laid out for reading.
    pub fn show(self, name: String, text: String) {
        let laid_out = Transformer::from_json(&text).ok().and_then(|network| network.laid_out());
        self.configuration.set(laid_out.unwrap_or(text));
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

    /// The network.
    ///
    /// # Errors
    /// If what is typed is none.
    pub fn parsed(self) -> untrained_core::Result<Transformer> {
        self.configuration.with(|json| Transformer::from_json(json))
    }

    /// Whether every field holds a number that can be used.
    pub fn is_valid(self) -> bool {
        self.common.is_valid() && self.decoder_id.problem().is_none()
    }

    /// The task.
    ///
    /// # Errors
    /// If what is typed is no network, or a number cannot be used.
    pub fn task(self) -> Result<Task, String> {
        let [vocabulary, embedding, batch, sequence] = self.common.sizes()?;
        let network = self.parsed().map_err(|error| error.to_string())?;
        let sizes = Sizes { vocabulary, embedding, batch, sequence, ..Sizes::PUBLISHED };
        Ok(Task {
            seed: self.common.seed.number_u32()?,
            metrics: self.common.metrics(),
            ..Task::new(self.common.name.get(), network.at(sizes, self.as_published.get()))
        })
    }

    /// The command that computes the same natively; none if a number cannot be used.
    pub fn command(self) -> Option<String> {
        let published: &[_] = if self.as_published.get() { &["--as-published"] } else { &[] };
        self.common.command(&match self.family.get() {
            Family::Decoder => {
                FormCommand { space: "decoder", benchmark: LTS, file: ["--config", "config.json"], options: &[] }
            }
            _ => {
                FormCommand { space: "encoder", benchmark: "", file: ["--config", "encoder.json"], options: published }
            }
        })
    }
}

/// JSON without white space; the text as it is typed if it is none yet.
fn compact(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |json| json.to_string())
}
