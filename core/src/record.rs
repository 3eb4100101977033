//! What is answered, and how it is written and read: JSON Lines, one record a line.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::without_place;
use crate::number::{read_name, read_value, write_value};
use crate::observation::Term;
use crate::origin::Origin;
use crate::undefined::Undefined;
use crate::{Error, Result};

/// One metric of one architecture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Record {
    /// The architecture; a number is read as its name.
    #[serde(deserialize_with = "read_name")]
    pub architecture: String,
    /// Metric identifier.
    pub metric: String,
    /// The value; in JSON one that is not finite is the string `inf`, `-inf` or `nan`.
    #[cfg_attr(feature = "schema", schema(schema_with = crate::number::value_schema))]
    #[serde(serialize_with = "write_value", deserialize_with = "read_value")]
    pub value: f64,
    /// Why the value is not finite.
    #[serde(default)]
    pub why: Option<String>,
    /// Time all metrics of the job took together, in seconds.
    #[serde(default)]
    pub seconds: f64,
    /// Floating-point operations that all metrics of the job took together, or the training so far; roughly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<f64>,
    /// Seed of the weights and of the noise; none where the weights were given.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Device it was computed on.
    #[serde(default)]
    pub device: String,
    /// Version of this program.
    #[serde(default)]
    pub version: String,
    /// What else must be known to compute it again.
    #[serde(flatten)]
    pub origin: Box<Origin>,
    /// What the value is computed from, where the command line requests it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<Term>,
}

/// What was scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The architecture.
    pub architecture: String,
    /// Seed of the weights; none where they were given.
    pub seed: Option<u64>,
    /// Identifiers of the metrics.
    pub metrics: Vec<&'static str>,
    /// Floating-point operations that all metrics take together, roughly.
    pub operations: f64,
    /// What else must be known to compute its scores again.
    pub origin: Box<Origin>,
}

impl Record {
    /// Records of what was scored from its scores, in the order of its metrics.
    pub fn from_scores(
        subject: &Subject,
        scores: Vec<Result<f64, Undefined>>,
        device: &str,
        seconds: f64,
    ) -> Vec<Self> {
        let record = |(metric, score): (&&'static str, Result<f64, Undefined>)| {
            let (value, why) =
                score.map_or_else(|undefined| (undefined.value, Some(undefined.why)), |value| (value, None));
            Self {
                architecture: subject.architecture.clone(),
                metric: (*metric).to_owned(),
                value,
                why,
                seconds: (seconds * 1e3).round() / 1e3,
                operations: Some(subject.operations.round()),
                seed: subject.seed,
                device: device.to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                origin: subject.origin.clone(),
                terms: Vec::new(),
            }
        };
        subject.metrics.iter().zip(scores).map(record).collect()
    }
}

/// Every field of a record, in the order of the columns of a table; terms are no part of it.
const FIELDS: [&str; 30] = [
    "architecture",
    "metric",
    "value",
    "why",
    "seconds",
    "operations",
    "seed",
    "device",
    "version",
    "space",
    "benchmark",
    "recipe",
    "configuration",
    "decoder",
    "as_published",
    "vocabulary",
    "embedding",
    "hidden",
    "layers",
    "positions",
    "batch",
    "steps",
    "sequence",
    "weights_sha256",
    "text",
    "text_seed",
    "corpus_sha256",
    "vocabulary_sha256",
    "inputs_sha256",
    "tokens_sha256",
];

/// Records as a table for other programs: the names of the fields that one of them has, and a row for each. A cell that
/// does not apply is empty, a recipe or a configuration is JSON.
pub fn sheet(records: &[Record]) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let records: Vec<Value> = records.iter().map(|record| serde_json::to_value(record).unwrap_or_default()).collect();
    let header: Vec<&str> =
        FIELDS.into_iter().filter(|name| records.iter().any(|record| record.get(name).is_some())).collect();
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let rows = records.iter().map(|record| header.iter().map(|name| cell(record.get(name))).collect());
    let rows = rows.collect();
    (header, rows)
}

/// The records of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// Each with its line, counted from 1.
    pub records: Vec<(u64, Record)>,
    /// Bytes up to the end of the last line that is whole. What follows was torn by a sudden end.
    pub whole: usize,
}

/// The text of the records in `file`. What a sudden end leaves behind the last whole character is left out: part of a
/// character, and NUL bytes where the file had grown before its content was on disk.
///
/// # Errors
/// [`Error::Records`] with the line that is not text in UTF-8.
pub fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let bytes = &bytes[..end];
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let whole = &bytes[..error.valid_up_to()];
    if error.error_len().is_none() {
        // The last character breaks off: what is before it was valid.
        return Ok(std::str::from_utf8(whole).unwrap_or_default());
    }
    let line = 1 + whole.iter().filter(|byte| **byte == b'\n').count() as u64;
    Err(Error::Records { file: file.to_owned(), line, problem: "not text in UTF-8".to_owned() })
}

/// Reads JSON Lines from the text of `file`. Empty lines and a byte-order mark are passed over; of a record only
/// `architecture`, `metric` and `value` must be there.
///
/// # Errors
/// [`Error::Records`] with the line that is no record, unless it is the beginning of one at the end of the file.
pub fn read(file: &str, text: &str) -> Result<Lines> {
    let mut lines = Lines { records: Vec::new(), whole: 0 };
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let content = if number == 1 { line.trim_start_matches('\u{feff}') } else { line };
        match serde_json::from_str(content).or_else(|error| serde_json::from_str(&quoted(content)).map_err(|_| error)) {
            Ok(record) => lines.records.push((number, record)),
            Err(_) if content.trim().is_empty() => {}
            Err(_) if is_torn(content) => return Ok(lines),
            Err(error) => {
                return Err(Error::Records { file: file.to_owned(), line: number, problem: no_record(&error) });
            }
        }
        lines.whole += line.len();
    }
    Ok(lines)
}

/// JSON in which the numbers that it does not know, but that Python writes, are strings: `NaN`, `Infinity`,
/// `-Infinity`.
pub(crate) fn quoted(json: &str) -> Cow<'_, str> {
    const BARE: [(&str, &str); 3] = [("-Infinity", "\"-inf\""), ("Infinity", "\"inf\""), ("NaN", "\"nan\"")];
    if !BARE.iter().any(|(bare, _)| json.contains(bare)) {
        return json.into();
    }
    let mut read = String::with_capacity(json.len() + 8);
    // Every second part lies between quotes, but for a quote after a backslash, which ends none.
    let mut inside = false;
    for part in json.split_inclusive('"') {
        let escaped =
            part.strip_suffix('"').unwrap_or(part).bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
        if inside {
            read.push_str(part);
        } else {
            read.push_str(&BARE.iter().fold(part.to_owned(), |part, (bare, text)| part.replace(bare, text)));
        }
        inside ^= !(inside && escaped);
    }
    read.into()
}

/// Whether a line is the beginning of a record as this program writes it, and breaks off.
fn is_torn(line: &str) -> bool {
    const START: &str = "{\"architecture\":";
    let begins = line.starts_with(START) || START.starts_with(line);
    // A number that ends after its sign, point or exponent is a syntax error to the parser; with one more digit it is
    // not.
    begins && !line.ends_with('\n') && (breaks_off(line) || breaks_off(&format!("{line}0")))
}

/// Whether the only problem of some JSON is that it ends too early.
fn breaks_off(json: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(json).is_err_and(|error| error.is_eof())
}

/// The parser counts lines from the beginning of the one line it was given.
fn no_record(error: &serde_json::Error) -> String {
    format!("no record of a score: {}, column {}", without_place(error), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Site;

    fn read_line(line: &str) -> String {
        match read("a.jsonl", line) {
            Ok(lines) => {
                format!("{:?}", lines.records.iter().map(|(at, r)| (at, &r.architecture, r.value)).collect::<Vec<_>>())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn architectures_and_values_come_in_several_spellings() {
        let short = r#"{"architecture":889,"metric":"depth","value":"-inf"}"#;
        assert_eq!(read_line(short), r#"[(1, "889", -inf)]"#);
        assert_eq!(read_line(&format!("\n{short}\n\n")), r#"[(2, "889", -inf)]"#);
        assert_eq!(
            read_line(r#"{"architecture":"a/b","metric":"depth","value":"0.5","why":null}"#),
            r#"[(1, "a/b", 0.5)]"#
        );
    }

    #[test]
    fn a_line_that_is_no_record_is_named_and_a_torn_one_left_out() {
        let whole = "{\"architecture\":1,\"metric\":\"depth\",\"value\":2}\n";
        for torn in ["{", "{\"arch", "{\"architecture\":1,\"metr", "{\"architecture\":\"4"] {
            let text = format!("{whole}{torn}");
            let lines = read("a.jsonl", &text).unwrap();
            assert_eq!((lines.records.len(), lines.whole), (1, whole.len()), "{torn}");
            assert!(read("a.jsonl", &format!("{text}\n")).is_err(), "{torn}");
        }
        let value = read_line(r#"{"architecture":"9","metric":"depth","value":"much"}"#);
        let expected =
            "records a.jsonl, line 1: no record of a score: the value is neither a number nor inf, -inf or nan, column";
        assert!(value.starts_with(expected), "{value}");
        assert!(
            read_line(&format!("{whole}{{\"my\": 1}}")).starts_with("records a.jsonl, line 2: no record of a score: ")
        );
    }

    /// A record with every field there is, of both spaces.
    fn whole() -> Record {
        let cell = r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#;
        let mut record: Value =
            serde_json::from_str(r#"{"architecture":"a","metric":"depth","value":1e27,"operations":2.0}"#).unwrap();
        for name in
            ["vocabulary", "embedding", "hidden", "layers", "positions", "batch", "steps", "sequence", "text_seed"]
        {
            record[name] = 3.into();
        }
        for name in [
            "space",
            "benchmark",
            "weights_sha256",
            "corpus_sha256",
            "vocabulary_sha256",
            "inputs_sha256",
            "tokens_sha256",
        ] {
            record[name] = "s".into();
        }
        (record["text"], record["as_published"]) = ("made-up".into(), true.into());
        record["recipe"] = serde_json::from_str(cell).unwrap();
        let encoder = crate::benchmark::nas_bench_bert::encoders().next().unwrap();
        record["configuration"] = serde_json::to_value(encoder).unwrap();
        let decoder = crate::space::decoder::Decoder::from_json(r#"{"model_type": "gpt2"}"#).unwrap();
        record["decoder"] = serde_json::to_value(decoder).unwrap();
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn a_table_has_every_field() {
        let record = whole();
        let json = serde_json::to_value(&record).unwrap();
        let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let (header, rows) = sheet(&[record.clone(), record]);
        names.sort_unstable();
        assert_eq!(
            {
                let mut header = header.clone();
                header.sort_unstable();
                header
            },
            names
        );
        assert_eq!(names.len(), FIELDS.len());
        let cell = |name| &rows[1][header.iter().position(|known| *known == name).unwrap()];
        assert_eq!((cell("value").as_str(), cell("why").as_str(), cell("steps").as_str()), ("1e+27", "", "3"));
        assert!(cell("recipe").starts_with(r#"{"h_new_0""#));
    }

    #[test]
    fn numbers_that_only_python_writes_become_strings() {
        let json = r#"{"NaN": NaN, "a\"NaN": [-Infinity,Infinity], "\\": NaN, "": "-Infinity"}"#;
        let read = r#"{"NaN": "nan", "a\"NaN": ["-inf","inf"], "\\": "nan", "": "-Infinity"}"#;
        assert_eq!(quoted(json), read);
        assert_eq!(read_line(r#"{"architecture":3,"metric":"depth","value":-Infinity}"#), r#"[(1, "3", -inf)]"#);
        assert_eq!(read_line(r#"{"architecture":3,"metric":"depth","value":null}"#), r#"[(1, "3", NaN)]"#);
    }

    /// Lines as this program writes them, with everything that a cut can fall into.
    fn written() -> [String; 3] {
        let record = |architecture: &str, value, why: Option<&str>| Record {
            architecture: architecture.to_owned(),
            metric: "depth".to_owned(),
            value,
            why: why.map(str::to_owned),
            seconds: 1.5e-7,
            operations: None,
            seed: Some(0),
            device: "wgpu: \u{c9c0}\u{b3c4} \u{1f4c8} (vulkan)".to_owned(),
            version: "0".to_owned(),
            terms: vec![Term { site: Site::in_layer(1, "dense"), value: -2.5e-300 }],
            origin: Box::default(),
        };
        let records = [
            record("7", -94.125, None),
            record("a \"b\"\\\u{1}\n\u{e9}", f64::NAN, Some("the \u{e9}tats\tare singular")),
            record("9", -1.5e-17, None),
        ];
        records.map(|record| serde_json::to_string(&record).unwrap() + "\n")
    }

    #[test]
    fn a_file_cut_at_any_byte_gives_its_whole_lines() {
        let lines = written();
        let bytes = lines.concat().into_bytes();
        for cut in 0..=bytes.len() {
            // A line is whole without its line break, too.
            let ends = [1, 2, 3].map(|count| lines[..count].concat().len());
            let count = ends.iter().filter(|end| **end - 1 <= cut).count();
            let whole = if count == 0 { 0 } else { ends[count - 1].min(cut) };
            for zeros in [0, 1, 4096] {
                let file = [&bytes[..cut], &vec![0; zeros]].concat();
                let read = read("a.jsonl", text("a.jsonl", &file).unwrap()).unwrap();
                assert_eq!((read.records.len(), read.whole), (count, whole), "cut after {cut} bytes, {zeros} zeros");
            }
        }
    }

    #[test]
    fn damage_before_the_end_is_an_error_that_names_the_line() {
        let lines = written();
        let outcome = |file: &[u8]| match text("a.jsonl", file).and_then(|text| read("a.jsonl", text)) {
            Ok(lines) => format!("{} records", lines.records.len()),
            Err(error) => error.to_string(),
        };
        let [first, second, third] = lines.each_ref().map(|line| line.trim_end());
        let cut = &second[..40];
        let second_line = "records a.jsonl, line 2: no record of a score: ";
        for damaged in [
            format!("{first}\n{cut}\n{third}\n"),
            format!("{first}\n{cut}\n"),
            format!("{first}\n\0\0\0\n{third}\n"),
            format!("{first}\n\0\0\0{third}"),
            format!("{first}\n{{\"architecture\":\"8\",\"value\":#"),
            format!("{first}\n{{\"architecture\":\"8\",\"value\":1..5}}"),
            format!("{first}\n{{\"my\":1."),
        ] {
            assert!(
                outcome(damaged.as_bytes()).starts_with(second_line),
                "{damaged:?}: {}",
                outcome(damaged.as_bytes())
            );
        }
        let invalid = [first.as_bytes(), b"\n{\"architecture\":\"\xff\"}\n", third.as_bytes()].concat();
        assert_eq!(outcome(&invalid), "records a.jsonl, line 2: not text in UTF-8");
        assert_eq!(outcome(&[first.as_bytes(), b"\n", second.as_bytes()].concat()), "2 records");
        assert_eq!(outcome(format!("\u{feff}{first}").as_bytes()), "1 records");
    }

    #[test]
    fn values_that_are_not_finite_go_through_json() {
        assert_eq!(
            serde_json::from_str::<Record>(r#"{"architecture":1,"metric":"depth","value":2}"#).unwrap().origin,
            Box::default()
        );
        for value in [1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let record = Record {
                architecture: "889".to_owned(),
                metric: "depth".to_owned(),
                value,
                why: None,
                seconds: 0.25,
                operations: None,
                seed: Some(0),
                device: "cpu".to_owned(),
                version: "0".to_owned(),
                origin: Box::default(),
                terms: vec![Term { site: Site::in_layer(1, "output.dense").head(2), value }],
            };
            let read: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
            assert!(
                [read.value, read.terms[0].value].iter().all(|read| *read == value || value.is_nan() && read.is_nan())
            );
            assert_eq!(read.terms[0].site, record.terms[0].site);
        }
    }
}
