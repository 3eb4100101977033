//! How much memory a job takes, and what is said where there is not as much.

use crate::{Error, Result};

/// Bytes of a number.
pub(crate) const F32: f64 = size_of::<f32>() as f64;
/// Bytes of a number of twice the precision.
pub(crate) const F64: f64 = size_of::<f64>() as f64;
/// Bytes of an index.
pub(crate) const WORD: f64 = 8.0;

/// What the program takes for itself beyond a job: stacks of threads, buffers of matrix products, pages in use by halves.
const PROGRAM: f64 = 16.0 * (1 << 20) as f64;

/// Share that the allocator holds above what is in use: blocks are rounded up, and freed ones are not all of use again.
const ALLOCATOR: f64 = 1.03;

/// What runs a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The kernel on the processor.
    Kernel,
    /// Burn.
    Burn {
        /// Whether the device's memory is the processor's.
        shared: bool,
    },
}

impl Engine {
    /// Burn on a graphics card with memory of its own.
    pub const CARD: Self = Self::Burn { shared: false };
}

/// Memory of the whole process at its peak, in bytes, from that of the job.
pub(crate) fn of_process(job: f64) -> f64 {
    PROGRAM + ALLOCATOR * job
}

/// The largest, and 0 of none.
pub(crate) fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

/// Checks that `needed` bytes are among the `available` ones; `named` are the sizes with their usual values.
///
/// # Errors
/// [`Error::Size`] with need and limit, naming the size that is the most unusual.
pub(crate) fn check(
    what: &str,
    needed: f64,
    available: usize,
    named: impl IntoIterator<Item = (&'static str, usize, usize)>,
) -> Result<()> {
    if needed <= available as f64 {
        return Ok(());
    }
    let unusual = |&(_, value, usual): &(&str, usize, usize)| value / usual.max(1);
    // Of equals the first.
    let first = named.into_iter().reduce(|found, next| if unusual(&next) > unusual(&found) { next } else { found });
    let (name, value, _) = first.unwrap_or(("batch", 0, 1));
    let (needed, available) = (gib(needed), gib(available as f64));
    let problem = format!("the {what} needs about {needed}, more memory than there is ({available})");
    Err(Error::Size { name, value, problem })
}

/// In words.
fn gib(bytes: f64) -> String {
    /// Above it only the order of magnitude is said.
    const MOST: f64 = 1e6;
    let gib = bytes / f64::from(1 << 30);
    if gib > MOST { format!("{gib:.0e} GiB") } else { format!("{gib:.2} GiB") }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn need_and_limit_are_said() {
        let named = [("batch", 16, 16), ("sequence", 900, 128)];
        assert!(check("encoder", 1.0, 1, named).is_ok());
        let said = check("encoder", 3.0 * f64::from(1 << 30), 1 << 30, named).unwrap_err().to_string();
        assert_eq!(said, "size sequence = 900: the encoder needs about 3.00 GiB, more memory than there is (1.00 GiB)");
        assert!(check("encoder", 1e30, usize::MAX, named).unwrap_err().to_string().contains("about 9e20 GiB"));
    }
}
