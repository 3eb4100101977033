//! NAS-Bench-NLP regenerated: every published id with its recipe, from seeds alone.

use std::collections::HashMap;
use std::sync::Arc;

use super::{CLASSIC, Recipe, Sampler};

/// Seeds the benchmark was drawn from: 0 to 9,999.
const SEEDS: u32 = 10_000;

/// How often each list of cells was trained.
pub const RUNS: u32 = 3;

/// Cells with one number of states, published completely once per training run: id = first + cells · run + position.
pub struct List {
    /// Number of states.
    pub states: u32,
    /// First published id, minus 1,000,000.
    pub first: u32,
    /// Number of cells that were used of those that the seeds give.
    pub cells: u32,
}

/// The lists by their ids; the three classic cells come before them.
pub const LISTS: [List; 3] = [
    List { states: 1, first: 3, cells: 2_000 },
    List { states: 2, first: 6_003, cells: 2_000 },
    List { states: 3, first: 12_003, cells: 735 },
];

/// One published network: a cell and one of its training runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Published id minus 1,000,000.
    pub id: u32,
    /// Number of states of the cell.
    pub states: usize,
    /// Training run: 0, 1 or 2.
    pub run: u32,
    /// Seed the cell was drawn with; `None` for the three classic cells.
    pub seed: Option<u32>,
    /// Smallest id with the same recipe, which different seeds and the runs of one cell share.
    pub architecture: u32,
    /// The cell.
    pub recipe: Arc<Recipe>,
}

/// All 14,208 published networks, sorted by id: the three classic cells, then 4,735 sampled ones, each three times.
pub fn published() -> Vec<Published> {
    let mut first = HashMap::new();
    let classic = CLASSIC.iter().filter_map(|(_, id, json)| {
        let recipe = Recipe::from_json(json).ok()?;
        Some(Published {
            id: *id,
            states: recipe.states(),
            run: 0,
            seed: None,
            architecture: *id,
            recipe: recipe.into(),
        })
    });
    let mut all: Vec<Published> = classic.chain(LISTS.into_iter().flat_map(list)).collect();
    for network in &mut all {
        network.architecture = *first.entry(Arc::clone(&network.recipe)).or_insert(network.id);
    }
    all
}

fn list(List { states, first, cells: count }: List) -> Vec<Published> {
    let states = states as usize;
    let Some(sampler) = Sampler::published(states) else { return Vec::new() };
    let cells: Vec<(u32, Arc<Recipe>)> =
        (0..SEEDS).filter_map(|seed| Some((seed, Arc::new(sampler.sample(seed)?)))).take(count as usize).collect();
    let numbered = (first..).zip((0..RUNS).flat_map(|run| cells.iter().map(move |cell| (run, cell))));
    numbered
        .map(|(id, (run, (seed, recipe)))| Published {
            id,
            states,
            run,
            seed: Some(*seed),
            architecture: id,
            recipe: Arc::clone(recipe),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::published;

    /// The counts of the benchmark: 3 + 3 · (2,000 + 2,000 + 735) ids; 4,319 recipes differ among the sampled ones.
    #[test]
    fn the_benchmark_has_its_size() {
        let all = published();
        assert_eq!(all.len(), 14_208);
        assert!(all.iter().enumerate().all(|(index, network)| network.id as usize == index));
        let distinct =
            all.iter().filter(|network| network.architecture == network.id && network.seed.is_some()).count();
        assert_eq!(distinct, 4_319);
    }
}
