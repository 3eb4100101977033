//! PyTorch's CPU generator: `torch.manual_seed(s)`, uniform fills, and the number of words that other fills take.

use super::Mt19937;

/// PyTorch's CPU generator.
#[derive(Clone)]
pub struct Torch {
    engine: Mt19937,
}

impl Torch {
    /// `torch.manual_seed(seed)`, of which the engine uses the low 32 bits.
    pub fn from_seed(seed: u64) -> Self {
        Self { engine: Mt19937::from_word(seed as u32) }
    }

    /// `tensor.uniform_(low, high)` in 32-bit floats, row-major: one word each, of which 24 bits are used. PyTorch's
    /// compiler joins the product and the sum into one operation with one rounding; in f64 both are exact.
    pub fn uniform(&mut self, count: usize, (low, high): (f32, f32)) -> Vec<f32> {
        let (width, low) = (f64::from(high - low), f64::from(low));
        let mut drawn = vec![0.0; count];
        self.engine.fill(&mut drawn, |word| (f64::from(unit(word)) * width + low) as f32);
        drawn
    }

    /// Skips the words of a uniform fill of `count` entries.
    pub fn skip_uniform(&mut self, count: usize) {
        self.engine.skip(count);
    }

    /// Skips the words of a `normal_()` fill of `count` entries: one word each, and sixteen more where the last group
    /// of sixteen is not full, because PyTorch then draws the last sixteen entries again.
    ///
    /// Below sixteen entries PyTorch draws two words for 53 bits a number, in pairs.
    pub fn skip_normal(&mut self, count: usize) {
        match count {
            0..16 => self.engine.skip(4 * count.div_ceil(2)),
            _ if count.is_multiple_of(16) => self.engine.skip(count),
            _ => self.engine.skip(count + 16),
        }
    }
}

/// Uniform in [0, 1) with 24 bits.
fn unit(word: u32) -> f32 {
    (word & 0x00ff_ffff) as f32 * (1.0 / 16_777_216.0)
}

#[cfg(test)]
mod tests {
    use super::Torch;

    /// Golden file `rnn_seed_0.json`, written by PyTorch.
    #[test]
    fn draws_as_pytorch_does() {
        let unit = (0.0, 1.0);
        let first = Torch::from_seed(0).uniform(4, unit);
        assert_eq!(first, [0.496_256_6, 0.768_221_8, 0.088_477_43, 0.132_030_49]);
        let after = |count| {
            let mut torch = Torch::from_seed(0);
            torch.skip_normal(count);
            torch.uniform(4, unit)
        };
        assert_eq!(after(4_000_000), [0.114_202_8, 0.070_042_67, 0.548_819_1, 0.578_065_9]);
        assert_eq!(after(20), [0.208_129_76, 0.929_799, 0.723_109_2, 0.742_336_3]);
        assert_eq!(after(10), [0.681_608_56, 0.915_194, 0.397_099_9, 0.874_155_9]);
    }

    /// `torch.manual_seed(0); torch.empty(5).uniform_(-0.5, 0.25)`: printed by PyTorch 2.15.
    #[test]
    fn scales_as_pytorch_does() {
        let drawn = Torch::from_seed(0).uniform(5, (-0.5, 0.25));
        assert_eq!(drawn, [-0.127_807_56, 0.076_166_35, -0.433_641_9, -0.400_977_13, -0.269_432_9]);
    }
}
