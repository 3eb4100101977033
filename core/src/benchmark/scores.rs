//! Reads scores computed elsewhere or by this program: JSON, one object per architecture and metric, of which
//! `architecture`, `metric` and `value` are used, one a line or all in an array; or CSV with the same three columns, or
//! with a column `architecture` (or `id`) and one per metric, as pandas writes it. A value that is not finite is `inf`,
//! `-inf` or `nan`, in JSON a string or, as Python writes it, `NaN`, `Infinity` or `-Infinity` without quotes.

use super::frame::{self, Frame, Problem, network_name};
use super::title::is_computed;
use crate::error::without_place;
use crate::record::{self, Record, quoted};
use crate::{Error, Result};

/// Scores as a file holds them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// The file as a person named it.
    pub file: String,
    /// All scores, in the order of the file.
    pub scores: Vec<Given>,
    /// Columns that hold no number, and are not used.
    pub unused: Vec<String>,
}

/// A score as a file holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Line, counted from 1.
    pub line: u64,
    /// Name of the architecture.
    pub architecture: String,
    /// Name of the metric.
    pub metric: String,
    /// Its value, infinite or NaN included.
    pub value: f64,
}

impl Scores {
    /// Reads the scores of a file called `file`; a last line of JSON that a sudden end tore is left out. Of a CSV
    /// table, every column of numbers is a metric; a column that is `required`, or a metric that this program computes,
    /// must be one.
    ///
    /// # Errors
    /// [`Error::Records`] with the line: no record, no table, or a cell that is no number.
    pub fn read(file: &str, text: &str, required: &[String]) -> Result<Self> {
        let wrong = |(line, problem)| Error::Records { file: file.to_owned(), line, problem };
        // Spreadsheets put a mark of the byte order before the text.
        let text = text.trim_start_matches('\u{feff}');
        let records = match text.trim_start().chars().next() {
            Some('{') => record::read(file, text)?.records,
            Some('[') => arrays(text).map_err(wrong)?,
            None => Vec::new(),
            _ => return sheet(file, text, required).map_err(wrong),
        };
        let given = |(line, record): (u64, Record)| Given {
            line,
            architecture: network_name(&record.architecture).to_owned(),
            metric: record.metric,
            value: record.value,
        };
        let scores = records.into_iter().map(given).collect();
        Ok(Self { file: file.to_owned(), scores, unused: Vec::new() })
    }

    /// The names of the metrics, in the order in which they first appear.
    pub fn metrics(&self) -> Vec<&str> {
        let mut seen = std::collections::HashSet::new();
        self.scores.iter().map(|score| score.metric.as_str()).filter(|metric| seen.insert(*metric)).collect()
    }

    /// One sentence on the columns that hold no number; none where all do.
    pub fn unused(&self) -> Option<String> {
        frame::unused(&self.file, &self.unused.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// That a score of this file cannot be used, with its line.
    pub fn problem(&self, score: &Given, problem: String) -> Error {
        Error::Records { file: self.file.clone(), line: score.line, problem }
    }
}

/// The records of JSON arrays, one after the other, each at the line where its array ends.
fn arrays(text: &str) -> Result<Vec<(u64, Record)>, Problem> {
    let mut records = Vec::new();
    let text = &*quoted(text);
    let mut arrays = serde_json::Deserializer::from_str(text).into_iter::<Vec<Record>>();
    while let Some(array) = arrays.next() {
        let array = array.map_err(|error| (error.line() as u64, without_place(&error)))?;
        let line = 1 + text[..arrays.byte_offset()].matches('\n').count() as u64;
        records.extend(array.into_iter().map(|record| (line, record)));
    }
    Ok(records)
}

/// The scores of a CSV table. An empty cell is no score.
fn sheet(file: &str, text: &str, required: &[String]) -> Result<Scores, Problem> {
    let frame = Frame::read(text)?;
    let Some(key) = frame.key() else {
        let names = frame.names();
        let problem = "the first line must name a column 'architecture' and one per metric, with commas between, not";
        return Err((frame.first, format!("{problem} '{names}'")));
    };
    let mut scores = Scores { file: file.to_owned(), ..Scores::default() };
    match frame.find("metric").zip(frame.find("value")) {
        Some(long) => long_rows(&mut scores, &frame, key, long)?,
        None => wide_rows(&mut scores, &frame, key, required)?,
    }
    Ok(scores)
}

/// One score a row. A row that says of which part of a network it is holds a term of a score, and is left out.
fn long_rows(scores: &mut Scores, frame: &Frame, key: usize, (metric, value): (usize, usize)) -> Result<(), Problem> {
    let parts: Vec<usize> = ["layer", "part", "head"].into_iter().filter_map(|name| frame.find(name)).collect();
    for row in frame.rows.iter().filter(|row| parts.iter().all(|&at| row.cell(at).is_empty())) {
        let architecture = network_name(frame.text(row, key)?).to_owned();
        let metric = frame.text(row, metric)?.to_owned();
        if let Some(value) = frame.number(row, value)? {
            scores.scores.push(Given { line: row.line, architecture, metric, value });
        }
    }
    Ok(())
}

/// One network a row, one metric a column.
fn wide_rows(scores: &mut Scores, frame: &Frame, key: usize, required: &[String]) -> Result<(), Problem> {
    let is_required = |name: &str| is_computed(name) || required.iter().any(|known| known == name);
    let (metrics, unused): (Vec<usize>, Vec<usize>) =
        frame.values().partition(|&at| is_required(frame.name(at)) || frame.is_numeric(at));
    scores.unused = unused.into_iter().map(|at| frame.name(at).to_owned()).collect();
    for row in &frame.rows {
        let architecture = network_name(frame.text(row, key)?);
        for &at in &metrics {
            if let Some(value) = frame.number(row, at)? {
                let metric = frame.name(at).to_owned();
                scores.scores.push(Given { line: row.line, architecture: architecture.to_owned(), metric, value });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scores;

    fn read(text: &str) -> String {
        let summary = |scores: Scores| {
            let all = scores.scores.iter().map(|one| format!("{} {}={:?}", one.architecture, one.metric, one.value));
            all.collect::<Vec<_>>().join(", ")
        };
        Scores::read("scores", text, &["named".to_owned()]).map_or_else(|error| error.to_string(), summary)
    }

    /// As pandas writes a data frame: an index without a name, whole numbers as floats, text, and missing values.
    #[test]
    fn a_table_of_pandas_is_read() {
        let text = ",architecture,mine,note,seed\n0,3.0,0.5,good,1\n1,4.0,,bad,1\n2,a b,-inf,,1\n";
        assert_eq!(read(text), "3 mine=0.5, a b mine=-inf");
        assert_eq!(Scores::read("scores", text, &[]).unwrap().unused, ["note"]);
        assert_eq!(read("id,mine,other\n1,2,3\n1,NA,4\n"), "1 mine=2.0, 1 other=3.0, 1 other=4.0");
    }

    /// A column without any number is not used; one that is named, known or a number elsewhere must hold numbers.
    #[test]
    fn what_is_no_number_has_a_place() {
        assert_eq!(read("id,mine\n1,x\n"), "");
        assert_eq!(read("id,named\n1,x\n"), "records scores, line 2: named is 'x', which is no number");
        assert_eq!(read("id,depth\n\n1,x\n"), "records scores, line 3: depth is 'x', which is no number");
        assert_eq!(read("id,mine\n1,2\n2,x\n"), "records scores, line 3: mine is 'x', which is no number");
        assert_eq!(read("id,mine\n1,2\n,2\n"), "records scores, line 3: id is empty");
        let open = "records scores, line 2: id is '1\\n2', which is no name; a quote that opens here closes in line 3";
        assert_eq!(read("id,mine\n\"1\n2\",2\n"), open);
        assert!(read("mine,yours\n1,2\n").contains("must name a column 'architecture'"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in ".*") {
            drop(Scores::read("t", &text, &[]));
        }

        #[test]
        fn no_table_makes_it_panic(cells in prop::collection::vec("[0-9a-z.,\"\n]{0,6}", 0..40)) {
            drop(Scores::read("t", &format!("id,mine\n{}", cells.join(",")), &[]));
        }
    }
}
