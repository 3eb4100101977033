//! A CSV text as other programs write it: a header, and rows of cells, each with its line.

use csv::StringRecord;

use super::cells;
use crate::plain::{excerpt, shortened};

/// The line, counted from 1, and what is wrong there.
pub type Problem = (u64, String);

/// Names of the column that says which network a row is, the first that is there.
const KEYS: [&str; 5] = ["architecture", "id", "network", "name", "model"];

/// Names of further columns that say which row it is or what came of it: they are no numbers to predict with.
const LABELS: [&str; 5] = ["recipe", "run", "repetition", "seed", "result"];

/// How a value that is not known is written, besides an empty cell and `nan`.
const UNKNOWN: [&str; 4] = ["NA", "N/A", "null", "None"];

/// A table of text.
#[derive(Debug)]
pub struct Frame {
    /// Trimmed names of the columns.
    header: Vec<String>,
    /// Line of the header.
    pub first: u64,
    /// Every row with the line in which it begins. A header that is repeated, where files were joined, is left out.
    pub rows: Vec<Line>,
}

/// A row of a [`Frame`].
#[derive(Debug)]
pub struct Line {
    /// Line in which it begins, counted from 1.
    pub line: u64,
    /// Its cells, trimmed.
    cells: StringRecord,
    /// Its cells as they are written, line breaks included.
    written: StringRecord,
}

/// One sentence on the columns of a file that are not used; none where all are.
pub fn unused(file: &str, columns: &[&str]) -> Option<String> {
    let sentence = || format!("Columns of {file} without numbers are not used: {}.", columns.join(", "));
    (!columns.is_empty()).then(sentence)
}

impl Frame {
    /// Reads a text.
    ///
    /// # Errors
    /// [`Problem`]: an open quote, or a row with another number of cells.
    pub fn read(text: &str) -> Result<Self, Problem> {
        if let Some(line) = cells::open_quote(text) {
            return Err((line, "a quote opens here and is never closed".to_owned()));
        }
        // Rows are trimmed and measured here: the reader would do it without saying where a quote opens.
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let mut header = reader.headers().map_err(|error| (1, shortened(&error.to_string())))?.clone();
        let first = cells::line(text, &header);
        header.trim();
        let mut rows = Vec::new();
        for row in reader.records() {
            let place = |error: &csv::Error| error.position().map_or(0, csv::Position::line);
            let written = row.map_err(|error| (place(&error), shortened(&error.to_string())))?;
            let line = cells::line(text, &written);
            let mut cells = written.clone();
            cells.trim();
            if cells.len() != header.len() {
                let problem = format!("{} cells, where the first line has {}", cells.len(), header.len());
                return Err(cells::problem(&written, line, 0..cells.len(), problem));
            }
            if cells != header {
                rows.push(Line { line, cells, written });
            }
        }
        Ok(Self { header: header.iter().map(str::to_owned).collect(), first, rows })
    }

    /// The position of a column.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|known| known == name)
    }

    /// The name of a column.
    pub fn name(&self, at: usize) -> &str {
        &self.header[at]
    }

    /// The name of a column; `None` beyond the last.
    pub fn get(&self, at: usize) -> Option<&str> {
        self.header.get(at).map(String::as_str)
    }

    /// All names, with commas between, as a message quotes them.
    pub fn names(&self) -> String {
        excerpt(&self.header.join(","))
    }

    /// The position of the column that says which network a row is.
    pub fn key(&self) -> Option<usize> {
        KEYS.iter().find_map(|name| self.find(name))
    }

    /// The positions of the columns that may hold values: neither a key nor a label nor an index without a name.
    pub fn values(&self) -> impl Iterator<Item = usize> {
        let is_value = |name: &str| !KEYS.contains(&name) && !LABELS.contains(&name) && !is_index(name);
        (0..self.header.len()).filter(move |&at| is_value(&self.header[at]))
    }

    /// Whether any cell of a column is a number.
    pub fn is_numeric(&self, at: usize) -> bool {
        self.rows.iter().any(|row| !row.is_unknown(at) && row.cells[at].parse::<f64>().is_ok())
    }

    /// The number in a cell; `None` where it is not known.
    ///
    /// # Errors
    /// [`Problem`]: the cell is no number.
    pub fn number(&self, row: &Line, at: usize) -> Result<Option<f64>, Problem> {
        if row.is_unknown(at) {
            return Ok(None);
        }
        let wrong =
            |_| row.problem(at, format!("{} is '{}', which is no number", self.name(at), excerpt(&row.cells[at])));
        row.cells[at].parse().map(Some).map_err(wrong)
    }

    /// The text of a cell in one line, such as the name of a network.
    ///
    /// # Errors
    /// [`Problem`]: it is empty, or a quote takes in several lines.
    pub fn text<'a>(&self, row: &'a Line, at: usize) -> Result<&'a str, Problem> {
        let cell = &row.cells[at];
        let name = self.name(at);
        if cell.is_empty() {
            return Err(row.problem(at, format!("{name} is empty")));
        }
        if cell.contains('\n') {
            return Err(row.problem(at, format!("{name} is '{}', which is no name", excerpt(cell))));
        }
        Ok(cell)
    }
}

impl Line {
    /// The cell of a column.
    pub fn cell(&self, at: usize) -> &str {
        &self.cells[at]
    }

    fn is_unknown(&self, at: usize) -> bool {
        self.cells[at].is_empty() || UNKNOWN.contains(&&self.cells[at])
    }

    /// What is wrong with a cell, with the line in which its quote opens where it takes in several.
    pub fn problem(&self, at: usize, problem: String) -> Problem {
        cells::problem(&self.written, self.line, [at], problem)
    }
}

/// Whether a column is the index that pandas writes: without a name, or named so where it was read back.
fn is_index(name: &str) -> bool {
    name.is_empty() || name.starts_with("Unnamed: ")
}

/// The name of a network, the same whether it is written as a whole number or, as pandas does where a value is missing,
/// as a float: `3.0` is `3`.
pub fn network_name(name: &str) -> &str {
    let whole = name.split_once('.').filter(|(whole, rest)| {
        !whole.is_empty()
            && !rest.is_empty()
            && whole.bytes().all(|digit| digit.is_ascii_digit())
            && rest.bytes().all(|digit| digit == b'0')
    });
    whole.map_or(name, |(whole, _)| whole)
}

#[cfg(test)]
mod tests {
    use super::{Frame, network_name};

    #[test]
    fn an_index_of_pandas_is_no_value() {
        let frame = Frame::read(",Unnamed: 0,id,run,mine,name\n0,0,3.0,1,0.5,a\n1,1,4.0,1,,b\n").unwrap();
        assert_eq!((frame.key(), frame.values().collect::<Vec<_>>()), (Some(2), vec![4]));
        assert!(frame.is_numeric(4) && !frame.is_numeric(5));
        assert_eq!(frame.number(&frame.rows[0], 4), Ok(Some(0.5)));
        assert_eq!(frame.number(&frame.rows[1], 4), Ok(None));
        assert_eq!(frame.number(&frame.rows[1], 5), Err((3, "name is 'b', which is no number".to_owned())));
    }

    #[test]
    fn whole_floats_are_names() {
        assert_eq!(
            ["3.0", "3", "03.00", "3.5", ".0", "1.", "a.0"].map(network_name),
            ["3", "3", "03", "3.5", ".0", "1.", "a.0"]
        );
    }
}
