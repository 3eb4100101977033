//! One run of a recurrent network.

use std::borrow::Cow;

#[cfg(feature = "burn")]
use super::module;
use super::{Model, Weights, kernel};
use crate::Result;
use crate::device::Device;
#[cfg(feature = "burn")]
use crate::device::broken;
use crate::network::{Batch, WeightSource};
use crate::observation::{Needs, Observation};
use crate::progress::Progress;

impl Model {
    /// One run for everything that is needed.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
    #[cfg_attr(not(feature = "burn"), expect(clippy::unused_async, reason = "only a device is awaited"))]
    pub async fn observe(
        &self,
        batch: &Batch,
        needs: &Needs,
        device: &Device,
        progress: &Progress<'_>,
    ) -> Result<Observation> {
        let weights = &self.weights(needs);
        match device {
            Device::Cpu => Ok(kernel::observe(self, weights, batch, needs, progress)),
            #[cfg(feature = "burn")]
            Device::Burn { device, name, .. } => {
                let network = module::Network::new(&self.recipe, weights, device);
                let observed = network.observe(batch, &self.sizes, needs);
                observed.read().await.map_err(|error| broken(name, &error))
            }
        }
    }

    /// The weights of the layers that are run.
    fn weights(&self, needs: &Needs) -> Cow<'_, Weights> {
        match &self.weights {
            WeightSource::Seed(seed) => {
                let layers = needs.layers(self.sizes.layers);
                Cow::Owned(Weights::from_seed(&self.recipe, &self.sizes, layers, (*seed).into()))
            }
            WeightSource::Given(weights) => Cow::Borrowed(weights.as_ref()),
        }
    }
}
