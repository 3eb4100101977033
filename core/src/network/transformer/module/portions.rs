//! The sequences of a batch in portions: as many at once as the device has memory for.

use burn::tensor::Device;

use super::sums::Sums;
use crate::network::Batch;
use crate::{Error, Result};

/// Some sequences of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Portion<'a> {
    /// Which of the batch is the first.
    pub first: usize,
    /// Ids, [b, T].
    pub tokens: &'a [u32],
    /// How many ids of each are real, `[b]`; all where there are none.
    pub lengths: Option<&'a [usize]>,
}

impl<'a> Portion<'a> {
    /// Those of a batch of sequences of `length` ids, `at_once` in each.
    fn all(batch: &'a Batch, at_once: usize, length: usize) -> impl Iterator<Item = Self> {
        batch.tokens.chunks(at_once * length).enumerate().map(move |(index, tokens)| {
            let first = index * at_once;
            let lengths = batch.lengths.as_ref().map(|lengths| &lengths[first..][..tokens.len() / length]);
            Self { first, tokens, lengths }
        })
    }

    /// The sums over all portions of a batch, `at_once` sequences of `length` ids in each.
    ///
    /// # Errors
    /// Those of `run`.
    pub async fn sum(
        batch: &'a Batch,
        at_once: usize,
        length: usize,
        run: impl AsyncFn(Self) -> Result<Sums>,
    ) -> Result<Sums> {
        let mut sums: Option<Sums> = None;
        for portion in Self::all(batch, at_once, length) {
            let later = run(portion).await?;
            match &mut sums {
                Some(sums) => sums.add_later(later),
                None => sums = Some(later),
            }
        }
        Ok(sums.unwrap_or_default())
    }
}

/// Runs all of `sequences` sequences, and where the device has not enough memory half as many at once, again and again.
/// The sums, and in how many portions they were made.
///
/// # Errors
/// Those of `run`; [`Error::Memory`] where there is not enough for a single sequence.
pub async fn as_many_as_fit(
    sequences: usize,
    device: &Device,
    run: impl AsyncFn(usize) -> Result<Sums>,
) -> Result<(Sums, usize)> {
    let mut at_once = sequences;
    loop {
        match run(at_once).await {
            Err(Error::Memory { .. }) if at_once > 1 => at_once = at_once.div_ceil(2),
            sums => return Ok((sums?, sequences.div_ceil(at_once))),
        }
        device.memory_cleanup();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A device that has memory for two of five sequences.
    #[test]
    fn sequences_are_halved_until_they_fit() {
        let tried = RefCell::new(Vec::new());
        let run = async |at_once| {
            tried.borrow_mut().push(at_once);
            if at_once > 2 { Err(Error::Memory { name: "small".to_owned() }) } else { Ok(Sums::default()) }
        };
        let (_, parts) = pollster::block_on(as_many_as_fit(5, &Device::flex(), run)).unwrap();
        assert_eq!((parts, tried.into_inner()), (3, vec![5, 3, 2]));
        let never = async |_| Err(Error::Memory { name: "none".to_owned() });
        let error = pollster::block_on(as_many_as_fit(5, &Device::flex(), never)).err();
        assert_eq!(error, Some(Error::Memory { name: "none".to_owned() }));
    }

    #[test]
    fn portions_are_a_batch_in_order() {
        let batch = Batch::of_sequences((0..10).collect(), Some(vec![2, 1, 2, 1, 1]));
        let portions: Vec<Portion> = Portion::all(&batch, 2, 2).collect();
        assert_eq!(portions.iter().map(|portion| portion.first).collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!((portions[1].tokens, portions[1].lengths), ([4, 5, 6, 7].as_slice(), Some([2, 1].as_slice())));
        assert_eq!((portions[2].tokens, portions[2].lengths), ([8, 9].as_slice(), Some([1].as_slice())));
    }
}
