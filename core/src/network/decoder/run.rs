//! One run of a decoder.

use std::borrow::Cow;

#[cfg(feature = "burn")]
use super::module;
use super::{Model, from_seed, kernel};
use crate::Result;
use crate::device::Device;
use crate::network::Batch;
use crate::network::transformer::Weights;
use crate::observation::{Needs, Observation};
use crate::progress::Progress;

impl Model {
    /// One run for everything that is needed.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails, [`crate::Error::Weights`] where a
    /// weight is missing.
    #[cfg_attr(not(feature = "burn"), expect(clippy::unused_async, reason = "only a device is awaited"))]
    pub async fn observe(
        &self,
        batch: &Batch,
        needs: &Needs,
        device: &Device,
        progress: &Progress<'_>,
    ) -> Result<Observation> {
        let weights = &self.weights();
        match device {
            Device::Cpu => kernel::observe(self, weights, batch, needs, progress),
            #[cfg(feature = "burn")]
            Device::Burn { device, name, .. } => {
                module::Network::new(self, weights, needs, device)?.observe(batch, name).await
            }
        }
    }

    fn weights(&self) -> Cow<'_, Weights> {
        self.weights.weights(|seed| from_seed(&self.decoder, seed))
    }
}
