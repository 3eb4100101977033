//! The devices of this machine.

use std::cell::OnceCell;

use clap::ValueEnum;
use serde::Serialize;
use untrained_core::device::{Device, OPERATIONS_TO_OPEN};
use untrained_core::memory::Engine;

use crate::caught::caught;
use crate::outcome::Outcome;
use crate::quiet;
use crate::report::{self, Format};

/// Where networks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// The fastest one here: a GPU that passes its check, else the CPU, which also takes small jobs
    Auto,
    /// The CPU
    Cpu,
    /// A GPU, through Vulkan, Metal or DirectX 12
    Wgpu,
    /// An NVIDIA GPU, through CUDA
    Cuda,
}

/// The choices that are GPUs, the fastest first.
const GPUS: [Choice; 2] = [Choice::Cuda, Choice::Wgpu];

impl Choice {
    /// Opens the device. Must be called at most once in a process.
    ///
    /// # Errors
    /// Why it cannot be opened, or that it computes wrongly.
    pub fn open(self) -> anyhow::Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Wgpu => quietly(wgpu),
            Self::Cuda => quietly(cuda),
            Self::Auto => Ok(GPUS.into_iter().find_map(Self::working_gpu).unwrap_or(Device::Cpu)),
        }
    }

    /// Whether the program chooses, and the CPU computes so many operations before a GPU is opened.
    pub fn is_small(self, operations: f64) -> bool {
        self == Self::Auto && operations < OPERATIONS_TO_OPEN
    }

    /// The GPU, if there is one and it passes its check.
    fn working_gpu(self) -> Option<Device> {
        if self == Self::Wgpu && !quietly(|| Ok(has_gpu())).unwrap_or(false) {
            return None;
        }
        self.open().ok().filter(|device| !device.is_software())
    }

    /// Its name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Its row in the list of devices.
    fn row(self) -> Row {
        let (name, check) = match self.open() {
            Ok(_) if self == Self::Cpu => {
                let threads = format!("{} threads", rayon::current_num_threads());
                (threads, "what the others are checked against".to_owned())
            }
            Ok(device) if device.is_software() => {
                (device.name().to_owned(), "passed; software, slower than cpu".to_owned())
            }
            Ok(device) => (device.name().to_owned(), "passed".to_owned()),
            Err(error) => (String::new(), error.to_string()),
        };
        Row { device: self.name(), name, check }
    }
}

/// Calls into GPU drivers: their output to standard error is dropped, and a panic of their libraries is an error.
fn quietly<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    quiet::silenced(|| caught(work)).unwrap_or_else(|panic| Err(anyhow::anyhow!("the GPU driver failed: {panic}")))
}

#[cfg(feature = "wgpu")]
fn has_gpu() -> bool {
    pollster::block_on(untrained_core::devices::has_card())
}

#[cfg(not(feature = "wgpu"))]
fn has_gpu() -> bool {
    false
}

#[cfg(feature = "wgpu")]
fn wgpu() -> anyhow::Result<Device> {
    Ok(pollster::block_on(untrained_core::devices::wgpu())?)
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> anyhow::Result<Device> {
    Err(without("wgpu"))
}

#[cfg(feature = "cuda")]
fn cuda() -> anyhow::Result<Device> {
    Ok(pollster::block_on(untrained_core::devices::cuda())?)
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> anyhow::Result<Device> {
    Err(without("cuda"))
}

#[cfg(not(all(feature = "wgpu", feature = "cuda")))]
fn without(device: &str) -> anyhow::Error {
    let why = format!("device {device}: this program was built without it (cargo build --features {device})");
    crate::outcome::Usage(why).into()
}

/// A device that is opened when it is first needed.
pub struct Lazy {
    choice: Choice,
    opened: OnceCell<Device>,
}

impl Lazy {
    /// Not opened yet.
    pub fn new(choice: Choice) -> Self {
        Self { choice, opened: OnceCell::new() }
    }

    /// The device.
    ///
    /// # Errors
    /// Why it cannot be opened, or that it computes wrongly.
    pub fn get(&self) -> anyhow::Result<&Device> {
        if let Some(device) = self.opened.get() {
            return Ok(device);
        }
        let device = self.choice.open()?;
        Ok(self.opened.get_or_init(|| device))
    }

    /// The device for so many floating-point operations: the CPU where it computes them before a GPU is opened.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn get_for(&self, operations: f64) -> anyhow::Result<&Device> {
        if self.choice.is_small(operations) { Ok(&Device::Cpu) } else { self.get() }
    }

    /// Checks with `fits` that a job fits: on the CPU, or else on the device, which is opened only then.
    ///
    /// # Errors
    /// What does not fit, or why the device cannot be opened.
    pub fn check(&self, fits: impl Fn(Engine) -> untrained_core::Result<()>) -> anyhow::Result<()> {
        match fits(Engine::Kernel) {
            Err(_) if self.choice != Choice::Cpu => Ok(fits(self.get()?.engine())?),
            checked => Ok(checked?),
        }
    }
}

/// List the devices of this machine, each with the result of its check
#[derive(Debug, clap::Args)]
pub struct Devices {
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Serialize)]
struct Row {
    device: String,
    name: String,
    check: String,
}

impl Devices {
    /// Prints the list.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        let rows: Vec<Row> = std::iter::once(Choice::Cpu).chain(GPUS).map(Choice::row).collect();
        report::print(self.format, &rows)?;
        Ok(Outcome::Done)
    }
}
