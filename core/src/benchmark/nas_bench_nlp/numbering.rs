//! The published ids, less 1,000,000, read backwards: which network and which of its training runs.

use super::published::{LISTS, RUNS};

/// What a published id says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Id of run 0 of the same network.
    pub network: u32,
    /// States of the cell.
    pub states: u32,
    /// Training run.
    pub run: u32,
}

/// What a published id says.
///
/// # Errors
/// That the id is beyond the last.
pub fn place(id: u32) -> Result<Place, String> {
    let Some(list) = LISTS.iter().rfind(|list| id >= list.first) else {
        return Ok(Place { network: id, states: if id == 1 { 2 } else { 1 }, run: 0 });
    };
    let run = (id - list.first) / list.cells;
    let place = Place { network: id - list.cells * run, states: list.states, run };
    (run < RUNS).then_some(place).ok_or_else(|| format!("there is no network {id}"))
}

#[cfg(test)]
mod tests {
    use super::place;
    use crate::benchmark::nas_bench_nlp::published;

    #[test]
    fn agrees_with_the_sampled_space() {
        let published = published();
        for one in &published {
            let place = place(one.id).unwrap();
            assert_eq!((place.states as usize, place.run), (one.states, one.run), "id {}", one.id);
            assert_eq!(published[place.network as usize].recipe, one.recipe);
        }
        assert_eq!(place(14_208), Err("there is no network 14208".to_owned()));
    }
}
