//! A batch on a device, in as few parts as its memory allows.

use std::ops::Range;

use crate::network::encoder::module::trained::GradientSums;
use crate::network::transformer::Weights;
use crate::network::transformer::module::parameters::Leaves;
use crate::{Error, Result};

/// Runs so many sequences: `run` adds the loss of some of them, and its gradients, to sums. Where the device lacks
/// memory, what was summed is dropped, and all is run again in smaller parts.
pub async fn in_parts<Loss: Default>(
    leaves: &Leaves,
    sequences: usize,
    gradients: Option<&mut Weights>,
    run: impl AsyncFn(Range<usize>, &mut Loss, &mut GradientSums) -> Result<()>,
) -> Result<Loss> {
    let mut at_once = sequences;
    loop {
        match sum(sequences, at_once, &run).await {
            Err(Error::Memory { .. }) if at_once > 1 => at_once = at_once.div_ceil(2),
            summed => {
                let (loss, sums) = summed?;
                gradients.map_or(Ok(()), |gradients| sums.add_to(gradients))?;
                return Ok(loss);
            }
        }
        leaves.device.memory_cleanup();
    }
}

/// The sums over all sequences, `at_once` at a time.
async fn sum<Loss: Default>(
    sequences: usize,
    at_once: usize,
    run: &impl AsyncFn(Range<usize>, &mut Loss, &mut GradientSums) -> Result<()>,
) -> Result<(Loss, GradientSums)> {
    let (mut loss, mut sums) = (Loss::default(), GradientSums::default());
    for first in (0..sequences).step_by(at_once) {
        run(first..sequences.min(first + at_once), &mut loss, &mut sums).await?;
    }
    Ok((loss, sums))
}
