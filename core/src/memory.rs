//! How much memory a job takes, and what is said where there is not as much.

use crate::{Error, Result};

/// Bytes of a number.
pub(crate) const F32: f64 = size_of::<f32>() as f64;
/// Bytes of a number of twice the precision.
pub(crate) const F64: f64 = size_of::<f64>() as f64;
/// Bytes of an index.
pub(crate) const WORD: f64 = 8.0;

const MIB: f64 = (1 << 20) as f64;

/// The program itself: code, tables, and what its libraries keep.
const PROGRAM: f64 = 24.0 * MIB;

/// Of every thread: pages that the allocator keeps for it, and buffers of matrix products.
const THREAD: f64 = 4.0 * MIB;

/// What the allocator holds for each byte in use by large blocks: freed ones are not all of use again.
pub(crate) const LARGE_BLOCKS: f64 = 1.03;

/// The same for many blocks of less than a mebibyte, which share pages.
pub(crate) const SMALL_BLOCKS: f64 = 1.07;

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

/// Memory of the whole process at its peak, in bytes, from that of the job and what the allocator holds for each byte.
pub(crate) fn of_process(job: f64, held: f64) -> f64 {
    PROGRAM + THREAD * rayon::current_num_threads() as f64 + held * job
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
