//! A decoder with its weights: what it is, and what can be said of it without running it.

use std::sync::Arc;

use super::{Demand, Sizes, Structure};
use crate::memory::Engine;
use crate::network::batch::NOT_COUNTED;
use crate::network::operations::{DECOMPOSITION, DRAW, FORWARD_AND_BACKWARD};
use crate::network::transformer::Weights;
use crate::network::{Batch, FurtherCounts, WeightSource};
use crate::observation::{Counts, Nans, Needs};
use crate::space::decoder::Decoder;
use crate::{Error, Result};

/// A decoder.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its architecture.
    pub decoder: Arc<Decoder>,
    /// Of the batch.
    pub sizes: Sizes,
    /// Where its weights come from.
    pub weights: WeightSource<Weights>,
}

impl Model {
    /// Counts by the identifiers of the metrics. Operations are a mean over the sequences of the batch, which may
    /// differ in length.
    pub fn counts(&self, batch: &Batch) -> Counts {
        let of = |tokens| Structure::new(&self.decoder, tokens);
        let all = of(self.sizes.sequence);
        let flops = batch.lengths.as_ref().map_or(all.flops, |lengths| {
            lengths.iter().map(|&length| of(length).flops).sum::<f64>() / lengths.len() as f64
        });
        Counts::from_iter([
            ("parameters", all.parameters),
            ("embedding_parameters", all.embedding),
            ("attention_parameters", all.attention),
            ("feed_forward_parameters", all.feed_forward),
            ("decoder_parameters", all.non_embedding),
            ("non_embedding_parameters", all.non_embedding),
            ("layers", all.layers as f64),
            ("hidden_size", all.hidden as f64),
            ("heads", all.heads as f64),
            ("flops", flops),
        ])
    }

    /// Given weights that are NaN; drawn ones are finite. The head reads all of the table of words, so every sequence
    /// reads all weights.
    pub fn nans(&self) -> Nans {
        let WeightSource::Given(weights) = &self.weights else { return Nans::default() };
        let found = weights.first_nan_of_all().map(|weight| weight.to_string());
        Nans { first_sequence: found.clone(), any_sequence: found, from_layer: None }
    }

    /// Floating-point operations, roughly: the passes of all sequences, and where gradients of matrices are read the
    /// singular values of every matrix and of its gradient.
    pub fn operations(&self, needs: &Needs) -> f64 {
        if needs.is_empty() {
            return 0.0;
        }
        let structure = Structure::new(&self.decoder, self.sizes.sequence);
        let own = if needs.goes_backward() { FORWARD_AND_BACKWARD } else { 1.0 };
        let passes = own + FORWARD_AND_BACKWARD * needs.further_passes() as f64;
        let norms = 2.0 * DECOMPOSITION * structure.non_embedding * structure.hidden as f64;
        let decompositions = if needs.reads_matrices() { norms } else { 0.0 };
        passes * structure.flops * self.sizes.batch as f64 + decompositions + DRAW * structure.parameters
    }

    /// Checks that it can be run on a batch within `memory` bytes; where there is no batch yet, of made-up text.
    ///
    /// # Errors
    /// [`Error::Configuration`], [`Error::Size`] or [`Error::Text`] naming what cannot be.
    pub fn check(&self, batch: Option<&Batch>, needs: &Needs, engine: Engine, memory: usize) -> Result<()> {
        self.check_sizes(needs)?;
        self.demand(needs, engine).check(memory)?;
        batch.map_or(Ok(()), |batch| self.check_batch(batch))
    }

    /// Bytes that scoring takes at its peak.
    ///
    /// # Errors
    /// As [`Self::check`], whatever memory there is.
    pub fn peak(&self, needs: &Needs, engine: Engine) -> Result<f64> {
        self.check_sizes(needs)?;
        Ok(self.demand(needs, engine).peak())
    }

    fn demand<'a>(&'a self, needs: &'a Needs, engine: Engine) -> Demand<'a> {
        let (decoder, sizes) = (self.decoder.as_ref(), &self.sizes);
        Demand { decoder, sizes, needs, weights_given: self.weights.is_given(), engine }
    }

    fn check_sizes(&self, needs: &Needs) -> Result<()> {
        self.decoder.check()?;
        self.sizes.check(&self.decoder)?;
        if needs.loss_is_read() && self.sizes.sequence < 2 {
            let problem = "the loss is that of the next token, and there is none after a single one".to_owned();
            return Err(Error::Size { name: "sequence", value: self.sizes.sequence, problem });
        }
        Ok(())
    }

    fn check_batch(&self, batch: &Batch) -> Result<()> {
        let Sizes { batch: sequences, sequence } = self.sizes;
        let wrong = |place, problem| Err(Error::Text { what: "tokens", place, problem });
        for (what, ids) in [("tokens", Some(&batch.tokens)), ("targets", batch.targets.as_ref())] {
            let Some(ids) = ids else { continue };
            if ids.len() != sequences * sequence {
                let problem = format!("{} ids for {sequences} sequences of {sequence}", ids.len());
                return wrong(what.to_owned(), problem);
            }
            let beyond = |id: u32| id as usize >= self.decoder.vocabulary && (id != NOT_COUNTED || what == "tokens");
            if let Some(index) = ids.iter().position(|&id| beyond(id)) {
                let place = format!("sequence {} position {}", index / sequence, index % sequence);
                let problem = format!("id {} is outside a vocabulary of {}", ids[index], self.decoder.vocabulary);
                return wrong(place, problem);
            }
        }
        let embedded = sequences * sequence * self.decoder.width;
        batch.further.check(&FurtherCounts {
            tokens: sequences * sequence,
            vocabulary: self.decoder.vocabulary,
            embedded,
            blocks: vec![embedded; self.decoder.blocks().saturating_sub(1)],
        })?;
        let Some(lengths) = &batch.lengths else { return Ok(()) };
        if lengths.len() != sequences {
            return wrong("lengths".to_owned(), format!("{} of them for {sequences} sequences", lengths.len()));
        }
        match lengths.iter().position(|length| !(1..=sequence).contains(length)) {
            Some(index) => wrong(format!("sequence {index}"), format!("{} real tokens of {sequence}", lengths[index])),
            None => Ok(()),
        }
    }
}
