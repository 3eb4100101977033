//! Colours by number of states, or by any column in five parts of equal size.

use untrained_core::benchmark::Table;
use untrained_core::chart::compact;

use crate::rows::{columns, values};

/// Parts of a column.
const PARTS: usize = 5;

/// Rows in groups, each of one colour.
pub struct Colouring {
    /// Whether the groups run from low to high.
    pub ordered: bool,
    /// Name and rows of each.
    pub groups: Vec<(String, Vec<usize>)>,
}

/// What can be coloured by.
pub fn options() -> Vec<(&'static str, String)> {
    [("none", "one colour".to_owned()), ("states", "number of states".to_owned())]
        .into_iter()
        .chain(columns())
        .collect()
}

impl Colouring {
    /// The groups of all rows by a choice of [`options`].
    pub fn new(table: &Table, by: &str) -> Self {
        let all = 0..table.rows.len();
        match (by, values(table, by)) {
            ("states", _) => {
                let of = |states| all.clone().filter(|&row| table.rows[row].group == states).collect();
                let name = |states| if states == 1 { "1 state".to_owned() } else { format!("{states} states") };
                Self { ordered: false, groups: (1..=3).map(|states| (name(states), of(states))).collect() }
            }
            (_, Some(values)) => Self { ordered: true, groups: parts(values) },
            _ => Self { ordered: false, groups: vec![(String::new(), all.collect())] },
        }
    }
}

/// Parts of about equal size, from low to high; equal values stay together, what has no value is left out.
fn parts(values: &[f64]) -> Vec<(String, Vec<usize>)> {
    let mut rows: Vec<usize> = (0..values.len()).filter(|&row| values[row].is_finite()).collect();
    rows.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let size = rows.len().div_ceil(PARTS).max(1);
    let mut groups = Vec::new();
    let mut rest = rows.as_slice();
    while !rest.is_empty() {
        let last = values[rest[size.min(rest.len()) - 1]];
        let (part, beyond) = rest.split_at(rest.partition_point(|&row| values[row] <= last));
        let name = if part.len() == rows.len() { compact(last) } else { format!("to {}", compact(last)) };
        groups.push((name, part.to_vec()));
        rest = beyond;
    }
    groups
}
