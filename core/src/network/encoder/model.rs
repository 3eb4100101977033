//! An untrained or trained encoder: what it is, and what can be said of it without running it.

use std::sync::Arc;

use super::{Demand, Sizes, Structure};
use crate::memory::Engine;
use crate::network::batch::NOT_COUNTED;
use crate::network::operations::{DECOMPOSITION, DRAW, FORWARD_AND_BACKWARD};
use crate::network::transformer::Weights;
use crate::network::{Batch, FurtherCounts, WeightSource};
use crate::observation::{Counts, Nans, Needs, Way};
use crate::space::encoder::{Configuration, Operation};
use crate::{Error, Result};

/// An encoder.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its layers.
    pub configuration: Arc<Configuration>,
    /// What all encoders of the space share, and sizes of the batch.
    pub sizes: Sizes,
    /// Where its weights come from.
    pub weights: WeightSource<Weights>,
}

impl Model {
    /// Counts by the identifiers of the metrics. Operations are a mean over the sequences of the batch, which may
    /// differ in length.
    pub fn counts(&self, batch: &Batch) -> Counts {
        let of = |sequence| Structure::new(&self.configuration, &Sizes { sequence, ..self.sizes });
        let all = of(self.sizes.sequence);
        let flops = batch.lengths.as_ref().map_or(all.flops, |lengths| {
            lengths.iter().map(|&length| of(length).flops).sum::<f64>() / lengths.len() as f64
        });
        Counts::from_iter([
            ("num_parameters", all.parameters as f64),
            ("parameters", (all.parameters + all.head) as f64),
            ("non_embedding_parameters", all.non_embedding as f64),
            ("layers", all.layers as f64),
            ("hidden_size", all.hidden as f64),
            ("heads", all.heads as f64),
            ("flops", flops),
        ])
    }

    /// Given weights that are NaN and are read; drawn ones are finite.
    pub fn nans(&self, batch: &Batch) -> Nans {
        let WeightSource::Given(weights) = &self.weights else { return Nans::default() };
        let rows: Vec<&[u32]> = batch.sequences(self.sizes.sequence).collect();
        let found = |rows: &[&[u32]]| {
            let longest = rows.iter().map(|row| row.len()).max().unwrap_or(0);
            weights.first_nan(&rows.concat(), longest).map(|weight| weight.to_string())
        };
        Nans { first_sequence: found(&rows[..rows.len().min(1)]), any_sequence: found(&rows), from_layer: None }
    }

    /// Floating-point operations, roughly: the passes of all sequences, and where gradients of matrices are read the
    /// singular values of every matrix and of its gradient.
    pub fn operations(&self, needs: &Needs) -> f64 {
        if needs.is_empty() {
            return 0.0;
        }
        let Sizes { vocabulary, embedding, batch, .. } = self.sizes;
        let structure = Structure::new(&self.configuration, &self.sizes);
        let matrices = structure.parameters.saturating_sub(vocabulary * embedding) as f64;
        let language = needs.of(&[Way::Loss, Way::Further]);
        let own = if needs.gradient() { FORWARD_AND_BACKWARD } else { 1.0 };
        let of_loss = if language.is_empty() { 0.0 } else { FORWARD_AND_BACKWARD };
        let passes = own + of_loss + FORWARD_AND_BACKWARD * language.further_passes() as f64;
        let decompositions =
            if needs.weight_gradients() { 2.0 * DECOMPOSITION * matrices * structure.hidden as f64 } else { 0.0 };
        passes * structure.flops * batch as f64 + decompositions + DRAW * structure.parameters as f64
    }

    /// Checks that it can be run on a batch within `memory` bytes; where there is no batch yet, of made-up text.
    ///
    /// # Errors
    /// [`Error::Configuration`], [`Error::Size`] or [`Error::Text`] naming what cannot be.
    pub fn check(&self, batch: Option<&Batch>, needs: &Needs, engine: Engine, memory: usize) -> Result<()> {
        self.configuration.check()?;
        self.sizes.check()?;
        self.demand(needs, engine).check(memory)?;
        batch.map_or(Ok(()), |batch| {
            check_ids(&batch.tokens, &self.sizes)?;
            self.check_language(batch)?;
            self.check_padding(batch)
        })
    }

    /// Bytes that scoring takes at its peak.
    ///
    /// # Errors
    /// As [`Self::check`], whatever memory there is.
    pub fn peak(&self, needs: &Needs, engine: Engine) -> Result<f64> {
        self.configuration.check()?;
        self.sizes.check()?;
        Ok(self.demand(needs, engine).peak())
    }

    fn demand<'a>(&'a self, needs: &'a Needs, engine: Engine) -> Demand<'a> {
        let (configuration, sizes) = (self.configuration.as_ref(), &self.sizes);
        Demand { configuration, sizes, needs, weights_given: self.weights.is_given(), engine }
    }

    /// Whether padding can be left out.
    fn check_padding(&self, batch: &Batch) -> Result<()> {
        let Sizes { batch: sequences, sequence, .. } = self.sizes;
        let Some(lengths) = &batch.lengths else { return Ok(()) };
        let wrong = |place, problem| Err(Error::Text { what: "tokens", place, problem });
        if lengths.len() != sequences {
            return wrong("lengths".to_owned(), format!("{} of them for {sequences} sequences", lengths.len()));
        }
        if let Some(index) = lengths.iter().position(|length| !(1..=sequence).contains(length)) {
            return wrong(format!("sequence {index}"), format!("{} real tokens of {sequence}", lengths[index]));
        }
        let is_transform = |operation| matches!(operation, Operation::Transform(_));
        let layer = self.configuration.layers.iter().position(|layer| is_transform(layer.operation));
        match layer.filter(|_| lengths.iter().any(|&length| length < sequence)) {
            Some(layer) => {
                let problem = "a transform over the complete sequence cannot leave padding out".to_owned();
                Err(Error::Configuration { place: format!("layer {}", layer + 1), problem })
            }
            None => Ok(()),
        }
    }

    /// What a reader of the scores should know of the encoder.
    pub fn remarks(&self, needs: &Needs) -> Vec<String> {
        let noise = !self.weights.is_given() && needs.gradient();
        let noise = noise.then(|| {
            "with fresh weights the sum of the last hidden states is constant, so metrics that read a gradient (saliency, \
             importance, diversity, Jacobian) measure how this device rounds"
                .to_owned()
        });
        noise.into_iter().collect()
    }
}

impl Model {
    /// Checks what the encoder reads as a language model.
    fn check_language(&self, batch: &Batch) -> Result<()> {
        let Sizes { vocabulary, embedding, batch: sequences, sequence, .. } = self.sizes;
        let tokens = sequences * sequence;
        let targets = batch.targets.as_deref().unwrap_or_default();
        let counted: Vec<u32> = targets.iter().map(|&target| if target == NOT_COUNTED { 0 } else { target }).collect();
        check_ids(&counted, &self.sizes)?;
        if batch.targets.is_some() && targets.iter().all(|&target| target == NOT_COUNTED) {
            let (place, problem) = ("all".to_owned(), "nothing is to be predicted".to_owned());
            return Err(Error::Text { what: "targets", place, problem });
        }
        let blocks = (2 * self.configuration.layers.len()).saturating_sub(1);
        batch.further.check(&FurtherCounts {
            tokens,
            vocabulary,
            embedded: tokens * embedding,
            blocks: vec![tokens * self.configuration.hidden; blocks],
        })
    }
}

/// Checks ids [B, T] against the vocabulary.
fn check_ids(ids: &[u32], sizes: &Sizes) -> Result<()> {
    let Sizes { vocabulary, sequence, .. } = *sizes;
    match ids.iter().enumerate().find(|(_, id)| **id as usize >= vocabulary) {
        Some((index, id)) => Err(Error::Text {
            what: "tokens",
            place: format!("sequence {} position {}", index / sequence, index % sequence),
            problem: format!("id {id} is outside a vocabulary of {vocabulary}"),
        }),
        None => Ok(()),
    }
}
