//! One run of an encoder.

use std::borrow::Cow;

use super::masking::masked;
#[cfg(feature = "burn")]
use super::module;
use super::{Model, from_seed, kernel};
use crate::Result;
use crate::device::Device;
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::language::Network;
use crate::network::{Batch, language};
use crate::observation::{Needs, Observation, Way};
use crate::progress::Progress;

impl Model {
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
        let weights = &self.weights();
        let (own, of_language) = (needs.of(&[Way::AsItIs]), needs.of(&[Way::Loss, Way::Further]));
        let mut seen = match device {
            _ if own.is_empty() => Observation::default(),
            Device::Cpu => kernel::observe(self, weights, batch, &own, progress)?,
            #[cfg(feature = "burn")]
            Device::Burn { device, name, .. } => {
                module::Network::new(self, weights, &own, device).observe(batch, name).await?
            }
        };
        if !of_language.is_empty() {
            let seed = self.weights.seed().unwrap_or_default() as u32;
            let batch = &masked(batch, &self.sizes, seed);
            if of_language.runs_transformer() {
                seen.merge(kernel::language::observe(self, weights, batch, &of_language, progress)?);
            }
            let network = Network { transformer: self, weights };
            language::observe(&network, (batch, seed), &of_language, &mut seen, progress).await?;
        }
        Ok(seen)
    }

    /// The last hidden states [B, T, H], on the CPU; zeros where there is padding.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn hidden_states(&self, batch: &Batch) -> Result<Vec<f32>> {
        kernel::hidden(self, &self.weights(), batch)
    }

    fn weights(&self) -> Cow<'_, Weights> {
        self.weights.weights(|seed| from_seed(&self.configuration, &self.sizes, seed))
    }
}
