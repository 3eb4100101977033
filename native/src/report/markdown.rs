//! Tables in Markdown, as GitHub reads them.

use serde_json::{Map, Number, Value};
use untrained_core::chart::rounded;
use untrained_core::figure::words::count;

/// What a cell shows where nothing is known.
const NONE: &str = "–";

/// A table with one line per row; the names of the fields are the titles of the columns.
pub fn rows(names: &[&str], rows: &[Map<String, Value>]) -> String {
    let titles: Vec<String> = names.iter().map(|name| name.replace('_', " ")).collect();
    let cells = rows.iter().map(|row| names.iter().map(|name| cell(row.get(*name))).collect());
    table(&titles, cells)
}

/// A table of texts.
pub fn table(titles: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rule = titles.iter().map(|_| "---".to_owned()).collect();
    let lines = [titles.to_vec(), rule].into_iter().chain(rows);
    lines.map(|cells| format!("| {} |\n", cells.join(" | "))).collect()
}

/// A value in a cell, with every digit that is known of it.
pub fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => NONE.to_owned(),
        Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        Some(Value::Number(number)) => number_text(number),
        Some(Value::String(text)) => plain(text),
        Some(other) => plain(&other.to_string()),
    }
}

/// A number with `decimals` digits after the point, where it is known.
pub fn decimals(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| rounded(value, decimals))
}

fn number_text(number: &Number) -> String {
    if let Some(whole) = number.as_u64().and_then(|whole| usize::try_from(whole).ok()) {
        return count(whole);
    }
    let value = number.as_f64().unwrap_or(f64::NAN);
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    format!("{sign}{:?}", value.abs())
}

/// One line that does not end its cell.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::rows;

    fn row(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_table_as_github_reads_it() {
        let first = row(&json!({"metric": "a|b\nc", "share_near": 0.975, "rows": 8794, "agrees": true}));
        let second = row(&json!({"metric": "d", "share_near": -7.5e-8, "rows": null}));
        let expected = "| metric | share near | rows | agrees |\n| --- | --- | --- | --- |\n\
                        | a\\|b c | 0.975 | 8,794 | yes |\n| d | \u{2212}7.5e-8 | – | – |\n";
        assert_eq!(rows(&["metric", "share_near", "rows", "agrees"], &[first, second]), expected);
    }
}
