//! A task: a network to score, in names and numbers, as it goes over a wire or is a line of a plan. It becomes a job,
//! complete and checked.

mod text;
mod training;
mod wire;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use text::Text;
pub use training::{MOST_CELLS, MOST_STEPS, TURN, TrainingTask};

use crate::corpus::Shape;
use crate::family::Family;
use crate::job::Job;
use crate::memory::Engine;
use crate::metric::{self, Metric};
use crate::network::{Batch, Model, WeightSource, decoder, encoder, recurrent};
use crate::origin::{Origin, Read};
use crate::record::Record;
use crate::space::decoder::Decoder;
use crate::space::encoder::Configuration;
use crate::space::recurrent::Recipe;
use crate::training::recurrent::Trained;
use crate::{Error, Result, corpus};

/// A network to score.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Name of the architecture in the records.
    pub name: String,
    /// The architecture with its sizes.
    pub architecture: Architecture,
    /// What it reads.
    pub source: Source,
    /// Seed of weights, of noise and of made-up text.
    pub seed: u32,
    /// Metric identifiers; all of the family where there is none.
    pub metrics: Vec<String>,
}

/// An architecture of any family, with the sizes of network and batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Architecture {
    /// A recurrent network: every layer runs the same cell.
    Recurrent {
        /// The cell.
        recipe: Recipe,
        /// Sizes of network and batch.
        sizes: recurrent::Sizes,
    },
    /// An encoder.
    Encoder {
        /// Its layers.
        configuration: Configuration,
        /// Sizes beyond the configuration, and of the batch.
        sizes: encoder::Sizes,
        /// 256 wide with feed-forward layers of 1,024, whatever the configuration says, as the published scores were
        /// computed.
        as_published: bool,
    },
    /// A decoder.
    Decoder {
        /// All of it.
        decoder: Decoder,
        /// Sizes of the batch.
        sizes: decoder::Sizes,
    },
}

/// What a network reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Text made up from the seed.
    MadeUp,
    /// Text of one's own, which a recurrent network reads word by word.
    Text(Text),
    /// `[B][T]`: ids that an encoder or decoder reads.
    Ids(Vec<Vec<u32>>),
}

/// What a worker is given: networks to score, or to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnyTask {
    /// A network to score.
    Score(Box<Task>),
    /// Cells to train.
    Train(Box<TrainingTask>),
}

impl AnyTask {
    /// Checks names, numbers and memory, and builds nothing.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run within `memory` bytes.
    pub fn check_on(&self, engine: Engine, memory: usize) -> Result<()> {
        match self {
            Self::Score(task) => task.check_on(engine, memory),
            Self::Train(task) => task.check_on(engine, memory),
        }
    }
}

/// What is reported of a task while it is scored or trained, one after the other; [`Event::Finished`] or [`Event::Problem`] is the
/// last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was accepted, under this number.
    Queued {
        /// By which it can be cancelled.
        job: u64,
        /// Tasks before it.
        before: usize,
    },
    /// It is being scored or trained.
    Started {
        /// On what.
        device: String,
    },
    /// How much is done, between 0 and 1.
    Progress(f64),
    /// The score of one metric.
    Record(Record),
    /// Some updates of one cell. Where another device takes over, training begins anew after [`Self::Started`].
    Trained(Trained),
    /// All of it was reported.
    Finished {
        /// How many records there were; none of training.
        records: usize,
    },
    /// One sentence on why there is no more.
    Problem(String),
}

impl Event {
    /// Whether nothing follows it.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Finished { .. } | Self::Problem(_))
    }
}

impl Architecture {
    /// A cell at the published sizes.
    pub fn cell(recipe: Recipe) -> Self {
        Self::Recurrent { recipe, sizes: recurrent::Sizes::PUBLISHED }
    }

    /// An encoder at the usual sizes.
    pub fn encoder(configuration: Configuration) -> Self {
        Self::Encoder { configuration, sizes: encoder::Sizes::default(), as_published: false }
    }

    /// A decoder on a batch of the usual sizes.
    pub fn decoder(decoder: Decoder) -> Self {
        Self::Decoder { decoder, sizes: decoder::Sizes::default() }
    }

    /// The family.
    pub fn family(&self) -> Family {
        match self {
            Self::Recurrent { .. } => Family::Recurrent,
            Self::Encoder { .. } => Family::Encoder,
            Self::Decoder { .. } => Family::Decoder,
        }
    }
}

impl Task {
    /// All metrics of an architecture on made-up text, from seed 0.
    pub fn new(name: impl Into<String>, architecture: Architecture) -> Self {
        Self { name: name.into(), architecture, source: Source::MadeUp, seed: 0, metrics: Vec::new() }
    }

    /// Checks names, numbers and the memory that the task needs; builds nothing, neither text nor weights. Words of a
    /// text are checked when the job is built.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run within `memory` bytes.
    pub fn check_on(&self, engine: Engine, memory: usize) -> Result<()> {
        let ids = self.ids()?.map(|ids| Batch::of_sequences(ids, None));
        let model = self.model()?;
        metric::check(&self.metrics()?, |needs| model.check(ids.as_ref(), needs, engine, memory))
    }

    /// Bytes that scoring takes at its peak: of a text of one's own, without its vocabulary.
    ///
    /// # Errors
    /// What of the task cannot be used.
    pub fn peak(&self, engine: Engine) -> Result<f64> {
        self.model()?.peak(None, &metric::needs(&self.metrics()?), engine)
    }

    /// The job, which the CPU can run within `memory` bytes.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run.
    pub fn job(&self, memory: usize) -> Result<Job> {
        self.job_on(Engine::Kernel, memory)
    }

    /// The job, which can be run within `memory` bytes.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run.
    pub fn job_on(&self, engine: Engine, memory: usize) -> Result<Job> {
        self.check_on(engine, memory)?;
        let mut model = self.model()?;
        let (batch, read) = match &mut model {
            Model::Recurrent(model) => self.recurrent_batch(&mut model.sizes)?,
            Model::Encoder(model) => self.sequences((&model.sizes).into())?,
            Model::Decoder(model) => self.sequences(model.sizes.shape(&model.decoder))?,
        };
        let as_published = match self.architecture {
            Architecture::Encoder { as_published, .. } => Some(as_published),
            Architecture::Recurrent { .. } | Architecture::Decoder { .. } => None,
        };
        let job = Job {
            name: self.name.clone(),
            model,
            batch: Arc::new(batch),
            metrics: self.metrics()?,
            origin: Origin { as_published, ..Origin::of(read) },
        };
        job.check_on(engine, memory).map(|()| job)
    }

    fn metrics(&self) -> Result<Vec<&'static dyn Metric>> {
        metric::select(self.architecture.family(), &self.metrics)
    }

    /// The network, its weights from the seed.
    fn model(&self) -> Result<Model> {
        match &self.architecture {
            Architecture::Recurrent { recipe, sizes } => Ok(Model::Recurrent(recurrent::Model {
                recipe: Arc::new(recipe.clone()),
                sizes: *sizes,
                weights: WeightSource::Seed(self.seed),
            })),
            Architecture::Encoder { configuration, sizes, as_published } => {
                let configuration = if *as_published { configuration.as_published() } else { configuration.clone() };
                let mut sizes = *sizes;
                if let Source::Ids(ids) = &self.source {
                    (sizes.batch, sizes.sequence) = rectangle(ids)?;
                }
                let weights = WeightSource::Seed(self.seed);
                Ok(Model::Encoder(encoder::Model { configuration: Arc::new(configuration), sizes, weights }))
            }
            Architecture::Decoder { decoder, sizes } => {
                let mut sizes = *sizes;
                if let Source::Ids(ids) = &self.source {
                    (sizes.batch, sizes.sequence) = rectangle(ids)?;
                }
                let weights = WeightSource::Seed(self.seed);
                Ok(Model::Decoder(decoder::Model { decoder: Arc::new(decoder.clone()), sizes, weights }))
            }
        }
    }

    /// Given ids one after another; a source that the family cannot read is refused.
    fn ids(&self) -> Result<Option<Vec<u32>>> {
        let wrong =
            |problem: &str| Error::Text { what: "source", place: "task".to_owned(), problem: problem.to_owned() };
        match (&self.source, &self.architecture) {
            (Source::Ids(ids), Architecture::Encoder { .. } | Architecture::Decoder { .. }) => Ok(Some(ids.concat())),
            (Source::Ids(_), Architecture::Recurrent { .. }) => {
                Err(wrong("a recurrent network reads text, not ids of sequences"))
            }
            (Source::Text(_), Architecture::Encoder { .. }) => {
                Err(wrong("an encoder reads ids of sequences, not text"))
            }
            (Source::Text(_), Architecture::Decoder { .. }) => Err(wrong("a decoder reads ids of sequences, not text")),
            (Source::MadeUp | Source::Text(_), _) => Ok(None),
        }
    }

    fn recurrent_batch(&self, sizes: &mut recurrent::Sizes) -> Result<(Batch, Read)> {
        let (tokens, read) = match &self.source {
            Source::Text(text) => {
                let tokens = text.read(sizes)?;
                let vocabulary = text.vocabulary.iter().map(String::as_bytes);
                let read = Read::corpus(text.corpus.as_bytes(), vocabulary, &tokens);
                (tokens, read.with_noise(self.seed))
            }
            _ => (corpus::synthetic(&*sizes, self.seed), Read::made_up(self.seed)),
        };
        Ok((Batch::from_tokens(tokens, sizes, self.seed)?, read))
    }

    fn sequences(&self, shape: Shape) -> Result<(Batch, Read)> {
        let (tokens, read) = match self.ids()? {
            Some(ids) => {
                let read = Read::inputs(None, &ids);
                (ids, read)
            }
            None => (corpus::sequences(shape, self.seed), Read::made_up(self.seed)),
        };
        Ok((Batch::of_sequences(tokens, None), read))
    }
}

/// B and T of ids that are to be sequences of one length.
///
/// # Errors
/// [`Error::Text`] with the sequence that is of another length, or that there is no token.
pub fn rectangle(ids: &[Vec<u32>]) -> Result<(usize, usize)> {
    let wrong = |place, problem| Err(Error::Text { what: "tokens", place, problem });
    let length = ids.first().map_or(0, Vec::len);
    match ids.iter().position(|sequence| sequence.len() != length) {
        _ if length == 0 => wrong("sequence 0".to_owned(), "there is no token".to_owned()),
        Some(index) => {
            let problem = format!("{} tokens, where sequence 0 has {length}", ids[index].len());
            wrong(format!("sequence {index}"), problem)
        }
        None => Ok((ids.len(), length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> std::result::Result<Task, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    const CELL: &str = r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#;

    fn sizes(task: &Task) -> recurrent::Sizes {
        let Architecture::Recurrent { sizes, .. } = task.architecture else { panic!() };
        sizes
    }

    #[test]
    fn fields_that_are_left_out_have_the_usual_values() {
        let task = read(&format!(r#"{{"space": "recurrent", "recipe": {CELL}}}"#)).unwrap();
        assert_eq!((task.seed, sizes(&task)), (0, recurrent::Sizes::PUBLISHED));
        let small = read(&format!(r#"{{"space": "recurrent", "recipe": {CELL}, "sizes": {{"hidden": 8}}}}"#)).unwrap();
        assert_eq!((sizes(&small).hidden, sizes(&small).embedding), (8, 400));
    }

    #[test]
    fn unknown_and_wrong_fields_are_named() {
        let problem = |json: &str| read(json).unwrap_err();
        let unknown = format!(r#"{{"space": "recurrent", "recipe": {CELL}, "size": 3}}"#);
        assert!(problem(&unknown).contains("unknown field `size`"), "{}", problem(&unknown));
        assert!(problem(r#"{"space": "convolutional"}"#).contains("unknown variant `convolutional`"));
        let wrong = r#"{"space": "recurrent", "recipe": {"h_new_0": {"op": "linear", "input": ["x", "y"]}}}"#;
        assert!(problem(wrong).starts_with("recipe, node h_new_0: input y does not exist"), "{}", problem(wrong));
    }

    fn encoder() -> Task {
        let layer = crate::space::encoder::Sampler::new(0).next().unwrap();
        Task::new("0", Architecture::encoder(layer))
    }

    #[test]
    fn tasks_go_through_json_under_either_name_of_the_family() {
        let task = encoder();
        let json = serde_json::to_string(&task).unwrap();
        assert!(json.starts_with(r#"{"space":"transformer","name":"0""#), "{json}");
        assert_eq!(read(&json).unwrap(), task);
        assert_eq!(read(&json.replace(r#""transformer""#, r#""encoder""#)).unwrap(), task);
    }

    #[test]
    fn a_decoder_goes_through_json_and_is_scored() {
        let json = r#"{"model_type": "llama", "vocab_size": 30, "hidden_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 12, "max_position_embeddings": 200}"#;
        let task = Task::new("tiny", Architecture::decoder(Decoder::from_json(json).unwrap()));
        let sent = serde_json::to_string(&task).unwrap();
        assert!(sent.starts_with(r#"{"space":"decoder","name":"tiny","decoder":{"original":"llama""#), "{sent}");
        assert_eq!(read(&sent).unwrap(), task);
        let job = task.job(usize::MAX).unwrap();
        assert_eq!((job.metrics.len(), job.batch.tokens.len()), (metric::of(Family::Decoder).len(), 16 * 128));
        assert_eq!(job.subject().origin.sizes.sequence, Some(128));
        let ids = Source::Ids(vec![vec![1, 29, 3], vec![4, 30, 6]]);
        let problem = Task { source: ids, ..task }.job(usize::MAX).err().unwrap().to_string();
        assert_eq!(problem, "tokens, sequence 1 position 1: id 30 is outside a vocabulary of 30");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let problem = |task: Task| task.job(usize::MAX).err().map(|error| error.to_string()).unwrap_or_default();
        let Architecture::Encoder { configuration, .. } = encoder().architecture else { panic!() };
        let sizes = encoder::Sizes { sequence: 513, ..Default::default() };
        let long = Architecture::Encoder { configuration, sizes, as_published: false };
        assert_eq!(problem(Task::new("0", long)), "size sequence = 513: longer than the 512 positions");
        let text = Source::Text(Text { corpus: "a".to_owned(), vocabulary: Vec::new() });
        assert_eq!(
            problem(Task { source: text, ..encoder() }),
            "source, task: an encoder reads ids of sequences, not text"
        );
    }
}
