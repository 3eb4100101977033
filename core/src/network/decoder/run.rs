//! One run of a decoder.

use std::borrow::Cow;

use super::{Model, from_seed, kernel};
use crate::Result;
use crate::device::Device;
use crate::network::transformer::Weights;
use crate::network::transformer::kernel::language::Network;
use crate::network::{Batch, language};
use crate::observation::{Needs, Observation};
use crate::progress::Progress;

impl Model {
    /// One run for everything that is needed.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing; [`crate::Error::Device`] on a device other than the CPU.
    pub async fn observe(
        &self,
        batch: &Batch,
        needs: &Needs,
        device: &Device,
        progress: &Progress<'_>,
    ) -> Result<Observation> {
        match device {
            Device::Cpu => {
                let weights = &self.weights();
                let mut seen = if needs.runs_transformer() {
                    kernel::observe(self, weights, batch, needs, progress)?
                } else {
                    Observation::default()
                };
                let network = Network { transformer: self, weights };
                let seed = self.weights.seed().unwrap_or_default() as u32;
                language::observe(&network, (batch, seed), needs, &mut seen, progress).await?;
                Ok(seen)
            }
            #[cfg(feature = "burn")]
            Device::Burn { name, .. } => Err(super::model::on_the_cpu(name)),
        }
    }

    fn weights(&self) -> Cow<'_, Weights> {
        self.weights.weights(|seed| from_seed(&self.decoder, seed))
    }
}
