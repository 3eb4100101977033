//! A benchmark with the scores of the suite in the place of the published ones.

use std::borrow::Cow;

use super::records::{self, Score};
use super::{About, Benchmark, Column, Kind, Suite, Table};
use crate::metric;
use crate::{Error, Result};

/// The scored rows of a benchmark, `table`, with the scores of the suite as its metrics. Counts among them are
/// baselines, and published metrics are left out.
///
/// # Errors
/// [`Error::Records`] with the line that cannot be read, [`Error::Unknown`] where the benchmark has no such scores.
pub fn with_suite(table: &Table, benchmark: &dyn Benchmark) -> Result<Table> {
    let Some(Suite { file, flawed, .. }) = benchmark.suite() else {
        let hint = format!("none were computed here for {}", benchmark.about().id);
        return Err(Error::Unknown { kind: "scores", name: "suite".to_owned(), hint });
    };
    let scores: Vec<Score> = records::read(file.name, &String::from_utf8_lossy(file.bytes), benchmark)?;
    let mut joined = records::join(table, &scores).table;
    let family = benchmark.about().family;
    let is_count = |column: &Column| {
        let found = family.and_then(|family| metric::find(family, &column.id).ok());
        found.is_some_and(|metric| metric.needs().is_empty())
    };
    joined.columns.retain(|column| column.kind != Kind::Published);
    for column in &mut joined.columns {
        if is_count(column) {
            *column = Column::new(&column.id, Kind::Baseline).with_values(std::mem::take(&mut column.values));
        }
    }
    joined.columns.sort_by_key(|column| column.kind == Kind::Baseline);
    // What is known of published columns does not hold for these.
    joined.about =
        Cow::Owned(About { ablations: &[], directions: &[], flawed, best: None, ..joined.about.into_owned() });
    Ok(joined)
}
