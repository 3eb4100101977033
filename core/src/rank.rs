//! How well one list of numbers tells the order of another, how sure that is, and how well it could be told at all.
//!
//! Everywhere here a list is a slice of `f64` without NaN, one entry per row; infinite values rank at the end where
//! they belong. Where two lists are taken, the longer one is cut. A measure that is not defined (fewer than two rows,
//! or a list whose values are all equal) is `None`, never a number. The order of rows changes no measure, not even in its
//! last bit.

mod bootstrap;
mod kendall;
mod mean;
mod measure;
mod order;
mod pearson;
mod quantile;
mod spearman;
mod standing;
mod top;

pub use bootstrap::{Interval, Resampling, interval, paired, resample};
pub use kendall::{Pairs, tau_b};
pub use mean::mean;
pub use measure::{Measures, measure};
pub use pearson::pearson;
pub use quantile::quantile;
pub use spearman::spearman;
pub use standing::better_than;
pub use top::{Direction, Top, tenth};
