//! A task of the transformer space.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::corpus;
use crate::job::{EncoderJob, Initial, check_ids};
use crate::memory::Engine;
use crate::metric::transformer;
use crate::network::transformer::{Demand, Sizes};
use crate::origin::{Origin, Read};
use crate::space::transformer::Configuration;
use crate::{Error, Result};

/// An encoder to score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EncoderTask {
    /// How the encoder is called in the records.
    #[serde(default)]
    pub name: String,
    /// The encoder: `{"hidden_size": .., "nas_config": {"encoder_layers": [..]}}`.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub configuration: Configuration,
    /// 256 wide with stacks of 1,024, whatever the configuration says, as the published scores were computed.
    #[serde(default)]
    pub as_published: bool,
    /// Sizes beyond the configuration.
    #[serde(default)]
    pub sizes: Sizes,
    /// Seed of weights and of made-up text.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 4_294_967_295_u32, format = "uint32"))]
    #[serde(default)]
    pub seed: u32,
    /// Metric identifiers; all where there is none.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// `[B][T]`: ids the encoder reads; without them, text made up from the seed.
    #[serde(default)]
    pub input_ids: Option<Vec<Vec<u32>>>,
}

impl EncoderTask {
    /// All metrics of an encoder at the usual sizes.
    pub fn new(name: impl Into<String>, configuration: Configuration) -> Self {
        let (name, sizes) = (name.into(), Sizes::default());
        Self { name, configuration, as_published: false, sizes, seed: 0, metrics: Vec::new(), input_ids: None }
    }

    /// Checks names, numbers and given ids, without making anything.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run within `memory` bytes.
    pub fn check(&self, engine: Engine, memory: usize) -> Result<()> {
        transformer::chosen(&self.metrics)?;
        let (configuration, sizes) = self.checked()?;
        demand(&configuration, &sizes, engine).check(memory)?;
        check_ids(self.input_ids.iter().flatten().flatten(), &sizes)
    }

    /// Bytes that scoring takes at its peak.
    ///
    /// # Errors
    /// What of the task cannot be used.
    pub fn peak(&self, engine: Engine) -> Result<f64> {
        let (configuration, sizes) = self.checked()?;
        Ok(demand(&configuration, &sizes, engine).peak())
    }

    /// The job, which can be run within `memory` bytes.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run.
    pub fn job(&self, engine: Engine, memory: usize) -> Result<EncoderJob> {
        self.check(engine, memory)?;
        let (configuration, sizes) = self.checked()?;
        let (tokens, read) = match &self.input_ids {
            Some(ids) => (ids.concat(), Read::inputs(None, &ids.concat())),
            None => (corpus::sequences(&sizes, self.seed), Read::made_up(self.seed)),
        };
        let job = EncoderJob {
            architecture: self.name.clone(),
            configuration: Arc::new(configuration),
            sizes,
            initial: Initial::Seed(self.seed),
            tokens: Arc::new(tokens),
            lengths: None,
            metrics: transformer::chosen(&self.metrics)?,
            origin: Origin { as_published: Some(self.as_published), ..Origin::of(read) },
        };
        job.check_on(engine, memory).map(|()| job)
    }

    /// Configuration and sizes of an encoder that can be.
    fn checked(&self) -> Result<(Configuration, Sizes)> {
        let configuration = match self.as_published {
            true => self.configuration.as_published(),
            false => self.configuration.clone(),
        };
        let mut sizes = self.sizes;
        if let Some(ids) = &self.input_ids {
            (sizes.batch, sizes.sequence) = rectangle(ids)?;
        }
        configuration.check()?;
        sizes.check()?;
        Ok((configuration, sizes))
    }
}

fn demand<'a>(configuration: &'a Configuration, sizes: &'a Sizes, engine: Engine) -> Demand<'a> {
    Demand { configuration, sizes, weights_given: false, engine }
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
        Some(at) => {
            let problem = format!("{} tokens, where sequence 0 has {length}", ids[at].len());
            wrong(format!("sequence {at}"), problem)
        }
        None => Ok((ids.len(), length)),
    }
}
