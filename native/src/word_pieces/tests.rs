use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::*;

const LIST: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##train\n##ed\n.\nnetwork\n";

/// Tokenizers of BERT, and the ids that `transformers` gives with them; written by `tests/tokenizer_cases.py`.
#[derive(Deserialize)]
struct Cases {
    vocabulary: Vec<String>,
    texts: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    files: BTreeMap<String, Value>,
    ids: Vec<Vec<u32>>,
}

fn cases() -> Cases {
    serde_json::from_str(include_str!("../../../tests/cases/tokenizers.json")).unwrap()
}

impl Cases {
    fn list(&self) -> String {
        self.vocabulary.iter().map(|word| format!("{word}\n")).collect()
    }

    /// The files of a case in a folder.
    fn write(&self, case: &Case) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let words: serde_json::Map<String, Value> =
            self.vocabulary.iter().cloned().zip((0..).map(|id: u32| id.into())).collect();
        for (name, content) in &case.files {
            let text = match content {
                Value::String(_) => self.list(),
                other => other.to_string().replace("\"WORDS\"", &serde_json::to_string(&words).unwrap()),
            };
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }
}

fn cut(list: &str, corpus: &str, batch: usize, sequence: usize) -> anyhow::Result<Vec<u32>> {
    Ok(WordPieces::new(list, None)?.cut(corpus, &Sizes { batch, sequence, ..Sizes::default() })?.ids)
}

fn message(list: &str) -> String {
    WordPieces::new(list, None).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn ids_are_those_of_transformers() {
    let all = cases();
    assert!(all.cases.len() > 25 && all.texts.len() > 5);
    for case in &all.cases {
        let pieces = WordPieces::of_checkpoint(all.write(case).path()).unwrap();
        let ids = |text: &String| pieces.ids(text, pieces.longest.min(24)).unwrap();
        for (text, expected) in all.texts.iter().zip(&case.ids) {
            assert_eq!(&ids(text), expected, "{}: {text}", case.name);
        }
    }
}

/// A user's vocabulary is set up by the settings next to it as that of a checkpoint.
#[test]
fn settings_next_to_a_vocabulary_are_read() {
    let all = cases();
    for case in all.cases.iter().filter(|case| case.files.contains_key("tokenizer_config.json")) {
        let folder = all.write(case);
        let file = ["tokenizer.json", "vocab.txt"].into_iter().find(|name| case.files.contains_key(*name)).unwrap();
        let pieces = WordPieces::open(&folder.path().join(file)).unwrap();
        assert_eq!(pieces.ids(&all.texts[4], pieces.longest.min(24)).unwrap(), case.ids[4], "{}", case.name);
    }
}

#[test]
fn unusable_settings_are_reported() {
    let settings = |text: &str, sentence: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vocab.txt"), LIST).unwrap();
        std::fs::write(folder.path().join("tokenizer_config.json"), text).unwrap();
        let message = WordPieces::of_checkpoint(folder.path()).err().map(|error| format!("{error:#}")).unwrap();
        assert!(message.contains(sentence), "{message}");
    };
    settings(
        "{\"do_lower_case\": \"false\"}",
        "tokenizer_config.json: invalid type: string \"false\", expected a boolean",
    );
    settings("{\"do_lower_case\": ", "tokenizer_config.json: EOF while parsing");
    settings("[]", "tokenizer_config.json: invalid type: sequence, expected a map");
    settings("{\"cls_token\": \"<s>\"}", "vocab.txt: vocabulary, special tokens: the special token <s> is missing");
    settings("{\"truncation_side\": \"up\"}", "truncation_side 'up' is neither left nor right");
    settings("{\"tokenizer_class\": \"BertJapaneseTokenizer\"}", "tokenizer_class BertJapaneseTokenizer does not read");
}

#[test]
fn text_becomes_rows_of_word_pieces() {
    assert_eq!(cut(LIST, "Untrained network.\nx\n", 2, 7).unwrap(), [2, 4, 5, 6, 8, 7, 3, 2, 1, 3, 0, 0, 0, 0]);
    assert_eq!(WordPieces::new(LIST, None).unwrap().count(), 9);
    let rows =
        WordPieces::new(LIST, None).unwrap().cut("x\nuntrained", &Sizes { batch: 2, sequence: 9, ..Sizes::default() });
    assert_eq!(rows.unwrap().lengths, [3, 5]);
}

/// With a capital letter in the list, capital letters of the text stay.
#[test]
fn a_cased_list_keeps_capital_letters() {
    assert_eq!(cut(&format!("{LIST}Un\n"), "Untrained", 1, 5).unwrap(), [2, 9, 5, 6, 3]);
}

/// As a list and as JSON; the row length that the JSON sets is ignored.
#[test]
fn a_tokenizer_in_json_gives_the_same() {
    let mut tokenizer = WordPieces::new(LIST, None).unwrap().tokenizer;
    let short = tokenizers::TruncationParams { max_length: 2, ..Default::default() };
    tokenizer.with_padding(Some(tokenizers::PaddingParams::default())).with_truncation(Some(short)).unwrap();
    for framed in [true, false] {
        if !framed {
            tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        }
        let json = tokenizer.to_string(false).unwrap();
        assert_eq!(cut(&json, "untrained", 1, 6).unwrap(), cut(LIST, "untrained", 1, 6).unwrap());
    }
}

#[test]
fn a_vocabulary_without_special_tokens_is_refused() {
    for token in ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] {
        let problem = format!("vocabulary, special tokens: the special token {token} is missing");
        assert_eq!(message(&LIST.replace(token, "word")), problem);
    }
    assert!(message("{\"model\": 1}").starts_with("the tokenizer file is damaged: "), "{}", message("{\"model\": 1}"));
}

/// Truncated at any byte, a tokenizer file is refused in one sentence; with any part replaced, it is refused in one
/// sentence or still valid.
#[test]
fn a_damaged_tokenizer_file_is_refused_in_one_sentence() {
    let complete = WordPieces::new(LIST, None).unwrap().tokenizer.to_string(false).unwrap();
    for end in (1..complete.len()).filter(|&end| complete.is_char_boundary(end)) {
        let message = message(&complete[..end]);
        assert!(message.starts_with("the tokenizer file is damaged: EOF while parsing"), "{end}: {message}");
    }
    let mut refused = 0;
    let parts: Value = serde_json::from_str(&complete).unwrap();
    for part in parts.as_object().unwrap().keys() {
        for wrong in ["null", "{}", "[]", "7", "\"x\"", "{\"type\": \"Bert\"}", "{\"type\": 3}", "[{}]"] {
            let mut spoiled = parts.clone();
            spoiled[part] = serde_json::from_str(wrong).unwrap();
            let message = message(&spoiled.to_string());
            refused += usize::from(message.starts_with("the tokenizer file is damaged: "));
            assert!(!message.contains('\n'), "{part} {wrong}: {message}");
        }
    }
    // Some parts may have any form; most may not.
    assert!(refused > 20, "{refused}");
}
