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
