//! Which examples are read, how often and in which order, as ELECTRA's program does for fine-tuning.

use super::example::GlueExample;
use super::task::GlueTask;
use crate::random::python::Python;
use crate::random::{At, Purpose};

/// Examples that wait to be drawn from.
const WINDOW: usize = 100;

/// The examples for training: those of a symmetric task are followed by all of them with their sentences swapped.
pub fn with_swapped(task: GlueTask, mut examples: Vec<GlueExample>) -> Vec<GlueExample> {
    if task.is_symmetric() {
        let swapped = |example: &GlueExample| {
            let first = example.second.clone()?;
            Some(GlueExample { first, second: Some(example.first.clone()), label: example.label })
        };
        let swapped: Vec<_> = examples.iter().filter_map(swapped).collect();
        examples.extend(swapped);
    }
    examples
}

/// The number of steps: as many batches as hold all examples, each `epochs` times. The last batch of the stored
/// examples is filled up with padding, which counts as examples do.
pub fn steps(examples: usize, batch: usize, epochs: u32) -> usize {
    examples.div_ceil(batch.max(1)) * epochs as usize
}

/// The order in which the examples of a run are read, without end: take B for a batch; after an interruption, skip B a
/// step. `None` is padding, an example whose loss is 0.
///
/// Examples are stored once, shuffled, with padding to a multiple of B behind them; this order is the same for all
/// runs. They are read again and again through a window of 100: each time one of those in the window is drawn and the
/// next stored one takes its place. An example can therefore be read twice in an epoch, and another one not at all.
#[derive(Clone)]
pub struct Order {
    stored: Vec<Option<usize>>,
    /// How many of the stored examples, again and again, were put into the window.
    read: usize,
    window: Vec<Option<usize>>,
    python: Python,
}

impl Order {
    /// The order of a number of examples in batches of B = `batch`, drawn from the seed of a run. Without examples it
    /// ends at once.
    pub fn new(examples: usize, batch: usize, seed: u32) -> Self {
        let mut stored: Vec<Option<usize>> = (0..examples).map(Some).collect();
        Purpose::Storage.stream(At::default()).shuffle(&mut stored);
        stored.resize(examples.next_multiple_of(batch.max(1)), None);
        let window = stored.iter().cycle().take(WINDOW).copied().collect();
        let python = Purpose::Order.stream(At { seed, ..At::default() });
        Self { stored, read: WINDOW, window, python }
    }
}

impl Iterator for Order {
    type Item = Option<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = *self.stored.get(self.read.checked_rem(self.stored.len())?)?;
        self.read += 1;
        let drawn = self.python.randrange(self.window.len());
        Some(std::mem::replace(&mut self.window[drawn], next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glue::Label;

    #[test]
    fn symmetric_pairs_are_added_swapped() {
        let pair = |first: &str, second: &str, label| GlueExample {
            first: first.to_owned(),
            second: Some(second.to_owned()),
            label: Label::Score(label),
        };
        let pairs = vec![pair("a", "b", 1.0), pair("c", "d", 2.0)];
        let twice = [&pairs[..], &[pair("b", "a", 1.0), pair("d", "c", 2.0)]].concat();
        assert_eq!(with_swapped(GlueTask::Sts, pairs.clone()), twice);
        assert_eq!(with_swapped(GlueTask::Rte, pairs.clone()), pairs);
    }

    /// 8,551 examples of CoLA are 267.2 batches.
    #[test]
    fn the_last_batch_counts() {
        assert_eq!((steps(8_551, 32, 3), steps(64, 32, 10), steps(0, 32, 3)), (804, 20, 0));
    }

    /// Of 70 examples in batches of 32, 96 are stored: in ten epochs each is read about ten times, 26 are padding.
    #[test]
    fn examples_are_read_equally_often() {
        let order: Vec<Option<usize>> = Order::new(70, 32, 5).take(960).collect();
        let mut counts = [0; 71];
        order.iter().for_each(|example| counts[example.unwrap_or(70)] += 1);
        assert!((240..280).contains(&counts[70]), "{}", counts[70]);
        assert!(counts[..70].iter().all(|count| (6..=14).contains(count)), "{counts:?}");
        assert_eq!(order, Order::new(70, 32, 5).take(960).collect::<Vec<_>>());
        assert_ne!(order, Order::new(70, 32, 6).take(960).collect::<Vec<_>>());
        let rest: Vec<_> = Order::new(70, 32, 5).skip(320).take(640).collect();
        assert_eq!(order[320..], rest);
        assert_eq!(Order::new(0, 32, 5).next(), None);
    }

    /// The stored order is the same for all seeds, and a window of 100 does not move an example forward by more.
    #[test]
    fn the_window_is_small() {
        let stored = Order::new(6_400, 32, 1).stored;
        assert_eq!(stored, Order::new(6_400, 32, 2).stored);
        assert_ne!(stored, (0..6_400).map(Some).collect::<Vec<_>>());
        for (at, drawn) in Order::new(6_400, 32, 1).take(6_400 - WINDOW).enumerate() {
            let place = stored.iter().position(|&one| one == drawn).unwrap();
            assert!(place < at + WINDOW, "{place} at {at}");
        }
    }
}
