//! The devices of a worker.

use std::cell::RefCell;
use std::collections::HashMap;

use untrained_core::device::Device;
use untrained_core::job::Job;
use untrained_core::network::Model;
use untrained_core::network::recurrent::{self, Sizes};
use untrained_core::progress::Progress;
use untrained_core::score::observe;

use crate::message::DevicePreference;

/// Steps of the trial that shows which device is faster.
const TRIAL: usize = 2;

/// The CPU, and the GPU if one is open.
pub struct Devices {
    gpu: Option<Device>,
    /// Whether the GPU won the trial, by sizes, and by whether there is a backward pass.
    gpu_wins: RefCell<HashMap<(Sizes, bool), bool>>,
}

impl Devices {
    /// The CPU alone.
    pub fn cpu() -> Self {
        Self { gpu: None, gpu_wins: RefCell::default() }
    }

    /// With a GPU that passed its check.
    pub fn with_gpu(gpu: Device) -> Self {
        Self { gpu: Some(gpu), gpu_wins: RefCell::default() }
    }

    /// The name that a page shows.
    pub fn name(&self) -> String {
        self.gpu.as_ref().unwrap_or(&Device::Cpu).name().to_owned()
    }

    /// The device for a job: the preferred one, else the faster one.
    ///
    /// # Errors
    /// That the GPU failed.
    pub async fn choose(
        &self,
        job: &Job,
        preference: DevicePreference,
        clock: impl Fn() -> f64,
    ) -> untrained_core::Result<&Device> {
        match (&self.gpu, preference) {
            (None, _) | (_, DevicePreference::Cpu) => Ok(&Device::Cpu),
            (Some(gpu), DevicePreference::Webgpu) => Ok(gpu),
            (Some(gpu), DevicePreference::Auto) if gpu.is_software() => Ok(&Device::Cpu),
            (Some(gpu), DevicePreference::Auto) => {
                // Two steps of a cell show it; encoders and decoders have no steps, and the large products that GPUs
                // are built for.
                let Model::Recurrent(model) = &job.model else { return Ok(gpu) };
                let needs = job.needs();
                if needs.is_empty() {
                    return Ok(&Device::Cpu);
                }
                let kind = (model.sizes, needs.gradient());
                let known = self.gpu_wins.borrow().get(&kind).copied();
                let wins = match known {
                    Some(wins) => wins,
                    None => wins(gpu, job, model, clock).await?,
                };
                self.gpu_wins.borrow_mut().insert(kind, wins);
                Ok(if wins { gpu } else { &Device::Cpu })
            }
        }
    }
}

/// Whether the GPU runs the first steps of a job faster than the CPU. Its first run is not counted: it compiles.
async fn wins(
    gpu: &Device,
    job: &Job,
    model: &recurrent::Model,
    clock: impl Fn() -> f64,
) -> untrained_core::Result<bool> {
    let (model, batch) = model.first_steps(&job.batch, TRIAL);
    let job = Job { model: Model::Recurrent(model), batch: batch.into(), ..job.clone() };
    observe(&job, gpu, &Progress::default()).await?;
    let start = clock();
    observe(&job, gpu, &Progress::default()).await?;
    let middle = clock();
    observe(&job, &Device::Cpu, &Progress::default()).await?;
    Ok(middle - start < clock() - middle)
}
