//! A task of the recurrent space.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::corpus::{self, Vocabulary};
use crate::job::{Initial, Job};
use crate::memory::Engine;
use crate::metric;
use crate::network::recurrent::{Batch, Demand, Sizes};
use crate::origin::{Origin, Read};
use crate::probe::Needs;
use crate::space::recurrent::Recipe;

/// A recurrent network to score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CellTask {
    /// How the cell is called in the records.
    #[serde(default)]
    pub name: String,
    /// The cell: `{"node": {"op": .., "input": [..]}, ..}`.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub recipe: Recipe,
    /// Sizes of network and batch; the published ones where they are left out.
    #[serde(default)]
    pub sizes: Sizes,
    /// Seed of weights, of noise and of made-up text.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 4_294_967_295_u32, format = "uint32"))]
    #[serde(default)]
    pub seed: u32,
    /// Metric identifiers; all where there is none.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// What the network reads; without it, text made up from the seed.
    #[serde(default)]
    pub text: Option<Text>,
}

/// Text of one's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// One sentence a line.
    pub corpus: String,
    /// A word list, or texts whose words are numbered by first appearance; the corpus itself where there is none.
    #[serde(default)]
    pub vocabulary: Vec<String>,
}

impl CellTask {
    /// Checks all but the words of a text, without making anything.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run within `memory` bytes.
    pub fn check(&self, engine: Engine, memory: usize) -> Result<()> {
        self.with_demand(engine, |demand| demand.check(memory))?
    }

    /// Bytes that scoring takes at its peak.
    ///
    /// # Errors
    /// What of the task cannot be used.
    pub fn peak(&self, engine: Engine) -> Result<f64> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method's path fixes one lifetime, and any is needed"
        )]
        self.with_demand(engine, |demand| demand.peak())
    }

    fn with_demand<T>(&self, engine: Engine, look: impl FnOnce(&Demand) -> T) -> Result<T> {
        let needs: Needs = metric::chosen(&self.metrics)?.iter().flat_map(|metric| metric.needs()).collect();
        let (recipe, sizes) = (&self.recipe, &self.sizes);
        sizes.check()?;
        sizes.check_layers(&needs)?;
        Ok(look(&Demand { recipe, sizes, needs: &needs, words: None, weights_given: false, engine }))
    }

    /// The job, which can be run within `memory` bytes.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run.
    pub fn job(&self, engine: Engine, memory: usize) -> Result<Job> {
        self.check(engine, memory)?;
        let mut sizes = self.sizes;
        let (tokens, read) = match &self.text {
            Some(text) => {
                let tokens = text.read(&mut sizes)?;
                let vocabulary = text.vocabulary.iter().map(String::as_bytes);
                let read = Read::corpus(text.corpus.as_bytes(), vocabulary, &tokens);
                (tokens, read.with_noise(self.seed))
            }
            None => (corpus::synthetic(&sizes, self.seed), Read::made_up(self.seed)),
        };
        let job = Job {
            architecture: self.name.clone(),
            recipe: Arc::new(self.recipe.clone()),
            sizes,
            initial: Initial::Seed(self.seed),
            batch: Arc::new(Batch::from_tokens(tokens, &sizes, self.seed)?),
            metrics: metric::chosen(&self.metrics)?,
            origin: Origin::of(read),
        };
        job.check_on(engine, memory).map(|()| job)
    }
}

impl Text {
    /// A batch [T, B]; a larger vocabulary makes the network's larger, too.
    fn read(&self, sizes: &mut Sizes) -> Result<Vec<u32>> {
        let vocabulary = match self.vocabulary.as_slice() {
            [] => Vocabulary::of(&self.corpus)?,
            files => Vocabulary::from_texts(files.iter().map(String::as_str))?,
        };
        sizes.vocabulary = sizes.vocabulary.max(vocabulary.count());
        corpus::batch(&vocabulary.ids(&self.corpus)?, sizes)
    }
}
