//! A published ablation: a few networks scored repeatedly, with other inputs or with other initial weights.

use std::borrow::Cow;

use super::loader::{self, Entry, columns};
use super::sheet::{read, whole};
use super::{About, Column, File, Kind, Row, Table};
use crate::Result;
use crate::rank::tau_b;

/// How well two scorings of the same networks agree: the mean tau-b between the orders in two repetitions, over all
/// pairs of repetitions. A metric cannot agree with the trained networks better than with itself.
pub fn agreement(table: &Table, column: &Column) -> Option<f64> {
    let networks = table.by_architecture(column);
    let repetitions = networks.iter().map(|(_, values)| values.len()).min()?;
    let scores = |n: usize| networks.iter().map(|(_, values)| values[n]).collect::<Vec<_>>();
    let pairs = (0..repetitions).flat_map(|a| (0..a).map(move |b| (a, b)));
    let taus: Vec<f64> = pairs.filter_map(|(a, b)| tau_b(&scores(a), &scores(b))).collect();
    (!taus.is_empty()).then(|| taus.iter().sum::<f64>() / taus.len() as f64)
}

/// Reads an ablation of `metrics`; `known` gives the row and the result of a network.
///
/// # Errors
/// [`crate::Error::Table`] with the line that cannot be read, or whose network is not known.
pub(super) fn load(
    about: &'static About,
    file: File<'_>,
    metrics: &[&'static str],
    known: impl Fn(u32) -> Option<(Row, f64)>,
) -> Result<Table> {
    let header = [&["id", "repetition"], metrics].concat();
    let entries = read(file.name, &header, file.bytes, |cells| {
        let id = whole(cells[0])?;
        let (row, result) = known(id).ok_or_else(|| format!("network {id} has no {}", about.target.name))?;
        Ok(Entry { row: Row { run: whole(cells[1])?, ..row }, result, values: cells[2..].to_vec() })
    })?;
    Ok(loader::table(Cow::Borrowed(about), columns(metrics.iter().copied(), Kind::Metric).collect(), entries))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::agreement;
    use crate::benchmark::{Benchmark as _, Column, Kind, NasBenchNlp, Row, Table};

    fn repeated(networks: &[&[f64]]) -> Table {
        let row = |id, run| Row { id, network: id, architecture: id, recipe: id, group: 1, run, scored: true };
        let all =
            (0..).zip(networks).flat_map(|(id, values)| (0..).zip(*values).map(move |(run, value)| (id, run, value)));
        let (rows, values): (Vec<Row>, Vec<f64>) = all.map(|(id, run, value)| (row(id, run), *value)).unzip();
        let columns = vec![Column::new("nodes", Kind::Metric).with_values(values.clone())];
        Table { about: Cow::Borrowed(NasBenchNlp.about()), rows, results: values, columns, groups: Vec::new() }
    }

    /// Of three repetitions two agree and one is the other way round: (1 - 1 - 1) / 3.
    #[test]
    fn agreement_is_the_mean_over_pairs() {
        let table = repeated(&[&[1.0, 5.0, 9.0], &[2.0, 6.0, 8.0]]);
        assert!((agreement(&table, &table.columns[0]).unwrap() + 1.0 / 3.0).abs() < 1e-12);
        let empty = repeated(&[]);
        assert_eq!(agreement(&empty, &empty.columns[0]), None);
    }
}
