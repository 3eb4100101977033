//! Which examples an update reads: all of them in each epoch, in an order of its own that follows from the seed.

use crate::random::{At, Purpose};

/// The order of examples over all epochs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    count: usize,
    seed: u32,
    /// The number of an epoch and its order.
    epoch: (u64, Vec<usize>),
}

impl Order {
    /// That of so many examples, at least one.
    pub fn new(count: usize, seed: u32) -> Self {
        Self { count, seed, epoch: (0, epoch(count, seed, 0)) }
    }

    /// The next `size` examples after `first` others, which may go on into the next epoch.
    pub fn examples(&mut self, first: u64, size: usize) -> Vec<usize> {
        let count = self.count as u64;
        let mut examples = Vec::with_capacity(size);
        for at in first..first + size as u64 {
            let number = at / count;
            if self.epoch.0 != number {
                self.epoch = (number, epoch(self.count, self.seed, number));
            }
            examples.push(self.epoch.1[(at % count) as usize]);
        }
        examples
    }
}

/// The order of the examples in an epoch.
fn epoch(count: usize, seed: u32, number: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    Purpose::Order.stream(At { seed, step: number as u32, sequence: 0 }).shuffle(&mut order);
    order
}
