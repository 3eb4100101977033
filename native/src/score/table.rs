//! Records for a person: values, where they stand in the benchmark, and once what they share.

use serde_json::{Map, Value, json};
use untrained_core::benchmark::Table;
use untrained_core::figure::words::count;
use untrained_core::record::Record;

use crate::report::{self, Format};

/// Prints the records of a network; with a benchmark of networks of the same sizes, how many of those each value is
/// better than.
///
/// # Errors
/// When standard output is closed or full.
pub fn print(records: &[Record], benchmark: Option<&Table>) -> anyhow::Result<()> {
    let explained = records.iter().any(|record| record.why.is_some());
    let rows = records.iter().map(|record| {
        let mut row = Map::from_iter([
            ("metric".to_owned(), json!(record.metric)),
            ("value".to_owned(), json!(record)["value"].take()),
        ]);
        if let Some(table) = benchmark {
            row.insert("better_than_%".to_owned(), better_than(table, record).map_or(json!("-"), Value::from));
        }
        if explained {
            row.insert("why".to_owned(), json!(record.why));
        }
        row
    });
    report::print(Format::Table, &rows.collect::<Vec<_>>())?;
    tell(records, benchmark);
    Ok(())
}

/// What is said of all records together.
fn tell(records: &[Record], benchmark: Option<&Table>) {
    let Some(Record { architecture, seconds, seed, device, version, .. }) = records.first() else { return };
    let weights = seed.map_or_else(|| "given weights".to_owned(), |seed| format!("seed {seed}"));
    note!("{architecture}, {weights}: scored in {seconds:.2} s on {device} by untrained {version}");
    if let Some(table) = benchmark {
        let (rows, title) = (count(table.rows.len()), &table.about.title);
        note!(
            "better than: percent of the {rows} scored runs of {title} with a worse value of the metric; published with Penn \
             Treebank and seed 0"
        );
    }
}

/// Percent of the benchmark's networks that a record is better than, for a person.
fn better_than(table: &Table, record: &Record) -> Option<u64> {
    table.share_behind(&record.metric, record.value).map(|share| (100.0 * share).round() as u64)
}
