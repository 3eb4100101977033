//! Where the cells of a CSV text are. A quote that was typed by mistake joins lines until the next one, so what is
//! wrong with a cell is reported with the line where its quote opened.

use csv::{Position, StringRecord};

/// The line, counted from 1, of a quote that opens and is never closed.
pub fn open_quote(text: &str) -> Option<u64> {
    let (mut line, mut opened) = (1, None);
    // A quote opens a cell only at its beginning; inside, two of them stand for one.
    let mut begins = true;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        line += u64::from(byte == b'\n');
        if opened.is_some() {
            if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                opened = None;
            }
            continue;
        }
        if byte == b'"' && begins {
            opened = Some(line);
        }
        begins = matches!(byte, b',' | b'\n' | b'\r');
    }
    opened
}

/// The line in which a row begins, counted from 1. The reader counts empty lines before it as part of it.
pub fn line(text: &str, row: &StringRecord) -> u64 {
    let Some(position) = row.position() else { return 1 };
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).filter(|byte| **byte == b'\n').count();
    Position::line(position) + empty as u64
}

/// A problem with one of these cells of a row that begins in `line`: where a cell spans lines, with the line in which
/// its quote opens.
pub fn problem(
    row: &StringRecord,
    line: u64,
    cells: impl IntoIterator<Item = usize>,
    problem: String,
) -> (u64, String) {
    let breaks = |at: usize| row.get(at).map_or(0, |cell| cell.matches('\n').count() as u64);
    match cells.into_iter().find(|&at| breaks(at) > 0) {
        Some(at) => {
            let opens = line + (0..at).map(breaks).sum::<u64>();
            (opens, format!("{problem}; a quote that opens here closes in line {}", opens + breaks(at)))
        }
        None => (line, problem),
    }
}

#[cfg(test)]
mod tests {
    use super::open_quote;

    #[test]
    fn a_quote_is_open_until_it_is_closed() {
        assert_eq!(open_quote("a,b\n1,\"2\n3,4\n"), Some(2));
        assert_eq!(open_quote("a,b\r\n1,2\r\n\r\n\"3,4\r\n"), Some(4));
        assert_eq!(open_quote("a\n\"say \"\"no\"\"\"\n\"\"\"\n"), Some(3));
        for closed in ["", "a,b\n1,\"2\n\",3\n", "5\" tube\n", "a\n\"\"\n", "\"a\" \"b\n"] {
            assert_eq!(open_quote(closed), None, "{closed:?}");
        }
    }
}
