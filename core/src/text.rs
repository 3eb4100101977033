//! Decoding of text files: the only place that checks encodings.

use thiserror::Error;

/// U+FEFF, which editors write at the start of a file to mark its encoding. It is no part of the text.
const MARK: char = '\u{feff}';

/// Why bytes cannot be read as text.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum NotText {
    /// Two or four bytes a character.
    #[error("the text is in {0}; save it in UTF-8")]
    Wide(&'static str),
    /// Any other encoding, or not text.
    #[error("not text in UTF-8, at byte {0}")]
    Byte(usize),
}

/// The text of a file in UTF-8, without the byte-order mark.
///
/// # Errors
/// [`NotText`] where the bytes are in another encoding.
pub fn decode(bytes: Vec<u8>) -> Result<String, NotText> {
    if let Some(encoding) = wide(&bytes) {
        return Err(NotText::Wide(encoding));
    }
    let text = String::from_utf8(bytes).map_err(|error| NotText::Byte(error.utf8_error().valid_up_to()))?;
    let marked = text.len() - without_mark(&text).len();
    Ok(if marked == 0 { text } else { text[marked..].to_owned() })
}

/// A text without the byte-order mark at its start.
pub fn without_mark(text: &str) -> &str {
    text.trim_start_matches(MARK)
}

/// The encoding of text with two or four bytes a character, from its mark or the zero bytes in its first two
/// characters.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    match *bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [1..=255, 0, 1..=255, 0, ..] | [0, 1..=255, 0, 1..=255, ..] => Some("UTF-16"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_at_the_start_is_removed() {
        for (bytes, text) in
            [("\u{feff}a b", "a b"), ("\u{feff}\u{feff}a", "a"), ("a\u{feff}b", "a\u{feff}b"), ("", "")]
        {
            assert_eq!(decode(bytes.into()).unwrap(), text);
        }
        assert_eq!(decode(b"\xef\xbb\xbf{}".to_vec()).unwrap(), "{}");
    }

    #[test]
    fn other_encodings_are_named() {
        let wide = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(unit).collect() };
        let message = |bytes: Vec<u8>| decode(bytes).unwrap_err().to_string();
        for text in ["\u{feff}a", "\u{feff}", "\u{feff}한국", "two words"] {
            assert_eq!(message(wide(text, u16::to_le_bytes)), "the text is in UTF-16; save it in UTF-8");
            assert_eq!(message(wide(text, u16::to_be_bytes)), "the text is in UTF-16; save it in UTF-8");
        }
        assert_eq!(message(vec![0xff, 0xfe, 0, 0, b'a', 0, 0, 0]), "the text is in UTF-32; save it in UTF-8");
        assert_eq!(message(vec![b'a', 0xe9, b'b']), "not text in UTF-8, at byte 1");
        // The zero bytes of a file that was cut off by a crash are not an encoding.
        assert_eq!(decode(b"{}\n\0\0\0".to_vec()).unwrap(), "{}\n\0\0\0");
    }
}
