//! Memory that a job needs, and the error where less is available.

use crate::{Error, Result};

/// Bytes of a 32-bit float.
pub(crate) const F32: f64 = size_of::<f32>() as f64;
/// Bytes of a 64-bit float.
pub(crate) const F64: f64 = size_of::<f64>() as f64;
/// Bytes of an index.
pub(crate) const WORD: f64 = 8.0;

const MIB: f64 = (1 << 20) as f64;

/// The program itself: code, tables, and memory held by its libraries.
const PROGRAM: f64 = 24.0 * MIB;

/// Per thread: pages that the allocator holds for it, and buffers of matrix products.
const THREAD: f64 = 4.0 * MIB;

/// Bytes that the allocator holds for each byte in use by large blocks: not all freed ones can be reused.
pub(crate) const LARGE_BLOCKS: f64 = 1.10;

/// The same for many blocks of less than a mebibyte, which share pages. Freed pages are returned after 10 ms, in which a
/// fast processor takes new ones: encoders were measured to hold 1.10 where pages return after 10 ms on the machine of
/// development, and 1.135 where they do after a second (November 2026).
pub(crate) const SMALL_BLOCKS: f64 = 1.14;

/// What runs a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The kernel on the CPU.
    Kernel,
    /// Burn.
    Burn {
        /// Whether the device shares the CPU's memory.
        shared: bool,
    },
}

impl Engine {
    /// Burn on a GPU with its own memory.
    pub const GPU: Self = Self::Burn { shared: false };
}

/// Peak memory of the process in bytes, from that of the job and the bytes that the allocator holds for each byte.
pub(crate) fn of_process(job: f64, held: f64) -> f64 {
    PROGRAM + THREAD * rayon::current_num_threads() as f64 + held * job
}

/// The largest value; 0 without any.
pub(crate) fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

/// Checks that `needed` bytes are `available`; `named` are the sizes with their default values.
///
/// # Errors
/// [`Error::Size`] with need and limit, naming the size furthest above its default.
pub(crate) fn check(
    what: &str,
    needed: f64,
    available: usize,
    named: impl IntoIterator<Item = (&'static str, usize, usize)>,
) -> Result<()> {
    if needed <= available as f64 {
        return Ok(());
    }
    let ratio = |&(_, value, default): &(&str, usize, usize)| value / default.max(1);
    // The first of equal ones.
    let largest = named.into_iter().reduce(|found, next| if ratio(&next) > ratio(&found) { next } else { found });
    let (name, value, _) = largest.unwrap_or(("batch", 0, 1));
    let (needed, available) = (gib(needed), gib(available as f64));
    let problem = format!("the {what} needs about {needed}, more memory than there is ({available})");
    Err(Error::Size { name, value, problem })
}

/// Bytes in GiB, for a message.
fn gib(bytes: f64) -> String {
    /// Above it only the order of magnitude is written.
    const MOST: f64 = 1e6;
    let gib = bytes / f64::from(1 << 30);
    if gib > MOST { format!("{gib:.0e} GiB") } else { format!("{gib:.2} GiB") }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn the_error_has_need_and_limit() {
        let named = [("batch", 16, 16), ("sequence", 900, 128)];
        assert!(check("encoder", 1.0, 1, named).is_ok());
        let message = check("encoder", 3.0 * f64::from(1 << 30), 1 << 30, named).unwrap_err().to_string();
        let expected = "size sequence = 900: the encoder needs about 3.00 GiB, more memory than there is (1.00 GiB)";
        assert_eq!(message, expected);
        assert!(check("encoder", 1e30, usize::MAX, named).unwrap_err().to_string().contains("about 9e20 GiB"));
    }
}
