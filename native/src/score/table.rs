//! Records for a person: values, where they stand in the benchmark, and once what they share.

use serde_json::{Map, Value, json};
use untrained_core::benchmark::Table;
use untrained_core::figure::words::count;
use untrained_core::metric::{Better, METRICS};
use untrained_core::record::Record;

use crate::report::{self, Format};

/// Prints the records of a network; with a benchmark of networks of the same sizes, how many of those each value is better
/// than.
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
        let (rows, title) = (count(table.rows.len()), table.about.title);
        note!(
            "better than: percent of the {rows} scored runs of {title}, by what the metric holds for better; published with \
             Penn Treebank and seed 0"
        );
    }
}

/// Percent of the rows that stand behind a record by the direction of its metric; none where that has no direction.
fn better_than(table: &Table, record: &Record) -> Option<u64> {
    let metric = METRICS.iter().find(|metric| metric.about().id == record.metric)?;
    let values = &table.column(&record.metric)?.values;
    let behind = |value: &&f64| match metric.about().better {
        Better::Higher => **value < record.value,
        _ => **value > record.value,
    };
    let known = values.iter().filter(|value| !value.is_nan()).count();
    let directed = metric.about().better != Better::Unknown && !record.value.is_nan() && known > 0;
    directed.then(|| (100.0 * values.iter().filter(behind).count() as f64 / known as f64).round() as u64)
}
