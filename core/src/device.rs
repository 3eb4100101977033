//! Where a network is run.

#[cfg(feature = "burn")]
use crate::Error;
use crate::memory::Engine;

/// A device, open and ready.
#[derive(Debug, Clone)]
pub enum Device {
    /// The CPU, through the hand-written kernels of the families.
    Cpu,
    /// Anything Burn runs on.
    #[cfg(feature = "burn")]
    Burn {
        /// Burn's handle, without automatic differentiation.
        device: burn::tensor::Device,
        /// Its name in records.
        name: String,
        /// Whether it is the CPU, which a driver presents as a GPU.
        software: bool,
    },
}

impl Device {
    /// Its name in records.
    pub fn name(&self) -> &str {
        match self {
            Self::Cpu => "cpu",
            #[cfg(feature = "burn")]
            Self::Burn { name, .. } => name,
        }
    }

    /// What runs networks on it.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Cpu => Engine::Kernel,
            #[cfg(feature = "burn")]
            Self::Burn { software, .. } => Engine::Burn { shared: *software },
        }
    }

    /// Burn's handle to it.
    #[cfg(feature = "burn")]
    pub fn burn(&self) -> burn::tensor::Device {
        match self {
            Self::Cpu => burn::tensor::Device::flex(),
            Self::Burn { device, .. } => device.clone(),
        }
    }

    /// Whether it is the CPU presented as a GPU, and so slower than the CPU itself.
    pub fn is_software(&self) -> bool {
        match self {
            Self::Cpu => false,
            #[cfg(feature = "burn")]
            Self::Burn { software, .. } => *software,
        }
    }
}

/// Floating-point operations, as [`crate::job::Job::operations`] counts them, below which a job runs on the CPU without
/// a look for a GPU. An estimate: opening and checking a GPU was seen to take 1 to 2 s, in which two cores do about as
/// many.
pub const OPERATIONS_TO_OPEN: f64 = 4e10;

/// Phrases in which drivers say that they have no memory left.
#[cfg(feature = "burn")]
const MEMORY: [&str; 3] = ["allocate buffer", "out of memory", "outofmemory"];

/// A failure in the middle of a run, from everything the device reported of it: causes, the innermost last.
#[cfg(feature = "burn")]
pub(crate) fn broken(name: &str, report: &str) -> Error {
    let lower = report.to_lowercase();
    if MEMORY.iter().any(|phrase| lower.contains(phrase)) {
        return Error::Memory { name: name.to_owned() };
    }
    let innermost = report.rsplit("Caused by:").next().unwrap_or(report).trim();
    let problem = innermost.lines().next().unwrap_or_default().to_owned();
    Error::Broken { name: name.to_owned(), problem }
}

#[cfg(all(test, feature = "burn"))]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_report_the_innermost_cause_is_kept() {
        let report = "An error happened\nCaused by:\n  Several failures\nCaused by:\n  the device is lost\nAsked at:";
        let lost = Error::Broken { name: "wgpu".to_owned(), problem: "the device is lost".to_owned() };
        assert_eq!(broken("wgpu", report), lost);
        let report = "An error happened\nCaused by:\n  can't allocate buffer of size: 268435456\nNo backtrace";
        assert_eq!(broken("wgpu", report), Error::Memory { name: "wgpu".to_owned() });
    }
}
