//! The devices of this machine.

use clap::ValueEnum;
use serde::Serialize;
use untrained_core::device::Device;

use crate::outcome::Outcome;
use crate::report::{self, Format};

/// Where networks are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// The fastest one here: a graphics card that passes its check, else the processor
    Auto,
    /// The processor
    Cpu,
    /// A graphics card, through Vulkan, Metal or DirectX 12
    Wgpu,
}

impl Choice {
    /// Opens the device.
    ///
    /// # Errors
    /// Why it cannot be opened, or that it computes wrongly.
    pub fn open(self) -> anyhow::Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Processor),
            Self::Wgpu => wgpu(),
            Self::Auto => Ok(wgpu().ok().filter(|device| !device.is_software()).unwrap_or(Device::Processor)),
        }
    }
}

#[cfg(feature = "wgpu")]
fn wgpu() -> anyhow::Result<Device> {
    Ok(pollster::block_on(untrained_core::device::wgpu())?)
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> anyhow::Result<Device> {
    Err(crate::outcome::Usage("device wgpu: this program was built without it".to_owned()).into())
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
    device: &'static str,
    name: String,
    check: String,
}

impl Devices {
    /// Prints the list.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        let (name, check) = match wgpu() {
            Ok(device) if device.is_software() => {
                (device.name().to_owned(), "passed; software, slower than cpu".to_owned())
            }
            Ok(device) => (device.name().to_owned(), "passed".to_owned()),
            Err(error) => (String::new(), error.to_string()),
        };
        let threads = format!("{} threads", rayon::current_num_threads());
        let cpu = Row { device: "cpu", name: threads, check: "what the others are checked against".to_owned() };
        report::print(self.format, &[cpu, Row { device: "wgpu", name, check }])?;
        Ok(Outcome::Done)
    }
}
