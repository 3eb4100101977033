//! Networks of every family that a sampler draws, at sizes that take seconds in a tab.

use untrained_app::message::Answer;
use untrained_core::family::Family;
use untrained_core::metric::{self, Metric};
use untrained_core::network::decoder;
use untrained_core::observation::Needs;
use untrained_core::rank::Direction;
use untrained_core::record::Record;
use untrained_core::space::decoder::{Decoder, Space};
use untrained_core::space::encoder::Sampler;
use untrained_core::task::{Architecture, Task};

use crate::compute::score;
use crate::pages::drawn::sample;
use crate::pages::transformer::{DRAWN, SMALL};
use crate::pages::{QUICK, drawn};
use crate::rows;

/// Sizes of the batch of a decoder, whose vocabulary is that of its space.
const SHORT: decoder::Sizes = decoder::Sizes { batch: 2, sequence: 16 };

/// What is drawn, and by what it is ranked.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The family.
    pub family: Family,
    /// Of recurrent cells: their number of states.
    pub states: usize,
    /// The metric's identifier.
    pub metric: String,
}

/// A network that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// It with its sizes.
    pub architecture: Architecture,
    /// Its description: a recipe or a configuration.
    pub json: String,
}

impl Wanted {
    /// The network of a seed; none where the sampler gives none.
    ///
    /// # Errors
    /// One sentence on why there is no answer.
    pub async fn draw(&self, seed: u32) -> Result<Option<Drawn>, String> {
        let drawn = match self.family {
            Family::Recurrent => {
                let Some(recipe) = sample(self.states, seed).await? else { return Ok(None) };
                let json = recipe.to_string();
                Drawn { architecture: Architecture::Recurrent { recipe, sizes: QUICK }, json }
            }
            Family::Encoder => {
                let Some(configuration) = Sampler::new(seed.into()).next() else { return Ok(None) };
                let json = serde_json::to_string(&configuration).map_err(|error| error.to_string())?;
                Drawn { architecture: Architecture::Encoder { configuration, sizes: SMALL, as_published: false }, json }
            }
            Family::Decoder => {
                let space = Space::find(DRAWN).map_err(|error| error.to_string())?;
                let Some(config) = space.draw(seed.into()).next() else { return Ok(None) };
                let json = config.to_string();
                let decoder = Decoder::from_json(&json).map_err(|error| error.to_string())?;
                Drawn { architecture: Architecture::Decoder { decoder, sizes: SHORT }, json }
            }
        };
        Ok(Some(drawn))
    }

    /// The record of a drawn network by the metric, and its size by [`size`].
    ///
    /// # Errors
    /// One sentence on why there is no answer.
    pub async fn score(&self, seed: u32, drawn: &Drawn) -> Result<(Option<Record>, f64), String> {
        let mut metrics = vec![self.metric.clone(), size(self.family).to_owned()];
        metrics.dedup();
        let task = Task { metrics, ..Task::new(seed.to_string(), drawn.architecture.clone()) };
        let Answer::Records(records) = score(task).await? else { return Ok((None, f64::NAN)) };
        let of = |id: &str| records.iter().find(|record| record.metric == id);
        Ok((of(&self.metric).cloned(), of(size(self.family)).map_or(f64::NAN, |record| record.value)))
    }

    /// Whether higher or lower values go with better networks, where the benchmark of the family says it.
    pub fn direction(&self) -> Option<Direction> {
        let directions = rows::of_networks(self.family).about.directions;
        directions.iter().find(|(id, _)| *id == self.metric).map(|(_, direction)| *direction)
    }
}

impl Drawn {
    /// Whether both compute the same.
    pub fn computes_as(&self, other: &Self) -> bool {
        match (&self.architecture, &other.architecture) {
            (Architecture::Recurrent { recipe, .. }, Architecture::Recurrent { recipe: other, .. }) => {
                recipe.computes_as(other)
            }
            (architecture, other) => architecture == other,
        }
    }

    /// The address of the page that shows and scores it.
    pub fn address(&self) -> String {
        match &self.architecture {
            Architecture::Recurrent { recipe, .. } => drawn::address(recipe),
            _ => {
                let configuration = String::from(js_sys::encode_uri_component(&self.json));
                format!("?page=transformer&configuration={configuration}")
            }
        }
    }
}

/// The metric that says how large a network of a family is.
pub fn size(family: Family) -> &'static str {
    if family == Family::Recurrent { "nodes" } else { "parameters" }
}

/// The metric that a family is ranked by at first: the best published one.
pub fn best(family: Family) -> &'static str {
    rows::best(rows::of_networks(family))
}

/// The metrics of a family that these sizes allow, by identifier and title.
pub fn metrics(family: Family) -> Vec<(&'static str, String)> {
    let allowed = |metric: &&dyn Metric| {
        let layers = metric.needs().into_iter().collect::<Needs>().highest_layer();
        family != Family::Recurrent || layers <= QUICK.layers
    };
    let all = metric::of(family).into_iter().filter(allowed);
    all.map(|metric| (metric.about().id, metric.about().title.to_owned())).collect()
}

/// What networks of a family read here, in words.
pub fn sizes(family: Family) -> String {
    let transformer =
        |[batch, sequence]: [usize; 2]| format!("Each reads {batch} sequences of {sequence} tokens of made-up text.");
    match family {
        Family::Recurrent => "One layer of 96 units reads 20 samples of 35 steps of made-up text.".to_owned(),
        Family::Encoder => transformer([SMALL.batch, SMALL.sequence]),
        Family::Decoder => transformer([SHORT.batch, SHORT.sequence]),
    }
}
