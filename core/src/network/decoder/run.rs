//! One run of a decoder.

use std::borrow::Cow;

#[cfg(feature = "burn")]
use super::module;
use super::{Model, from_seed, kernel};
use crate::Result;
use crate::device::Device;
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::language::Network;
use crate::network::{Batch, language};
#[cfg(feature = "burn")]
use crate::observation::Way;
use crate::observation::{Needs, Observation};
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
        let mut seen = match device {
            Device::Cpu if needs.runs_transformer() => kernel::observe(self, weights, batch, needs, progress)?,
            Device::Cpu => Observation::default(),
            #[cfg(feature = "burn")]
            Device::Burn { device, name, .. } => {
                let (own, nodes) = (needs.of(&[Way::AsItIs, Way::Loss]), needs.of(&[Way::Further]));
                let mut seen = match own.is_empty() {
                    true => Observation::default(),
                    false => module::Network::new(self, weights, &own, device)?.observe(batch, name).await?,
                };
                if nodes.runs_transformer() {
                    seen.merge(kernel::observe(self, weights, batch, &nodes, progress)?);
                }
                seen
            }
        };
        let network = Network { transformer: self, weights };
        let seed = self.weights.seed().unwrap_or_default() as u32;
        language::observe(&network, (batch, seed), needs, &mut seen, progress).await?;
        Ok(seen)
    }

    fn weights(&self) -> Cow<'_, Weights> {
        self.weights.weights(|seed| from_seed(&self.decoder, seed))
    }
}
