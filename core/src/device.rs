//! Where a network is run, and the check that a device computes what the processor does.

use crate::memory::Engine;

/// A device, open and ready.
#[derive(Debug, Clone)]
pub enum Device {
    /// The processor, through the kernel of [`crate::network::recurrent::kernel`].
    Processor,
    /// Anything Burn runs on.
    #[cfg(feature = "compute")]
    Burn {
        /// Burn's handle, without automatic differentiation.
        device: burn::tensor::Device,
        /// Its name in records.
        name: String,
        /// Whether it is the processor after all, in the guise of a graphics card.
        software: bool,
    },
}

impl Device {
    /// Its name in records.
    pub fn name(&self) -> &str {
        match self {
            Self::Processor => "cpu",
            #[cfg(feature = "compute")]
            Self::Burn { name, .. } => name,
        }
    }

    /// What runs networks on it.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Processor => Engine::Kernel,
            #[cfg(feature = "compute")]
            Self::Burn { software, .. } => Engine::Burn { shared: *software },
        }
    }

    /// Burn's handle to it.
    #[cfg(feature = "compute")]
    pub fn burn(&self) -> burn::tensor::Device {
        match self {
            Self::Processor => burn::tensor::Device::flex(),
            Self::Burn { device, .. } => device.clone(),
        }
    }

    /// Whether it is the processor in the guise of a graphics card, and so slower than the processor itself.
    pub fn is_software(&self) -> bool {
        match self {
            Self::Processor => false,
            #[cfg(feature = "compute")]
            Self::Burn { software, .. } => *software,
        }
    }
}

/// Floating-point operations, as [`crate::job::Job::operations`] counts them, below which a job runs on the CPU without a look
/// for a GPU. An estimate: opening and checking a GPU was seen to take 1 to 2 s, in which two cores do about as many.
pub const OPERATIONS_TO_OPEN: f64 = 4e10;

#[cfg(feature = "compute")]
pub use burns::*;

#[cfg(feature = "compute")]
mod burns {
    use std::sync::Arc;

    use super::Device;
    use crate::corpus;
    use crate::job::{Initial, Job};
    use crate::metric::by_id;
    use crate::network::recurrent::{Batch, Sizes};
    use crate::space::recurrent::Recipe;
    use crate::{Error, Result, run};

    /// Burn's backend on the processor: slower than the kernel, and what other devices can be compared with.
    pub fn flex() -> Device {
        Device::Burn { device: burn::tensor::Device::flex(), name: "flex".to_owned(), software: true }
    }

    /// Whether wgpu finds a graphics card that is not software through Vulkan, Metal or DirectX 12. Much quicker than
    /// opening it. OpenGL is left out: where nothing else finds a card it takes long to tell so.
    #[cfg(feature = "wgpu")]
    pub async fn has_card() -> bool {
        use burn::tensor::wgpu::wgpu::{Adapter, Backends, DeviceType, Instance, InstanceDescriptor};

        let backends = Backends::VULKAN | Backends::METAL | Backends::DX12;
        let instance =
            Instance::new(InstanceDescriptor { backends, ..InstanceDescriptor::new_without_display_handle() });
        let is_card = |adapter: &Adapter| adapter.get_info().device_type != DeviceType::Cpu;
        instance.enumerate_adapters(backends).await.iter().any(is_card)
    }

    /// Opens the graphics card that wgpu prefers and checks it. To be called once: a second opening is an error.
    ///
    /// # Errors
    /// [`Error::Device`] when there is none, or it computes wrongly.
    #[cfg(feature = "wgpu")]
    pub async fn wgpu() -> Result<Device> {
        use burn::tensor::wgpu::wgpu::DeviceType;

        let opened = burn::tensor::Device::wgpu_options().init_with_setup_async().await;
        let (device, setup) = opened.map_err(|error| failed("wgpu", error.to_string()))?;
        let info = setup.adapter.get_info();
        let name = format!("wgpu: {} ({})", info.name, info.backend);
        let device = Device::Burn { device, name, software: info.device_type == DeviceType::Cpu };
        check(&device).await?;
        Ok(device)
    }

    /// Opens the first NVIDIA card through CUDA, whose libraries are looked for now, and checks it.
    ///
    /// # Errors
    /// [`Error::Device`] when there is none, or it computes wrongly.
    #[cfg(feature = "cuda")]
    pub async fn cuda() -> Result<Device> {
        use burn::tensor::{Device as Handle, DeviceType};

        let found = Handle::enumerate(DeviceType::Cuda).into_vec().into_iter().next();
        let device = found.ok_or_else(|| failed("cuda", "there is no NVIDIA card, or no driver for it".to_owned()))?;
        let card = device.identity().map(|identity| identity.name).unwrap_or_default();
        let device = Device::Burn { device, name: format!("cuda: {card}"), software: false };
        check(&device).await?;
        Ok(device)
    }

    /// Every operation of the space, forward and backward.
    const CHECKED: &str = r#"{
        "a": {"op": "linear", "input": ["x", "h_prev_0"]},
        "b": {"op": "activation_sigm", "input": ["a"]},
        "c": {"op": "linear", "input": ["h_prev_1", "x", "b"]},
        "d": {"op": "activation_leaky_relu", "input": ["c"]},
        "e": {"op": "elementwise_prod", "input": ["d", "d"]},
        "f": {"op": "blend", "input": ["b", "h_prev_0", "e"]},
        "h_new_0": {"op": "activation_tanh", "input": ["f"]},
        "h_new_1": {"op": "elementwise_sum", "input": ["h_new_0", "d"]}
    }"#;

    /// What is compared: together they read every state, gradient and sign. The scores made of eigenvalues are not among
    /// them: at sizes as small as these they hang on the last digits.
    const COMPARED: [&str; 3] = ["synaptic_saliency", "hidden_synaptic_saliency", "activation_distance"];

    const SIZES: Sizes = Sizes { vocabulary: 20, embedding: 12, hidden: 16, layers: 3, batch: 8, steps: 8 };

    /// Furthest that a score may lie from the processor's, relatively.
    const TOLERANCE: f64 = 1e-2;

    /// Scores a tiny network on the device and on the processor: a graphics card whose driver fails gives garbage
    /// without a word.
    ///
    /// # Errors
    /// [`Error::Device`] naming the metric that differs.
    pub async fn check(device: &Device) -> Result<()> {
        let job = Job {
            architecture: "check".to_owned(),
            recipe: Arc::new(Recipe::from_json(CHECKED)?),
            sizes: SIZES,
            initial: Initial::Seed(0),
            batch: Arc::new(Batch::from_tokens(corpus::synthetic(&SIZES, 0), &SIZES, 0)?),
            metrics: COMPARED.into_iter().map(by_id).collect::<Result<_>>()?,
            origin: Default::default(),
        };
        let (expected, found) = (run::run(&job, &Device::Processor).await?, run::run(&job, device).await?);
        for ((metric, expected), found) in job.metrics.iter().zip(expected).zip(found) {
            let value = |score: std::result::Result<f64, crate::metric::Undefined>| {
                score.unwrap_or_else(|undefined| undefined.value)
            };
            let (expected, found) = (value(expected), value(found));
            let near = (expected - found).abs() <= TOLERANCE * expected.abs();
            let differs = !near && expected.to_bits() != found.to_bits();
            if differs {
                let problem = format!("computes wrongly: {} is {found}, not {expected}", metric.about().id);
                return Err(failed(device.name(), problem));
            }
        }
        Ok(())
    }

    /// Phrases in which drivers say that they have no memory left.
    const MEMORY: [&str; 3] = ["allocate buffer", "out of memory", "outofmemory"];

    /// A failure in the middle of a run, from everything the device said of it: causes, the innermost last.
    pub(crate) fn broken(name: &str, said: &str) -> Error {
        let lower = said.to_lowercase();
        if MEMORY.iter().any(|phrase| lower.contains(phrase)) {
            return Error::Memory { name: name.to_owned() };
        }
        let innermost = said.rsplit("Caused by:").next().unwrap_or(said).trim();
        let problem = innermost.lines().next().unwrap_or_default().to_owned();
        Error::Broken { name: name.to_owned(), problem }
    }

    fn failed(name: &str, problem: String) -> Error {
        Error::Device { name: name.to_owned(), problem }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn of_a_long_story_the_cause_is_told() {
            let story =
                "An error happened\nCaused by:\n  Several failures\nCaused by:\n  the device is lost\nAsked at:";
            let lost = Error::Broken { name: "wgpu".to_owned(), problem: "the device is lost".to_owned() };
            assert_eq!(broken("wgpu", story), lost);
            let story = "An error happened\nCaused by:\n  can't allocate buffer of size: 268435456\nNo backtrace";
            assert_eq!(broken("wgpu", story), Error::Memory { name: "wgpu".to_owned() });
        }
    }
}
