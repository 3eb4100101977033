//! What is asked, whole and typed, and what is answered.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::metric::{Metric, Undefined};
use crate::network::recurrent::{Batch, Sizes, Weights};
use crate::probe::Needs;
use crate::space::recurrent::Recipe;
use crate::{Error, Result};

/// Score one recurrent network. Nothing after this reads what was typed.
#[derive(Clone)]
pub struct Job {
    /// How the architecture is called in the records.
    pub architecture: String,
    /// The cell.
    pub recipe: Arc<Recipe>,
    /// Sizes of the network and of the batch.
    pub sizes: Sizes,
    /// Where its weights come from.
    pub initial: Initial,
    /// What it reads.
    pub batch: Arc<Batch>,
    /// What is asked of it.
    pub metrics: Vec<&'static dyn Metric>,
}

/// Where the weights come from.
#[derive(Debug, Clone)]
pub enum Initial {
    /// The published initialisation from this seed.
    Seed(u64),
    /// Given ones.
    Weights(Arc<Weights>),
}

impl Job {
    /// What its metrics need together.
    pub fn needs(&self) -> Needs {
        self.metrics.iter().flat_map(|metric| metric.needs()).collect()
    }

    /// Checks that it can be run within `memory` bytes.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::Text`] naming what cannot be.
    pub fn check(&self, memory: usize) -> Result<()> {
        self.sizes.check(&self.recipe, memory)?;
        self.batch.check(&self.sizes)?;
        match self.needs().highest_layer() {
            layer if layer > self.sizes.layers => {
                let problem = format!("a metric reads layer {layer}");
                Err(Error::Size { name: "layers", value: self.sizes.layers, problem })
            }
            _ => Ok(()),
        }
    }

    /// The seed in its records; `None` where the weights were given.
    pub fn seed(&self) -> Option<u64> {
        match self.initial {
            Initial::Seed(seed) => Some(seed),
            Initial::Weights(_) => None,
        }
    }
}

/// One metric of one architecture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The architecture.
    pub architecture: String,
    /// Metric identifier.
    pub metric: String,
    /// The value; in JSON one that is not finite is the string `inf`, `-inf` or `nan`.
    #[serde(serialize_with = "write_value", deserialize_with = "read_value")]
    pub value: f64,
    /// Why the value is not finite.
    pub why: Option<String>,
    /// Time all metrics of the job took together, in seconds.
    pub seconds: f64,
    /// Seed of the weights and of the noise; none where the weights were given.
    pub seed: Option<u64>,
    /// Device it was computed on.
    pub device: String,
    /// Version of this program.
    pub version: String,
}

impl Record {
    /// Records of a job from its scores, in the order of its metrics.
    pub fn from_scores(job: &Job, scores: Vec<Result<f64, Undefined>>, device: &str, seconds: f64) -> Vec<Self> {
        let record = |(metric, score): (&&'static dyn Metric, Result<f64, Undefined>)| {
            let (value, why) =
                score.map_or_else(|undefined| (undefined.value, Some(undefined.why)), |value| (value, None));
            Self {
                architecture: job.architecture.clone(),
                metric: metric.about().id.to_owned(),
                value,
                why,
                seconds: (seconds * 1e3).round() / 1e3,
                seed: job.seed(),
                device: device.to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            }
        };
        job.metrics.iter().zip(scores).map(record).collect()
    }
}

fn write_value<S: Serializer>(value: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    match *value {
        value if value.is_nan() => serializer.serialize_str("nan"),
        value if value.is_infinite() => serializer.serialize_str(if value > 0.0 { "inf" } else { "-inf" }),
        value => serializer.serialize_f64(value),
    }
}

fn read_value<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Number(f64),
        Name(String),
    }
    match Value::deserialize(deserializer)? {
        Value::Number(value) => Ok(value),
        Value::Name(name) => match name.as_str() {
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            "nan" => Ok(f64::NAN),
            _ => Err(serde::de::Error::custom("a value is a number, \"inf\", \"-inf\" or \"nan\"")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_finite_go_through_json() {
        for value in [1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let record = Record {
                architecture: "889".to_owned(),
                metric: "depth".to_owned(),
                value,
                why: None,
                seconds: 0.25,
                seed: Some(0),
                device: "cpu".to_owned(),
                version: "0".to_owned(),
            };
            let read: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
            assert!(read.value == value || value.is_nan() && read.value.is_nan());
        }
    }
}
