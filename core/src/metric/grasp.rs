//! GraSP: Σ over the matrices of −W · (H g), with g the gradient of the loss and H its Hessian: how much smaller the
//! gradient becomes where weights are removed. Wang, Zhang and Grosse, *GraSP* (ICLR 2020).
//!
//! H g is taken as a difference of gradients ([`crate::network`]'s further passes), which needs no second derivative and
//! agrees with the exact product to 1e-3 in f32 where the activations are smooth. **With ReLU it does not**: a step across
//! a kink is a difference that the derivative does not see; such networks have no value here. The direction is open: the
//! paper removes what has the highest score, and the published sign differs between images and GPT-2.

use super::about::{About, LANGUAGE_MODELS};
use super::term_sum::{TermSum, Total};
use crate::observation::{GradientOf, Need, Parameter, Reduction};

const PRODUCTS: Reduction =
    Reduction { id: "grasp_difference", selects: |spec| spec.role.is_inner(), term: negative_products };

/// The sum.
pub const GRASP_DIFFERENCE: TermSum = TermSum {
    about: About {
        id: "grasp_difference",
        title: "GraSP, by differences",
        summary: "How the gradient changes where weights are removed.",
        formula: "sum -W * (H g) over the matrices, H g = (g(W + r g) - g(W - r g)) / 2r, r = 5e-5 ||W|| / ||g||",
        unit: "score",
        source: "Wang et al., ICLR 2020",
    },
    families: LANGUAGE_MODELS,
    need: Need::Parameters(GradientOf::Hessian, &PRODUCTS),
    total: Total::Sum,
};

fn negative_products(parameter: &Parameter) -> f64 {
    parameter.weight.iter().zip(parameter.gradient).map(|(&w, &h)| -f64::from(w) * f64::from(h)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{ParameterSpec, Role, Site};

    /// W = (1, −2), H g = (3, 4): −3 + 8.
    #[test]
    fn score_of_two_weights() {
        let spec = ParameterSpec { site: Site::in_layer(0, "a"), role: Role::Operation, shape: [1, 2] };
        let parameter = Parameter { spec: &spec, weight: &[1.0, -2.0], gradient: &[3.0, 4.0], second: &[] };
        assert_eq!(negative_products(&parameter), 5.0);
    }
}
