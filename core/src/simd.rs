//! Loops over entries, compiled for the widest instructions of the CPU, and the functions they call.

use pulp::Arch;

/// Sums side by side in a reduction: two registers of the widest instructions there are. The same everywhere, so that a
/// sum has the same last digit on every CPU.
const LANES: usize = 32;

/// Runs a loop compiled for the widest instructions this machine has.
#[inline(always)]
pub fn simd<R>(run: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(run)
}

/// e^v by Cody and Waite's reduction to |r| <= ln 2 / 2 and the polynomial of Moshier's Cephes library (`expf`);
/// written without branches, so that the compiler computes many entries at a time. Within 2e-7 of the exact value,
/// relatively, where it is not below the smallest normal number.
#[inline(always)]
pub fn exp(v: f32) -> f32 {
    let v = v.clamp(-87.0, 88.0);
    // 1.5 · 2²³ leaves no bits for a fraction: the sum's low bits are the rounded power.
    let shifted = v * std::f32::consts::LOG2_E + 12_582_912.0;
    let power = shifted - 12_582_912.0;
    let r = v - power * 0.693_359_4 + power * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let scale = f32::from_bits((shifted.to_bits() + 127) << 23);
    (p * r * r + r + 1.0) * scale
}

/// e^v, and 0 where v is below −80: what follows from so small a number is below the smallest normal one, and
/// processors take a hundred times as long for a product of those.
#[inline(always)]
pub fn vanishing_exp(v: f32) -> f32 {
    if v < -80.0 { 0.0 } else { exp(v) }
}

/// Σ v. To be called inside [`simd`], as what follows.
#[inline(always)]
pub fn sum(values: &[f32]) -> f32 {
    fold(values, 0.0, |sum, value| sum + value)
}

/// The largest; −∞ of nothing.
#[inline(always)]
pub fn largest(values: &[f32]) -> f32 {
    fold(values, f32::NEG_INFINITY, larger)
}

/// Σ a · b.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = rest_a.iter().zip(rest_b).fold(0.0, |sum, (a, b)| sum + a * b);
    sums.iter().fold(rest, |sum, value| sum + value)
}

/// Of two; the second where one is no number.
#[inline(always)]
pub fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn fold(values: &[f32], start: f32, step: impl Fn(f32, f32) -> f32) -> f32 {
    let mut folded = [start; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            folded[lane] = step(folded[lane], chunk[lane]);
        }
    }
    folded.iter().chain(rest).fold(start, |folded, &value| step(folded, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1..=77 in mixed order: two complete chunks and a remainder.
    #[test]
    fn reductions_read_every_entry_once() {
        let values: Vec<f32> = (0..77).map(|at| (at * 30 % 77 + 1) as f32).collect();
        assert_eq!((sum(&values), largest(&values)), (77.0 * 39.0, 77.0));
        assert_eq!(dot(&values, &values), (77 * 78 * 155 / 6) as f32);
        assert_eq!(largest(&[]), f32::NEG_INFINITY);
    }
}
