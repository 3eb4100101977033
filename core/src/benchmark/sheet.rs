//! Reads the tables of `data/`: a header line, then numbers between commas.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};

use crate::plain::{excerpt, shortened};
use crate::{Error, Result};

/// A table's name and content.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Path under `data/`.
    pub name: &'a str,
    /// Content.
    pub bytes: &'a [u8],
}

impl<'a> File<'a> {
    /// The file of this name among `files`.
    ///
    /// # Errors
    /// [`Error::Table`] when it is not there.
    pub fn find(files: &[Self], name: &str) -> Result<Self> {
        let found = files.iter().find(|file| file.name == name).copied();
        found.ok_or_else(|| Error::Table {
            table: name.to_owned(),
            line: 1,
            problem: "the table is missing".to_owned(),
        })
    }
}

/// Reads a table whose first line is `header`; `row` makes a row of the numbers of a line, or says what is wrong.
///
/// # Errors
/// [`Error::Table`] with the line: another header, another number of cells, a cell that is no number, what `row` says.
pub fn read<Row>(
    table: &str,
    header: &[&str],
    bytes: &[u8],
    row: impl Fn(&[f64]) -> Result<Row, String>,
) -> Result<Vec<Row>> {
    let mut lines = ReaderBuilder::new().has_headers(false).from_reader(bytes).into_byte_records();
    let wrong = |line, problem| Error::Table { table: table.to_owned(), line, problem };
    match lines.next() {
        Some(Ok(first)) if first.iter().eq(header.iter().map(|name| name.as_bytes())) => {}
        _ => return Err(wrong(1, format!("the header is not {}", header.join(",")))),
    }
    lines
        .map(|line| {
            let line = line.map_err(|error| wrong(place(&error), unequal(&error)))?;
            let at = line.position().map_or(0, csv::Position::line);
            numbers(&line, header).and_then(|numbers| row(&numbers)).map_err(|problem| wrong(at, problem))
        })
        .collect()
}

/// Reads a table whose first column, `key`, counts something and occurs once; the numbers of the others by it.
///
/// # Errors
/// As [`read`].
pub fn keyed(file: File<'_>, key: &str, columns: &[&str]) -> Result<HashMap<u32, Vec<f64>>> {
    let header = [&[key], columns].concat();
    let rows = read(file.name, &header, file.bytes, |cells| Ok((whole(cells[0])?, cells[1..].to_vec())))?;
    Ok(rows.into_iter().collect())
}

fn place(error: &csv::Error) -> u64 {
    error.position().map_or(0, csv::Position::line)
}

fn unequal(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} cells instead of {expected_len}"),
        _ => shortened(&error.to_string()),
    }
}

fn numbers(line: &ByteRecord, header: &[&str]) -> Result<Vec<f64>, String> {
    let number = |(cell, name): (&[u8], &&str)| {
        let text = String::from_utf8_lossy(cell);
        text.parse().map_err(|_| format!("{name} is '{}', which is no number", excerpt(&text)))
    };
    line.iter().zip(header).map(number).collect()
}

/// A number that counts something: whole, not negative, below 2^32.
///
/// # Errors
/// What is wrong with it.
pub fn whole(value: f64) -> Result<u32, String> {
    let whole = value as u32;
    #[expect(clippy::float_cmp, reason = "a whole number is exactly its own integer")]
    let exact = f64::from(whole) == value;
    exact.then_some(whole).ok_or_else(|| format!("{value} is no whole number from 0 on"))
}

#[cfg(test)]
mod tests {
    use super::{read, whole};

    fn message(text: &str) -> String {
        let row = |cells: &[f64]| Ok((whole(cells[0])?, cells[1]));
        read("t", &["id", "loss"], text.as_bytes(), row)
            .map_or_else(|error| error.to_string(), |rows| format!("{rows:?}"))
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        assert_eq!(message("id,loss\n1,2.5\n"), "[(1, 2.5)]");
        assert_eq!(message("id,lost\n"), "table t, line 1: the header is not id,loss");
        assert_eq!(message(""), "table t, line 1: the header is not id,loss");
        assert_eq!(message("id,loss\n1,2\n1\n"), "table t, line 3: 1 cells instead of 2");
        assert_eq!(message("id,loss\n1,x\n"), "table t, line 2: loss is 'x', which is no number");
        assert_eq!(message("id,loss\n-1,2\n"), "table t, line 2: -1 is no whole number from 0 on");
    }
}
