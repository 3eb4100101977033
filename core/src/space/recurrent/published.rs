//! NAS-Bench-NLP regenerated: every published id with its recipe, from nothing but seeds.

use std::collections::HashMap;
use std::sync::Arc;

use super::{CLASSIC, Recipe, Sampler};

/// Seeds the benchmark was drawn from: 0 to 9,999.
const SEEDS: u32 = 10_000;

/// Each list of cells was trained this many times.
const RUNS: u32 = 3;

/// Number of states, first published id, cells kept of those the seeds give.
const LISTS: [(usize, u32, usize); 3] = [(1, 3, 2_000), (2, 6_003, 2_000), (3, 12_003, 735)];

/// One published network: a cell and one of its training runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Published id less 1,000,000.
    pub id: u32,
    /// Number of states of the cell.
    pub states: usize,
    /// Training run: 0, 1 or 2.
    pub run: u32,
    /// Seed the cell was drawn with; `None` for the three classic cells.
    pub seed: Option<u32>,
    /// Smallest id with the same recipe: different seeds, and the runs of one cell, share it.
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

fn list((states, first_id, kept): (usize, u32, usize)) -> Vec<Published> {
    let Some(sampler) = Sampler::published(states) else { return Vec::new() };
    let cells: Vec<(u32, Arc<Recipe>)> =
        (0..SEEDS).filter_map(|seed| Some((seed, Arc::new(sampler.sample(seed)?)))).take(kept).collect();
    let numbered = (first_id..).zip((0..RUNS).flat_map(|run| cells.iter().map(move |cell| (run, cell))));
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
        assert!(all.iter().enumerate().all(|(at, network)| network.id as usize == at));
        let distinct =
            all.iter().filter(|network| network.architecture == network.id && network.seed.is_some()).count();
        assert_eq!(distinct, 4_319);
    }
}
