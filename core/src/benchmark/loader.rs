//! The loader of all tables: rows as their files hold them become columns.

use std::borrow::Cow;

use super::{About, Column, Kind, Row, Table};

/// A network with its result and one value per column, as a file holds it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which network it is.
    pub row: Row,
    /// What is to be predicted; not finite where it is not known.
    pub result: f64,
    /// One value per column, NaN where it is not known.
    pub values: Vec<f64>,
}

/// The columns of these ids, still empty.
pub fn columns<'a>(ids: impl IntoIterator<Item = &'a str>, kind: Kind) -> impl Iterator<Item = Column> {
    ids.into_iter().map(move |id| Column::new(id, kind))
}

/// Entries of networks that were trained once each and count in the order of their lines: the group, one value per
/// column and the result of each.
pub fn counted(lines: impl IntoIterator<Item = (u32, Vec<f64>, f64)>) -> Vec<Entry> {
    let entry = |(id, (group, values, result)): (u32, (u32, Vec<f64>, f64))| {
        let row = Row { id, network: id, architecture: id, recipe: id, group, run: 0, scored: true };
        Entry { row, result, values }
    };
    (0..).zip(lines).map(entry).collect()
}

/// A table of the entries with a finite result; the values of an entry fill `columns` in their order.
pub fn table(about: Cow<'static, About>, columns: Vec<Column>, entries: Vec<Entry>) -> Table {
    let entries: Vec<Entry> = entries.into_iter().filter(|entry| entry.result.is_finite()).collect();
    let value = |entry: &Entry, at: usize| entry.values.get(at).copied().unwrap_or(f64::NAN);
    let filled = columns.into_iter().enumerate().map(|(at, column)| {
        let values = entries.iter().map(|entry| value(entry, at)).collect();
        Column { values, ..column }
    });
    Table {
        about,
        columns: filled.collect(),
        results: entries.iter().map(|entry| entry.result).collect(),
        rows: entries.iter().map(|entry| entry.row).collect(),
        groups: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{Entry, columns, table};
    use crate::benchmark::{Benchmark as _, Kind, NasBenchNlp, Row};

    /// The second network diverged; of the third one value is not known.
    #[test]
    fn entries_become_columns() {
        let row = |id| Row { id, network: id, architecture: id, recipe: id, group: 1, run: 0, scored: true };
        let entry = |id, result, values: &[f64]| Entry { row: row(id), result, values: values.to_vec() };
        let entries = vec![entry(5, 1.5, &[1.0, 2.0]), entry(6, f64::NAN, &[3.0, 4.0]), entry(7, 2.5, &[5.0])];
        let all = columns(["mine", "nodes"], Kind::Metric).collect();
        let table = table(Cow::Borrowed(NasBenchNlp.about()), all, entries);
        assert_eq!((table.results, table.rows), (vec![1.5, 2.5], vec![row(5), row(7)]));
        assert_eq!((table.columns[0].id.as_str(), &table.columns[0].values), ("mine", &vec![1.0, 5.0]));
        assert_eq!(table.columns[1].title, "Nodes");
        assert!(table.columns[1].values[1].is_nan());
    }
}
