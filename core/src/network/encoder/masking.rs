//! Which tokens of a batch are masked, where it does not say so itself.

use super::Sizes;
use crate::network::Batch;
use crate::network::batch::NOT_COUNTED;
use crate::random::Placed;

/// Share of the tokens that are masked, as BERT's (Devlin et al. 2019); all of them become the mask.
const MASKED: f64 = 0.15;

/// The mask of BERT's vocabularies; of a smaller one its last word.
const MASK: u32 = 103;

/// The batch with masked tokens, and what is to be predicted in their places: as it is where its targets are given. At
/// least one token of every sequence is masked.
pub fn masked(batch: &Batch, sizes: &Sizes, seed: u32) -> Batch {
    if batch.targets.is_some() {
        return batch.clone();
    }
    let mask = MASK.min(sizes.vocabulary as u32 - 1);
    let mut tokens = batch.tokens.clone();
    let mut targets = vec![NOT_COUNTED; tokens.len()];
    for (index, real) in batch.sequences(sizes.sequence).enumerate() {
        let source = Placed::from_seed(seed.into()).at(index as u64);
        let draws: Vec<f64> = (0..real.len()).map(|place| source.uniform(place as u32)).collect();
        let least = draws.iter().copied().fold(f64::INFINITY, f64::min);
        for (place, _) in draws.into_iter().enumerate().filter(|(_, draw)| *draw < MASKED || *draw == least) {
            let at = index * sizes.sequence + place;
            targets[at] = std::mem::replace(&mut tokens[at], mask);
        }
    }
    let further = batch.further.clone();
    Batch::of_sequences(tokens, batch.lengths.clone()).with_targets(targets).with_further(further)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_tokens_are_the_targets() {
        let sizes = Sizes { vocabulary: 1_000, batch: 4, sequence: 100, ..Sizes::default() };
        let tokens: Vec<u32> = (0..400).map(|id| id + 200).collect();
        let batch = masked(&Batch::of_sequences(tokens.clone(), None), &sizes, 0);
        let targets = batch.targets.clone().unwrap();
        for ((&token, &read), &target) in tokens.iter().zip(&batch.tokens).zip(&targets) {
            assert!((read, target) == (token, NOT_COUNTED) || (read, target) == (MASK, token));
        }
        let counted = targets.iter().filter(|&&target| target != NOT_COUNTED).count();
        // 60 are expected, with a standard deviation of 7.
        assert!((32..88).contains(&counted), "{counted}");
        assert_eq!(masked(&batch, &sizes, 1).tokens, batch.tokens);
        let single = masked(&Batch::of_sequences(vec![5], None), &Sizes { batch: 1, sequence: 1, ..sizes }, 0);
        assert_eq!((single.tokens, single.targets.unwrap()), (vec![MASK], vec![5]));
    }
}
