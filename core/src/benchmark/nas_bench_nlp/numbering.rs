//! The published ids, less 1,000,000: three classic cells, then per number of states a list of networks, whole, once
//! per training run: id = first + size * run + position.

/// Number of states, first id and size of each list.
const LISTS: [(u32, u32, u32); 3] = [(3, 12_003, 735), (2, 6_003, 2_000), (1, 3, 2_000)];

/// Training runs per network.
const RUNS: u32 = 3;

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
    let Some((states, first, size)) = LISTS.into_iter().find(|(_, first, _)| id >= *first) else {
        return Ok(Place { network: id, states: if id == 1 { 2 } else { 1 }, run: 0 });
    };
    let run = (id - first) / size;
    let place = Place { network: id - size * run, states, run };
    (run < RUNS).then_some(place).ok_or_else(|| format!("there is no network {id}"))
}

#[cfg(test)]
mod tests {
    use super::place;
    use crate::space::recurrent::published;

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
