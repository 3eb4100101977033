//! Rank statistics: how well one list of numbers predicts the order of another, with confidence intervals.
//!
//! A list is a slice of `f64` without NaN, one entry per row; infinite values rank first or last. Of two lists, the
//! longer one is truncated. A measure that is not defined (fewer than two rows, or a list whose values are all equal)
//! is `None`, never a number. The order of rows changes no measure, not even in its last bit.

mod bootstrap;
mod kendall;
mod mean;
mod measure;
mod order;
mod partial;
mod pearson;
mod quantile;
mod spearman;
mod standing;
mod top;

pub use bootstrap::{Interval, Resampling, interval, paired, resample};
pub use kendall::{Pairs, tau_b};
pub use mean::mean;
pub use measure::{Measures, measure};
pub use order::average as average_ranks;
pub use partial::{partial, within_tenths};
pub use pearson::pearson;
pub use quantile::quantile;
pub use spearman::spearman;
pub use standing::better_than;
pub use top::{Direction, Top, tenth};
