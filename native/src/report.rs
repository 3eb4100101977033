//! Prints rows of serialisable data in the chosen format: the fields of a row are the columns.

use std::collections::HashSet;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::{Map, Value};
use untrained_core::plain::{escaped, escaped_json};

use crate::output;

pub mod markdown;

/// How data is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns for a person.
    Table,
    /// One JSON array.
    Json,
    /// One JSON object per line.
    Jsonl,
    /// Comma-separated values with a header line.
    Csv,
    /// A Markdown table, to paste into a document.
    Markdown,
}

/// Writes `rows` to standard output.
///
/// # Errors
/// When standard output is closed or full.
pub fn print<Row: Serialize>(format: Format, rows: &[Row]) -> anyhow::Result<()> {
    output::print([render(format, rows)])?;
    Ok(())
}

fn render<Row: Serialize>(format: Format, rows: &[Row]) -> anyhow::Result<String> {
    let rows: Vec<Map<String, Value>> = rows.iter().map(object).collect::<anyhow::Result<_>>()?;
    Ok(match format {
        Format::Table => table(&rows),
        Format::Json => escaped_json(&serde_json::to_string_pretty(&rows)?).into_owned() + "\n",
        Format::Jsonl => rows.iter().map(json_line).collect(),
        Format::Csv => csv(&rows)?,
        Format::Markdown => markdown::rows(&columns(&rows), &rows),
    })
}

fn object<Row: Serialize>(row: &Row) -> anyhow::Result<Map<String, Value>> {
    match serde_json::to_value(row)? {
        Value::Object(fields) => Ok(fields),
        other => anyhow::bail!("a row must have named fields, not {other}"),
    }
}

fn json_line(row: &Map<String, Value>) -> String {
    escaped_json(&Value::Object(row.clone()).to_string()).into_owned() + "\n"
}

/// The names of the fields, in the order in which they first appear: a row may lack some.
fn columns(rows: &[Map<String, Value>]) -> Vec<&str> {
    let mut seen = HashSet::new();
    rows.iter().flat_map(Map::keys).map(String::as_str).filter(|name| seen.insert(*name)).collect()
}

fn table(rows: &[Map<String, Value>]) -> String {
    let names = columns(rows);
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(names.iter().map(|name| escaped(name).replace('_', " ")));
    for row in rows {
        table.add_row(names.iter().map(|name| row.get(*name).map_or_else(String::new, readable)));
    }
    for (column, name) in table.column_iter_mut().zip(&names) {
        if rows.iter().any(|row| row.get(*name).is_some_and(numeric)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt() + "\n"
}

/// A number, or a string with a rounded one; a dash means that it is not known.
fn numeric(value: &Value) -> bool {
    value.is_number() || value.as_str().is_some_and(|text| text == "-" || text.parse::<f64>().is_ok())
}

fn csv(rows: &[Map<String, Value>]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = columns(rows);
    if !names.is_empty() {
        writer.write_record(names.iter().map(|name| escaped(name).into_owned()))?;
    }
    for row in rows {
        writer.write_record(names.iter().map(|name| row.get(*name).map_or_else(String::new, plain)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A value in a cell of a file: all digits, and one line without control characters.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escaped(text).into_owned(),
        other => escaped(&other.to_string()).into_owned(),
    }
}

/// A value in a cell for a person: six significant digits.
fn readable(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if !value.is_u64() && !value.is_i64() => significant(number),
        _ => plain(value),
    }
}

/// Six significant digits, without an exponent where that is readable; integers in full.
fn significant(number: f64) -> String {
    let size = number.abs();
    if number.fract() == 0.0 && size < 1e15 {
        format!("{number:.0}")
    } else if (1e-4..1e9).contains(&size) {
        let decimals = 5 - size.log10().floor() as i32;
        format!("{number:.*}", usize::try_from(decimals).unwrap_or(0))
    } else {
        format!("{number:.5e}")
    }
}
