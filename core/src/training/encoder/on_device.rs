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
pub async fn sum<Loss: Default>(
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use pollster::block_on;

    use super::*;

    /// A device with memory for three sequences: seven are tried at once, then four, then two, and only the last sums
    /// count.
    #[test]
    fn without_memory_the_parts_are_halved_and_run_again() {
        let nothing = Weights::from_fn(Vec::new(), |_, _| Vec::new());
        let leaves = Leaves::new(&nothing, |_| true, (&burn::tensor::Device::flex(), "flex"), false);
        let asked = RefCell::new(Vec::new());
        let run = async |sequences: Range<usize>, loss: &mut usize, _: &mut GradientSums| {
            asked.borrow_mut().push(sequences.clone());
            *loss += sequences.len();
            if sequences.len() > 3 {
                return Err(Error::Memory { name: "flex".to_owned() });
            }
            Ok(())
        };
        assert_eq!(block_on(in_parts(&leaves, 7, None, run)), Ok(7));
        assert_eq!(asked.into_inner(), [0..7, 0..4, 0..2, 2..4, 4..6, 6..7]);
        let never =
            async |_: Range<usize>, _: &mut (), _: &mut GradientSums| Err(Error::Memory { name: "flex".to_owned() });
        assert!(matches!(block_on(in_parts(&leaves, 7, None, never)), Err(Error::Memory { .. })));
    }
}
