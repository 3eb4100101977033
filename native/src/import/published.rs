//! The files of training-free-nas as they were published: a byte-order mark, header lines in the middle, one of them
//! glued to the value before it, rows of stray files that are no logs, either line ending, ids hidden in the names of
//! log files.

use untrained_core::Error;
use untrained_core::benchmark::nas_bench_nlp::FIRST_RECIPE;

/// Column names of the losses, after the name of the log file.
const LOSS_COLUMNS: [&str; 4] = ["log name", "loss", "perplexity", "bits per word"];

/// Perplexity and bits per word were rounded to ten digits.
const ROUNDING: f64 = 1e-6;

/// A published file.
#[derive(Debug, Default)]
pub struct Published {
    /// Its rows, in order.
    pub rows: Vec<Line>,
    /// Header lines beyond the first.
    pub repeated_headers: usize,
    /// Headers glued to the end of a row.
    pub glued_headers: usize,
    /// Names of stray files that were taken for logs; their rows hold no number.
    pub strays: Vec<String>,
}

/// A row of a published file.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Line, counted from 1.
    pub line: u64,
    /// Id of the network, less 1,000,000.
    pub id: u32,
    /// Test loss, in nats per token, as published.
    pub loss: String,
    /// The cells after the loss, the perplexity and the bits per word, as published.
    pub cells: Vec<String>,
}

impl Line {
    /// Whether there is a loss.
    pub fn trained(&self) -> bool {
        self.loss != "nan"
    }
}

/// Reads a published file whose columns after the losses are `columns`; where a name was published in several
/// spellings, they stand one after another with a bar between.
///
/// # Errors
/// [`Error::Table`] with the line at fault.
pub fn read(file: &str, text: &str, columns: &[&str]) -> Result<Published, Error> {
    let wrong = |line, problem| Error::Table { table: file.to_owned(), line, problem };
    let mut lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    let expected = [&LOSS_COLUMNS[..], columns].concat();
    let header = lines.next().map_or("", |(_, header)| header);
    if !names(header, &expected) {
        return Err(wrong(1, format!("the header is not {}", expected.join(","))));
    }
    let mut published = Published::default();
    for (number, line) in lines {
        let (row, glued) = line.split_once(LOSS_COLUMNS[0]).map_or((line, false), |(row, _)| (row, true));
        if row.trim().is_empty() {
            published.repeated_headers += usize::from(glued);
            continue;
        }
        published.glued_headers += usize::from(glued);
        match parse(number, row, expected.len()).map_err(|problem| wrong(number, problem))? {
            Ok(row) => published.rows.push(row),
            Err(stray) => published.strays.push(stray),
        }
    }
    Ok(published)
}

/// Whether a header line has these names, each in one of its spellings.
fn names(header: &str, expected: &[&str]) -> bool {
    let spelt = |(name, spellings): (&str, &&str)| spellings.split('|').any(|spelling| spelling == name.trim());
    header.split(',').count() == expected.len() && header.split(',').zip(expected).all(spelt)
}

/// A row, or the name of a stray file.
fn parse(line: u64, row: &str, width: usize) -> Result<Result<Line, String>, String> {
    let cells: Vec<&str> = row.split(',').map(str::trim).collect();
    if cells.len() != width {
        return Err(format!("{} cells instead of {width}", cells.len()));
    }
    if let Some(cell) = cells[1..].iter().find(|cell| cell.parse::<f64>().is_err()) {
        return Err(format!("'{cell}' is no number"));
    }
    derived(&cells)?;
    let owned = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect();
    match id(cells[0]) {
        Some(id) => Ok(Ok(Line { line, id, loss: cells[1].to_owned(), cells: owned(&cells[LOSS_COLUMNS.len()..]) })),
        None if cells[1] == "nan" => Ok(Err(cells[0].to_owned())),
        None => Err(format!("'{}' names no network", cells[0])),
    }
}

/// Perplexity and bits per word are left out, so they must follow from the loss.
fn derived(cells: &[&str]) -> Result<(), String> {
    let number = |at: usize| cells[at].parse::<f64>().unwrap_or(f64::NAN);
    let loss = number(1);
    let off = |published: f64, derived: f64| (published / derived - 1.0).abs() > ROUNDING;
    let same = !off(number(2), loss.exp()) && !off(number(3), loss / std::f64::consts::LN_2);
    same.then_some(()).ok_or_else(|| "the perplexity or the bits per word do not follow from the loss".to_owned())
}

/// The id in a name like `log_stats_model_1000004_2020-04-15_11-01-23_999938456.json`.
fn id(log: &str) -> Option<u32> {
    let digits = log.strip_prefix("log_stats_model_")?.split('_').next()?;
    digits.parse::<u32>().ok()?.checked_sub(FIRST_RECIPE)
}

#[cfg(test)]
mod tests {
    use super::read;

    const HEADER: &str = "\u{feff}log name,loss,perplexity,bits per word,Cost\n";

    fn row(id: u32, end: &str) -> String {
        format!("log_stats_model_{id}_2020-04-15_11-01-23_9.json,1,2.718281828,1.442695041,{end}")
    }

    #[test]
    fn what_was_published_is_read() {
        let text = [
            HEADER,
            &row(1_000_004, " 7\r\n"),
            &row(1_000_005, "8log name,loss\n"),
            "log name,loss\n\n",
            "logs,nan,nan,nan,nan",
        ]
        .concat();
        let published = read("f", &text, &["Price|Cost"]).unwrap();
        assert_eq!((published.repeated_headers, published.glued_headers), (1, 1));
        assert_eq!(published.strays, ["logs"]);
        let rows: Vec<_> = published.rows.iter().map(|row| (row.line, row.id, row.cells[0].as_str())).collect();
        assert_eq!(rows, [(2, 4, "7"), (3, 5, "8")]);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let problem = |text: &str| read("f", text, &["Cost"]).unwrap_err().to_string();
        assert_eq!(problem("x"), "table f, line 1: the header is not log name,loss,perplexity,bits per word,Cost");
        assert_eq!(problem(&[HEADER, &row(1_000_004, "7,8")].concat()), "table f, line 2: 6 cells instead of 5");
        assert_eq!(problem(&[HEADER, &row(1_000_004, "x")].concat()), "table f, line 2: 'x' is no number");
        assert!(problem(&[HEADER, &row(9, "7")].concat()).ends_with("names no network"));
        let other = "log_stats_model_1000004_.json,1,2.8,1.442695041,7";
        assert!(problem(&[HEADER, other].concat()).ends_with("do not follow from the loss"));
    }
}
