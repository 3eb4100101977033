//! Colours by the groups of the benchmark, or by any column in five parts of equal size.

use std::collections::BTreeSet;

use untrained_core::benchmark::Table;
use untrained_core::chart::among;

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

/// The choices of colours.
pub fn options(table: &'static Table) -> Vec<(&'static str, String)> {
    let group = ("group", format!("number of {}", table.about.group));
    [("none", "one colour".to_owned()), group].into_iter().chain(columns(table)).collect()
}

impl Colouring {
    /// The groups of all rows by a choice of [`options`].
    pub fn new(table: &Table, by: &str) -> Self {
        let all = 0..table.rows.len();
        match (by, values(table, by)) {
            ("group", _) => {
                let known: BTreeSet<u32> = table.rows.iter().map(|row| row.group).collect();
                let of = |group| all.clone().filter(|&row| table.rows[row].group == group).collect();
                let name = |group| format!("{} {group}", table.about.group);
                Self { ordered: false, groups: known.into_iter().map(|group| (name(group), of(group))).collect() }
            }
            (_, Some(values)) => Self { ordered: true, groups: parts(values) },
            _ => Self { ordered: false, groups: vec![(String::new(), all.collect())] },
        }
    }
}

/// Parts of about equal size, from low to high; equal values stay together, rows without a value are omitted.
fn parts(values: &[f64]) -> Vec<(String, Vec<usize>)> {
    let mut rows: Vec<usize> = (0..values.len()).filter(|&row| values[row].is_finite()).collect();
    rows.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let sorted: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
    let size = rows.len().div_ceil(PARTS).max(1);
    let mut groups = Vec::new();
    let mut rest = rows.as_slice();
    while !rest.is_empty() {
        let last = values[rest[size.min(rest.len()) - 1]];
        let (part, beyond) = rest.split_at(rest.partition_point(|&row| values[row] <= last));
        let text = among(last, &sorted, 3);
        let name = if part.len() == rows.len() { text } else { format!("to {text}") };
        groups.push((name, part.to_vec()));
        rest = beyond;
    }
    groups
}
