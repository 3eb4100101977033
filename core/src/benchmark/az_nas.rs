//! The rank aggregation of AZ-NAS (Lee and Ham, CVPR 2024), over the networks that are compared:
//!
//! ```text
//! s = sum over k of ln( rank_k / N )
//! ```
//!
//! where rank_k is the rank of a network by expressivity, trainability and FLOPs, from 1 for the smallest value to N for
//! the largest, as the original has it for transformers (`search_autoformer_az.py`); progressivity is added there for
//! convolutional networks only. It is no score of a network alone: another selection of networks gives other values.

use std::collections::BTreeMap;

use super::{Column, Kind, Table};
use crate::rank::average_ranks;

/// Name of the column.
const ID: &str = "az_nas";

/// What is aggregated.
const PARTS: [&str; 3] = ["az_expressivity", "az_trainability", "flops"];

/// The aggregated ranks of the architectures of a table; `None` where a part is missing. An architecture counts once,
/// however often it was trained, and has no value where a part has none.
pub fn az_nas(table: &Table) -> Option<Column> {
    let parts = PARTS.map(|id| table.column(id));
    let [one, two, three] = parts;
    let parts = [one?, two?, three?];
    let mut first_rows: BTreeMap<u32, usize> = BTreeMap::new();
    for (at, row) in table.rows.iter().enumerate() {
        if parts.iter().all(|part| !part.values[at].is_nan()) {
            first_rows.entry(row.recipe).or_insert(at);
        }
    }
    let count = first_rows.len() as f64;
    let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
    for part in parts {
        let values: Vec<f64> = first_rows.values().map(|&at| part.values[at]).collect();
        for (recipe, rank) in first_rows.keys().zip(average_ranks(&values)) {
            *sums.entry(*recipe).or_default() += (rank / count).ln();
        }
    }
    let values = table.rows.iter().map(|row| sums.get(&row.recipe).copied().unwrap_or(f64::NAN)).collect();
    Some(Column::new(ID, Kind::Metric).with_values(values))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::az_nas;
    use crate::benchmark::{Benchmark as _, Column, Kind, NasBenchNlp, Row, Table};

    /// Three architectures, the first trained twice, and one without trainability. Ranks of the three: 1, 2, 3 by
    /// expressivity, 3, 1, 2 by trainability, 2, 2, 2 by equal FLOPs: ln(1/3 · 1 · 2/3), ln(2/3 · 1/3 · 2/3) and
    /// ln(1 · 2/3 · 2/3).
    #[test]
    fn ranks_are_aggregated_over_architectures() {
        let row = |id, recipe| Row { id, network: id, architecture: recipe, recipe, group: 1, run: 0, scored: true };
        let column = |id: &str, values: [f64; 5]| Column::new(id, Kind::Metric).with_values(values.to_vec());
        let mut table = Table {
            about: Cow::Borrowed(NasBenchNlp.about()),
            rows: vec![row(0, 0), row(1, 1), row(2, 2), row(3, 0), row(4, 4)],
            results: vec![1.0; 5],
            columns: vec![
                column("az_expressivity", [5.0, 6.0, 7.0, 5.0, 1.0]),
                column("az_trainability", [-1.0, -3.0, -2.0, -1.0, f64::NAN]),
                column("flops", [9.0; 5]),
            ],
            groups: Vec::new(),
        };
        let found = az_nas(&table).unwrap().values;
        let expected = [2.0 / 9.0, 4.0 / 27.0, 4.0 / 9.0, 2.0 / 9.0].map(f64::ln);
        for (value, expected) in found.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12, "{found:?}");
        }
        assert!(found[4].is_nan());
        table.columns.pop();
        assert_eq!(az_nas(&table), None);
    }
}
