//! Metrics that add up terms, each of which has its site in the network, or take their mean: one number a parameter, a
//! projection, a softmax or a head.

use super::about::{About, Metric};
use crate::family::Family;
use crate::observation::{Need, Observation, Term};
use crate::undefined::Undefined;

/// What becomes of the terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// Their sum.
    Sum,
    /// Their mean: a "normalised" sum.
    Mean,
}

/// A sum or a mean of terms.
pub struct TermSum {
    /// What it is.
    pub about: About,
    /// Families it is defined for.
    pub families: &'static [Family],
    /// What gives the terms.
    pub need: Need,
    /// What becomes of them.
    pub total: Total,
}

impl Metric for TermSum {
    fn about(&self) -> &About {
        &self.about
    }

    fn families(&self) -> &'static [Family] {
        self.families
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.need]
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        total(&seen.terms(self.need)?, self.total)
    }

    fn terms(&self, seen: &Observation) -> Vec<Term> {
        seen.terms(self.need).unwrap_or_default()
    }
}

/// The sum or the mean of some terms.
///
/// # Errors
/// [`Undefined`] naming the term that is not finite; or that there is none to take a mean of.
pub fn total(terms: &[Term], total: Total) -> Result<f64, Undefined> {
    // An empty sum is -0 in Rust.
    let sum = terms.iter().map(|term| term.value).sum::<f64>() + 0.0;
    if total == Total::Mean && terms.is_empty() {
        return Err(Undefined::nan("no layer has what it sums up"));
    }
    if sum.is_finite() {
        return Ok(if total == Total::Mean { sum / terms.len() as f64 } else { sum });
    }
    let site = terms.iter().find(|term| !term.value.is_finite()).map(|term| &term.site);
    let site = site.map_or_else(|| "their sum".to_owned(), |site| format!("the term of {site}"));
    Err(Undefined { value: sum, why: format!("{site}, is not finite") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Site;

    fn terms(values: &[f64]) -> Vec<Term> {
        values.iter().map(|&value| Term { site: Site::in_layer(3, "output.dense"), value }).collect()
    }

    /// Terms 1 and 3: sum 4, mean 2.
    #[test]
    fn a_sum_and_a_mean() {
        assert_eq!(
            (total(&terms(&[1.0, 3.0]), Total::Sum), total(&terms(&[1.0, 3.0]), Total::Mean)),
            (Ok(4.0), Ok(2.0))
        );
        assert_eq!(total(&[], Total::Sum), Ok(0.0));
        assert!(total(&[], Total::Mean).unwrap_err().value.is_nan());
    }

    #[test]
    fn a_term_that_is_not_finite_is_named() {
        let undefined = total(&terms(&[1.0, f64::INFINITY]), Total::Sum).unwrap_err();
        assert_eq!(
            (undefined.value, undefined.why.as_str()),
            (f64::INFINITY, "the term of layer 3, output.dense, is not finite")
        );
    }
}
