//! What scores are computed from, layer by layer and head by head.

use serde::Serialize;
use serde_json::{Map, Value, json};
use untrained_core::observation::Term;
use untrained_core::origin::Origin;
use untrained_core::record::Record;

use super::table;
use crate::output;
use crate::report::{self, Format};

/// A line of a file: a score, or one of the values it is computed from.
#[derive(Serialize)]
struct Row<'a> {
    architecture: &'a str,
    metric: &'a str,
    layer: Option<usize>,
    part: Option<&'a str>,
    head: Option<usize>,
    value: Value,
    why: Option<&'a str>,
    seconds: f64,
    seed: Option<u64>,
    device: &'a str,
    version: &'a str,
    #[serde(flatten)]
    origin: &'a Origin,
}

/// A line of a table.
struct Line {
    names: Vec<(&'static str, Value)>,
    /// None where there is no term.
    values: Vec<Option<f64>>,
}

/// Prints records with their terms: for a person tables by layers and by heads, in CSV a line for each.
///
/// # Errors
/// When standard output is closed or full.
pub fn print(format: Format, records: &[Record]) -> anyhow::Result<()> {
    match format {
        Format::Table => {
            for lines in [by_layer(records), by_head(records)].iter().filter(|lines| !lines.is_empty()) {
                report::print(format, lines)?;
                output::print([Ok("\n".to_owned())])?;
            }
            table::print(records, None)
        }
        Format::Csv | Format::Markdown => report::print(format, &records.iter().flat_map(rows).collect::<Vec<_>>()),
        Format::Json | Format::Jsonl => report::print(format, records),
    }
}

fn rows(record: &Record) -> impl Iterator<Item = Row<'_>> {
    let whole = row(record, None, json!(record)["value"].take());
    std::iter::once(whole).chain(record.terms.iter().map(|term| row(record, Some(term), json!(term)["value"].take())))
}

fn row<'a>(record: &'a Record, term: Option<&'a Term>, value: Value) -> Row<'a> {
    let site = term.map(|term| &term.site);
    Row {
        architecture: &record.architecture,
        metric: &record.metric,
        layer: site.and_then(|site| site.layer),
        part: site.map(|site| site.part.as_str()),
        head: site.and_then(|site| site.head),
        value,
        why: record.why.as_deref(),
        seconds: record.seconds,
        seed: record.seed,
        device: &record.device,
        version: &record.version,
        origin: &record.origin,
    }
}

/// Per metric the sum of each layer's terms.
fn by_layer(records: &[Record]) -> Vec<Map<String, Value>> {
    let mut summed: Vec<&Record> = records.iter().filter(|record| !of_heads(record)).collect();
    // A metric and its mean have the same terms.
    summed.dedup_by(|mean, sum| mean.terms == sum.terms);
    let layers = summed
        .iter()
        .flat_map(|record| &record.terms)
        .filter_map(|term| term.site.layer)
        .map(|layer| layer + 1)
        .max()
        .unwrap_or(0);
    let sum = |record: &Record, layer| {
        let values = record.terms.iter().filter(|term| term.site.layer == Some(layer)).map(|term| term.value);
        values.reduce(|sum, value| sum + value)
    };
    let line = |record: &&Record| Line {
        names: vec![("metric", json!(record.metric))],
        values: (0..layers).map(|layer| sum(record, layer)).collect(),
    };
    table("layer", &summed.iter().filter(|record| !record.terms.is_empty()).map(line).collect::<Vec<_>>())
}

/// Per metric and layer the terms of its heads.
fn by_head(records: &[Record]) -> Vec<Map<String, Value>> {
    let lines = records.iter().filter(|record| of_heads(record)).flat_map(|record| {
        record.terms.chunk_by(|a, b| a.site.layer == b.site.layer).map(|terms| Line {
            names: vec![("metric", json!(record.metric)), ("layer", json!(terms[0].site.layer))],
            values: terms.iter().map(|term| Some(term.value)).collect(),
        })
    });
    table("head", &lines.collect::<Vec<_>>())
}

fn of_heads(record: &Record) -> bool {
    record.terms.iter().any(|term| term.site.head.is_some())
}

/// JSON has no number that is not finite.
fn written(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { json!(value.to_string().to_lowercase()) }
}

/// The lines, their values under numbered headings; one that has fewer is filled up.
fn table(heading: &str, lines: &[Line]) -> Vec<Map<String, Value>> {
    let width = lines.iter().map(|line| line.values.len()).max().unwrap_or(0);
    let row = |Line { names, values }: &Line| {
        let names = names.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let value = |at: usize| values.get(at).copied().flatten().map(written);
        names.chain((0..width).map(|at| (format!("{heading} {at}"), json!(value(at))))).collect()
    };
    lines.iter().map(row).collect()
}
