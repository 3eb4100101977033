//! SynFlow: every weight is replaced by its absolute value and every entry of the embedded input by 1; with R the sum of
//! all logits of one sequence
//!
//! ```text
//! synflow = Σ_W Σ |W · ∂R/∂W|        logsynflow = Σ_W Σ |W| |ln |∂R/∂W||        plus one: Σ_W Σ |W| ln(|∂R/∂W| + 1)
//! ```
//!
//! No data enter. Without norms the value grows with a power of the depth, so its logarithm is listed, too.
//!
//! logsynflow is badly conditioned: a gradient that is 0 in exact arithmetic is rounded to 1e-17 or so, and its logarithm
//! counts. A gradient that is exactly 0 counts 0 here. Recurrent networks have no value of it: most of their gradients are
//! too small for f32. Published scores of GPT-2 were computed with tokens that attend to those after them, since the mask
//! became positive with the weights; they have names of their own. Tanaka et al. (NeurIPS 2020); Cavagnero et al.,
//! *FreeREA* (WACV 2023).

use super::about::{About, LANGUAGE_MODELS, Metric};
use super::saliency::absolute_products;
use super::term_sum::{TermSum, Total, total};
use crate::family::Family;
use crate::observation::{GradientOf, Need, Observation, Parameter, Reduction};
use crate::undefined::Undefined;

const PRODUCTS: Reduction = Reduction { id: "synflow", selects: |spec| spec.role.is_inner(), term: absolute_products };
const LOGARITHMS: Reduction = Reduction { id: "logsynflow", term: |p| weighted(p, log), ..PRODUCTS };
const LOGARITHMS_PLUS_ONE: Reduction =
    Reduction { id: "logsynflow_plus_one", term: |p| weighted(p, f64::ln_1p), ..PRODUCTS };

/// Σ |W · ∂R/∂W|.
pub const SYNFLOW: TermSum = TermSum {
    about: About {
        id: "synflow",
        title: "SynFlow",
        summary: "How much flows through all weights together, without data.",
        formula: "sum |W * dR/dW| over the matrices, with absolute weights, ones as input, R the sum of all logits",
        unit: "score",
        source: "Tanaka et al., NeurIPS 2020",
    },
    families: LANGUAGE_MODELS,
    need: Need::Parameters(GradientOf::Absolute, &PRODUCTS),
    total: Total::Sum,
};

/// Σ |W| |ln |∂R/∂W||.
pub const LOGSYNFLOW: TermSum = TermSum {
    about: About {
        id: "logsynflow",
        title: "LogSynFlow",
        summary: "SynFlow with the logarithm of the gradient.",
        formula: "sum |W| * |ln |dR/dW|| over the matrices, R as in synflow",
        source: "Cavagnero et al., WACV 2023, as LPZero has it",
        ..SYNFLOW.about
    },
    families: &[Family::Encoder, Family::Decoder],
    need: Need::Parameters(GradientOf::Absolute, &LOGARITHMS),
    total: Total::Sum,
};

/// Σ |W| ln(|∂R/∂W| + 1).
pub const LOGSYNFLOW_PLUS_ONE: TermSum = TermSum {
    about: About {
        id: "logsynflow_plus_one",
        title: "LogSynFlow, plus one",
        summary: "SynFlow with the logarithm of the gradient and one, which rounding does not reach.",
        formula: "sum |W| * ln(|dR/dW| + 1) over the matrices, R as in synflow",
        source: "Cavagnero et al., WACV 2023",
        ..SYNFLOW.about
    },
    need: Need::Parameters(GradientOf::Absolute, &LOGARITHMS_PLUS_ONE),
    ..SYNFLOW
};

/// SynFlow as it was published of decoders.
pub const SYNFLOW_PUBLISHED: TermSum = TermSum {
    about: About {
        id: "synflow_published",
        title: "SynFlow, as published",
        summary: "SynFlow of a decoder whose tokens attend to those after them, as published scores have it.",
        formula: "as synflow, with a mask of all tokens but the later ones",
        source: "Dong et al., EMNLP 2024 Findings",
        ..SYNFLOW.about
    },
    families: &[Family::Decoder],
    need: Need::Parameters(GradientOf::AbsoluteOfFuture, &PRODUCTS),
    total: Total::Sum,
};

/// LogSynFlow as it was published of decoders.
pub const LOGSYNFLOW_PUBLISHED: TermSum = TermSum {
    about: About {
        id: "logsynflow_published",
        title: "LogSynFlow, as published",
        summary: "LogSynFlow of a decoder whose tokens attend to those after them, as published scores have it.",
        formula: "as logsynflow, with a mask of all tokens but the later ones",
        ..SYNFLOW_PUBLISHED.about
    },
    need: Need::Parameters(GradientOf::AbsoluteOfFuture, &LOGARITHMS),
    ..SYNFLOW_PUBLISHED
};

/// ln synflow.
pub struct SynflowLn;

impl Metric for SynflowLn {
    fn about(&self) -> &About {
        &About {
            id: "synflow_ln",
            title: "SynFlow, logarithm",
            summary: "The order of magnitude of what flows through all weights together, without data.",
            formula: "ln synflow",
            ..SYNFLOW.about
        }
    }

    fn families(&self) -> &'static [Family] {
        SYNFLOW.families
    }

    fn needs(&self) -> Vec<Need> {
        SYNFLOW.needs()
    }

    fn score(&self, seen: &Observation) -> Result<f64, Undefined> {
        match total(&SYNFLOW.terms(seen), Total::Sum)?.ln() {
            value if value.is_finite() => Ok(value),
            value => Err(Undefined { value, why: "nothing flows through any weight".to_owned() }),
        }
    }
}

/// |ln |g||, 0 where g is.
fn log(gradient: f64) -> f64 {
    if gradient == 0.0 { 0.0 } else { gradient.ln().abs() }
}

/// Σ |W| f(|∂R/∂W|).
fn weighted(parameter: &Parameter, of: impl Fn(f64) -> f64) -> f64 {
    let entries = parameter.weight.iter().zip(parameter.gradient);
    entries.map(|(&weight, &gradient)| f64::from(weight).abs() * of(f64::from(gradient).abs())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Kind, ParameterSpec, Role, Site, Term};

    /// |W| = (2, 3, 1), ∂R/∂W = (1/e, e, 0): 2/e + 3 e; 2 + 3; 2 ln(1/e + 1) + 3 ln(e + 1).
    #[test]
    fn scores_of_three_weights() {
        let e = std::f32::consts::E;
        let spec = ParameterSpec { site: Site::in_layer(0, "a"), role: Role::Operation, shape: [1, 3] };
        let parameter = Parameter { spec: &spec, weight: &[2.0, 3.0, 1.0], gradient: &[1.0 / e, e, 0.0], second: &[] };
        let of = |reduction: Reduction| (reduction.term)(&parameter);
        let e = f64::from(e);
        assert!((of(PRODUCTS) - (2.0 / e + 3.0 * e)).abs() < 1e-6);
        assert!((of(LOGARITHMS) - 5.0).abs() < 1e-6);
        assert!((of(LOGARITHMS_PLUS_ONE) - (2.0 * (1.0 / e).ln_1p() + 3.0 * e.ln_1p())).abs() < 1e-6);
    }

    #[test]
    fn a_sum_of_zero_has_no_logarithm() {
        let mut seen = Observation::default();
        let kind = Kind::Parameters(GradientOf::Absolute, "synflow");
        seen.add(kind, [Term { site: Site::in_layer(0, "a"), value: 0.0 }]);
        assert_eq!(SynflowLn.score(&seen).unwrap_err().value, f64::NEG_INFINITY);
    }
}
