//! One run of a recurrent network.

use super::language::Language;
#[cfg(feature = "burn")]
use super::module;
use super::{Model, Weights, kernel};
use crate::Result;
use crate::device::Device;
#[cfg(feature = "burn")]
use crate::device::broken;
use crate::network::{Batch, language};
#[cfg(feature = "burn")]
use crate::observation::Way;
use crate::observation::{Needs, Observation};
use crate::progress::Progress;

impl Model {
    /// One run for everything that is needed.
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
    pub async fn observe(
        &self,
        batch: &Batch,
        needs: &Needs,
        device: &Device,
        progress: &Progress<'_>,
    ) -> Result<Observation> {
        // Only of the layers that are run.
        let layers = needs.layers(self.sizes.layers);
        let draw = |seed: u32| Weights::from_seed(&self.recipe, &self.sizes, layers, seed.into());
        let weights = &self.weights.weights(draw);
        let mut seen = match device {
            _ if needs.passes().is_empty() => Observation::default(),
            Device::Cpu => kernel::observe(self, weights, batch, needs, progress),
            #[cfg(feature = "burn")]
            Device::Burn { device, name, .. } => {
                let network = module::Network::new(&self.recipe, weights, device);
                let observed = network.observe(batch, &self.sizes, needs);
                observed.read().await.map_err(|error| broken(name, &error))?
            }
        };
        if needs.reads_language_model() {
            let language = Language { model: self, weights };
            match device {
                Device::Cpu => seen.merge(language.observe(batch, needs)),
                #[cfg(feature = "burn")]
                Device::Burn { device, name, .. } => {
                    let (loss, further) = (needs.of(&[Way::Loss]), needs.of(&[Way::Further]));
                    if loss.loss() {
                        let found = language.observe_on_device(batch, &loss, device).await;
                        seen.merge(found.map_err(|error| broken(name, &error))?);
                    }
                    seen.merge(language.observe(batch, &further));
                }
            }
            let seed = self.weights.seed().unwrap_or_default() as u32;
            language::observe(&language, (batch, seed), needs, &mut seen, progress).await?;
        }
        Ok(seen)
    }
}
