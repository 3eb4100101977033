//! The Gaussian error linear unit, x · Φ(x). That of Burn has on GPUs the slope of its approximation by the hyperbolic
//! tangent, which is off by up to 9e-4.

use std::f64::consts::SQRT_2;

use burn::tensor::Tensor;

/// x · Φ(x), entry by entry.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let below = (x.clone() / SQRT_2).erf() + 1.0;
    x * below / 2.0
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::gelu;
    use crate::network::tensor::tensor;
    use crate::network::transformer::kernel;

    #[test]
    fn values_and_slopes_are_those_of_the_kernel() {
        let points: Vec<f32> = (-450..=450).map(|step| step as f32 * 1e-2).collect();
        let mut slopes = points.clone();
        let values = kernel::gelu::gelu(&mut slopes);
        let x = tensor::<1>(points, [901], &Device::flex().autodiff()).require_grad();
        let y = gelu(x.clone());
        let gradient = x.grad(&y.clone().sum().backward()).unwrap();
        for (found, expected) in [(y.without_autodiff(), values), (gradient, slopes)] {
            let found: Vec<f32> = found.into_data().try_to_vec().unwrap();
            assert!(found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-6));
        }
    }
}
