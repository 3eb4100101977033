//! Where the families meet: one enum, one `match` a method. A new family is whatever the compiler then asks for.

use crate::Result;
use crate::device::Device;
use crate::family::Family;
use crate::memory::Engine;
use crate::network::{Batch, decoder, encoder, recurrent};
use crate::observation::{Counts, Nans, Needs, Observation};
use crate::progress::Progress;

/// A network of any family, ready to read a batch.
#[derive(Debug, Clone)]
pub enum Model {
    /// A recurrent network.
    Recurrent(recurrent::Model),
    /// An encoder.
    Encoder(encoder::Model),
    /// A decoder.
    Decoder(decoder::Model),
}

impl Model {
    /// The family.
    pub fn family(&self) -> Family {
        match self {
            Self::Recurrent(_) => Family::Recurrent,
            Self::Encoder(_) => Family::Encoder,
            Self::Decoder(_) => Family::Decoder,
        }
    }

    /// The seed of the weights; none where they were given.
    pub fn seed(&self) -> Option<u64> {
        match self {
            Self::Recurrent(model) => model.weights.seed(),
            Self::Encoder(model) => model.weights.seed(),
            Self::Decoder(model) => model.weights.seed(),
        }
    }

    /// Counts by the identifiers of the metrics; nothing is run.
    pub fn counts(&self, batch: &Batch) -> Counts {
        match self {
            Self::Recurrent(model) => model.counts(),
            Self::Encoder(model) => model.counts(batch),
            Self::Decoder(model) => model.counts(batch),
        }
    }

    /// Given weights that are NaN and are read.
    pub fn nans(&self, batch: &Batch) -> Nans {
        match self {
            Self::Recurrent(model) => model.nans(batch),
            Self::Encoder(model) => model.nans(batch),
            Self::Decoder(model) => model.nans(),
        }
    }

    /// Floating-point operations of observing it once, roughly.
    pub fn operations(&self, needs: &Needs) -> f64 {
        match self {
            Self::Recurrent(model) => model.operations(needs),
            Self::Encoder(model) => model.operations(needs),
            Self::Decoder(model) => model.operations(needs),
        }
    }

    /// Checks that it can be run on a batch within `memory` bytes; where there is no batch yet, of made-up text.
    ///
    /// # Errors
    /// What of it cannot be.
    pub fn check(&self, batch: Option<&Batch>, needs: &Needs, engine: Engine, memory: usize) -> Result<()> {
        match self {
            Self::Recurrent(model) => model.check(batch, needs, engine, memory),
            Self::Encoder(model) => model.check(batch, needs, engine, memory),
            Self::Decoder(model) => model.check(batch, needs, engine, memory),
        }
    }

    /// Bytes that scoring takes at its peak.
    ///
    /// # Errors
    /// What of it cannot be, whatever memory there is.
    pub fn peak(&self, batch: Option<&Batch>, needs: &Needs, engine: Engine) -> Result<f64> {
        match self {
            Self::Recurrent(model) => model.peak(batch, needs, engine),
            Self::Encoder(model) => model.peak(needs, engine),
            Self::Decoder(model) => model.peak(needs, engine),
        }
    }

    /// What a reader of the scores should know.
    pub fn remarks(&self, needs: &Needs) -> Vec<String> {
        match self {
            Self::Recurrent(model) => model.remarks(needs),
            Self::Encoder(model) => model.remarks(needs),
            Self::Decoder(_) => Vec::new(),
        }
    }

    /// Whether the CPU's kernel keeps all threads busy with one batch: those of encoders and decoders run
    /// sequences in parallel, that of cells only passes and parts of large matrices.
    pub fn uses_all_threads(&self) -> bool {
        match self {
            Self::Recurrent(_) => false,
            Self::Encoder(_) | Self::Decoder(_) => true,
        }
    }

    /// One run for everything that is needed.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails, [`crate::Error::Weights`] where a
    /// weight is missing.
    pub async fn observe(
        &self,
        batch: &Batch,
        needs: &Needs,
        device: &Device,
        progress: &Progress<'_>,
    ) -> Result<Observation> {
        match self {
            Self::Recurrent(model) => model.observe(batch, needs, device, progress).await,
            Self::Encoder(model) => model.observe(batch, needs, device, progress).await,
            Self::Decoder(model) => model.observe(batch, needs, device, progress).await,
        }
    }
}
