//! Words drawn from predictions on a device, as quantiles: the host finds the block of words that a uniform number falls
//! in by the sums of all blocks, and then the word by the probabilities of that block. So little is read, and summed in
//! f64 as on the CPU.

use burn::tensor::Tensor;

use crate::Result;
use crate::network::tensor::indices;
use crate::network::transformer::module::parameters::Leaves;

/// Words of a block: about √V, so that sums and probabilities that are read are about as many.
const BLOCK: usize = 192;

/// Predictions that words are drawn from.
pub struct Sampler {
    /// [M · blocks, words of a block]: probabilities, zeros after the last word.
    probabilities: Tensor<2>,
    vocabulary: usize,
}

impl Sampler {
    /// Of the logarithms of probabilities, [M, V], without automatic differentiation.
    pub fn new(log_probabilities: Tensor<2>) -> Self {
        let [rows, vocabulary] = log_probabilities.dims();
        let mut probabilities = log_probabilities.exp();
        let missing = vocabulary.next_multiple_of(BLOCK) - vocabulary;
        if missing > 0 {
            let zeros = Tensor::zeros([rows, missing], &probabilities.device());
            probabilities = Tensor::cat(vec![probabilities, zeros], 1);
        }
        let blocks = rows * vocabulary.div_ceil(BLOCK);
        Self { probabilities: probabilities.reshape([blocks, BLOCK]), vocabulary }
    }

    /// The sum of every block, [M · blocks].
    pub fn sums(&self) -> Tensor<1> {
        self.probabilities.clone().sum_dim(1).flatten(0, 1)
    }

    /// The word of every row: the first whose cumulative probability exceeds its uniform number in [0, 1).
    ///
    /// # Errors
    /// [`crate::Error::Broken`] or [`crate::Error::Memory`] when the device fails.
    pub async fn draw(self, leaves: &Leaves, sums: &[f32], uniforms: &[f64]) -> Result<Vec<u32>> {
        let blocks = self.vocabulary.div_ceil(BLOCK);
        // The sum of all is 1 only up to rounding.
        let total = |sums: &[f32]| sums.iter().copied().map(f64::from).sum::<f64>();
        let found: Vec<(usize, f64)> =
            sums.chunks(blocks).zip(uniforms).map(|(sums, uniform)| quantile(sums, uniform * total(sums))).collect();
        let rows = found.iter().enumerate().map(|(row, (block, _))| row * blocks + block);
        let rows = indices(rows, &self.probabilities.device());
        let read = leaves.read(vec![self.probabilities.select(0, rows).flatten(0, 1)]).await?;
        let probabilities = read.iter().flat_map(|values| values.chunks(BLOCK));
        let words = found.iter().zip(probabilities).map(|(&(block, left), probabilities)| {
            (block * BLOCK + quantile(probabilities, left).0).min(self.vocabulary - 1) as u32
        });
        Ok(words.collect())
    }
}

/// The first index at which the cumulative sum of values exceeds `target`, and what of the target is left before it.
/// Rounding may leave a remainder after the last one.
fn quantile(values: &[f32], target: f64) -> (usize, f64) {
    let mut left = target;
    for (index, &value) in values.iter().enumerate() {
        if left < f64::from(value) {
            return (index, left);
        }
        left -= f64::from(value);
    }
    (values.len() - 1, left)
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;
    use crate::network::tensor::{read, tensor};
    use crate::network::transformer::Weights;
    use crate::network::vocabulary::Words;

    /// V = 2 · 192 + 16, M = 40: the words that the CPU draws.
    #[test]
    fn words_are_the_quantiles_of_the_cpu() {
        const V: usize = 2 * BLOCK + 16;
        let device = burn::tensor::Device::flex();
        let leaves = Leaves::new(&Weights::from_fn(Vec::new(), |_, _| Vec::new()), |_| true, (&device, "flex"), false);
        let bias: Vec<f32> = (0..V).map(|id| (id as f32 * 0.3).sin()).collect();
        let table: Vec<f32> = (0..V).map(|id| (id as f32 * 0.7).cos()).collect();
        let rows: Vec<f32> = (0..40).map(|row| row as f32 * 0.1 - 2.0).collect();
        let uniforms: Vec<f64> = (0..40).map(|row| f64::from(row) / 40.0 + 0.012).collect();
        let logits = Words { table: &table, bias: &bias }.logits(&rows);
        let expected: Vec<u32> =
            uniforms.iter().enumerate().map(|(row, &uniform)| logits.sample(row, uniform)).collect();
        let scores = rows.iter().flat_map(|row| table.iter().zip(&bias).map(move |(word, bias)| row * word + bias));
        let scores = tensor(scores.collect(), [40, V], &device);
        let sampler = Sampler::new(burn::tensor::activation::log_softmax(scores, 1));
        let sums = block_on(read(vec![sampler.sums()])).unwrap().remove(0);
        assert_eq!(sums.len(), 120);
        let drawn = block_on(sampler.draw(&leaves, &sums, &uniforms)).unwrap();
        assert_eq!(drawn, expected);
        assert!(drawn.iter().any(|&word| word < 100) && drawn.iter().any(|&word| word >= 300));
    }
}
