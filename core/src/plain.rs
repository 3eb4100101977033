//! Text and numbers that are safe to print: the content of a file must not control a terminal, nor flood it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Largest number of characters of a file that a message quotes.
const QUOTED: usize = 60;

/// Largest number of characters of another parser's message that is repeated: it may quote a complete file.
const REPEATED: usize = 160;

/// Whether a character controls a terminal or hides text: control characters, line and paragraph separators, marks and
/// overrides of the direction of text, and invisible characters.
pub fn is_active(character: char) -> bool {
    let hidden = matches!(character, '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    let general = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    character.is_control() || general || hidden
}

/// The text in one line, with every active character escaped, as `\n` or `\u{1b}`. Idempotent.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_active(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe.into()
}

/// JSON with the same value, in which every active character is escaped; line breaks between its parts stay.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    let active = |character: char| is_active(character) && character != '\n';
    if !json.contains(active) {
        return json.into();
    }
    let mut safe = String::with_capacity(json.len() + 8);
    for character in json.chars() {
        if active(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing into memory does not fail.
                _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    safe.into()
}

/// The excerpt of a file that a message quotes: one line, at most about 60 characters.
pub fn excerpt(text: &str) -> String {
    let safe = escaped(text);
    match safe.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &safe[..end]),
        None => safe.into_owned(),
    }
}

/// Another parser's message in one line, its middle omitted where it is long.
pub fn shortened(message: &str) -> String {
    let safe = escaped(message);
    let count = safe.chars().count();
    if count <= REPEATED {
        return safe.into_owned();
    }
    let (first, last) = (REPEATED * 2 / 3, REPEATED / 3);
    let begin: String = safe.chars().take(first).collect();
    let end: String = safe.chars().skip(count - last).collect();
    format!("{begin} … {end}")
}

/// A number for a file: as many digits as identify it, with a point or an exponent, so that no reader takes it for an
/// integer that overflows; `inf` and `-inf`, and empty for NaN.
pub fn float(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{value:?}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escaped, escaped_json, excerpt, float, is_active, shortened};

    #[test]
    fn active_characters_are_escaped() {
        assert_eq!(escaped("\u{1b}]0;owned\u{7}\u{1b}[31mx"), r"\u{1b}]0;owned\u{7}\u{1b}[31mx");
        assert_eq!(escaped("a\r\nb\tc\u{85}\u{9b}"), r"a\r\nb\tc\u{85}\u{9b}");
        assert_eq!(escaped("\u{202e}abc\u{2066}\u{200f}\u{feff}"), r"\u{202e}abc\u{2066}\u{200f}\u{feff}");
        assert_eq!(escaped("plain 'é' 한국어 …"), "plain 'é' 한국어 …");
    }

    #[test]
    fn json_keeps_its_value() {
        let name = "a\u{1b}\u{9b}\u{202e}\u{e0041}b\n";
        let json = serde_json::to_string_pretty(&[name]).unwrap();
        let safe = escaped_json(&json);
        assert!(!safe.contains(|character| is_active(character) && character != '\n'), "{safe}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&safe).unwrap(), [name]);
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(excerpt("0.71\n4,0.4"), r"0.71\n4,0.4");
        assert_eq!(excerpt(&"é".repeat(61)), "é".repeat(60) + "…");
        let long = format!("invalid type: string \"{}\", expected u32", "x".repeat(100_000));
        let short = shortened(&long);
        assert!(short.starts_with("invalid type: string \"xxx") && short.ends_with("xxx\", expected u32"), "{short}");
        assert!(short.chars().count() < 170);
    }

    #[test]
    fn numbers_stay_floats() {
        let written = [1e27, 5.0, 0.1, -1.5e-7, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(float);
        assert_eq!(written, ["1e27", "5.0", "0.1", "-1.5e-7", "inf", "-inf", ""]);
    }

    proptest! {
        #[test]
        fn escaping_twice_is_escaping_once(text in any::<String>()) {
            let once = escaped(&text);
            prop_assert!(!once.contains(is_active));
            prop_assert_eq!(escaped(&once), once.clone());
        }

        #[test]
        fn a_float_is_read_back(value: f64) {
            prop_assert_eq!(float(value).parse::<f64>().unwrap(), value);
        }
    }
}
