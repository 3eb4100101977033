//! Encoders through the command line: what is typed, and what comes out.

use serde_json::Value;
use untrained_core::family::Family;
use untrained_core::metric;
use untrained_core::record::Record;
use untrained_tests::golden;

use crate::cli::{records, refused, text, untrained};

/// The fifteen metrics of a golden encoder, through the command line.
#[test]
#[cfg(feature = "devices")]
fn a_golden_file_is_a_configuration_and_inputs() {
    let (json, weights) = (golden("bert_dsc.json"), golden("bert_dsc.safetensors"));
    let (json, weights) = (json.to_str().unwrap(), weights.to_str().unwrap());
    let given = ["score", "encoder", "--config", json, "--inputs", json, "--weights", weights];
    let found = untrained(&[&given[..], &["--device", "cpu", "--format", "jsonl"]].concat());
    let records = records(&found.success().get_output().stdout);
    let of = |id: &str| records.iter().find(|record| record.metric == id).unwrap();
    assert_eq!(records.len(), metric::of(Family::Encoder).len());
    assert_eq!((of("activation_distance").value, of("num_parameters").value), (272_300.0, 277_335.0));
    assert!(of("head_importance_normalized").why.as_ref().unwrap().contains("no layer has what it sums up"));
}

/// The terms of a score add up to it, have the right sites, and are printed for people and for files.
#[test]
fn terms_add_up_to_their_scores() {
    let scored = |format: &str| {
        let command =
            ["score", "encoder", "--id", "7", "--batch", "2", "--sequence", "16", "--device", "cpu", "--terms"];
        text(&untrained(&[&command[..], &["--format", format]].concat()).success().get_output().stdout)
    };
    let records = records(scored("jsonl").as_bytes());
    for record in records.iter().filter(|record| !record.terms.is_empty()) {
        let sum: f64 = record.terms.iter().map(|term| term.value).sum();
        let averaged = ["lpzero", "az_trainability"].contains(&record.metric.as_str());
        let mean = averaged || record.metric.ends_with("_normalized") || record.metric.starts_with("attention");
        let value = if mean { sum / record.terms.len() as f64 } else { sum };
        assert!(
            (value - record.value).abs() <= 1e-12 * value.abs(),
            "{}: {value}, not {}",
            record.metric,
            record.value
        );
    }
    // Of its four layers the first and the last attend, with two heads and four.
    let attention = records.iter().find(|record| record.metric == "attention_confidence").unwrap();
    let sites: Vec<_> =
        attention.terms.iter().map(|term| (term.site.layer.unwrap(), term.site.head.unwrap())).collect();
    assert_eq!(sites, [(0, 0), (0, 1), (3, 0), (3, 1), (3, 2), (3, 3)]);
    let table = scored("table");
    assert!(["layer 3", "head 3"].iter().all(|heading| table.contains(heading)), "{table}");
    let (csv, terms) = (scored("csv"), records.iter().map(|record| record.terms.len()).sum::<usize>());
    assert_eq!(csv.lines().count(), 1 + records.len() + terms);
    assert!(csv.contains("\n7,attention_confidence,3,operation.operation,3,"), "{csv}");
}

/// The first versions called encoders transformers: that name still works, and records keep it.
#[test]
fn encoders_go_by_either_name() {
    let drawn = |name| text(&untrained(&["space", name, "--count", "3"]).success().get_output().stdout);
    assert_eq!(drawn("encoder").lines().count(), 3);
    assert_eq!(drawn("encoder"), drawn("transformer"));
    let scored = |name| {
        let command = ["score", name, "--id", "7", "--batch", "2", "--sequence", "16", "--device", "cpu"];
        let scored = untrained(&[&command[..], &["--format", "jsonl"]].concat()).success();
        without_times(&records(&scored.get_output().stdout))
    };
    let found = scored("encoder");
    assert_eq!(found.len(), metric::of(Family::Encoder).len());
    assert!(found.iter().all(|record| record["space"] == "transformer"), "{found:?}");
    assert_eq!(found, scored("transformer"));
}

/// Records as they are written, for a comparison in which NaN is NaN, without what differs from run to run.
pub fn without_times(records: &[Record]) -> Vec<Value> {
    let without_time = |record: &Record| {
        let mut record = serde_json::to_value(record).unwrap();
        assert!(record.as_object_mut().unwrap().remove("seconds").is_some());
        record
    };
    records.iter().map(without_time).collect()
}

#[test]
fn impossible_encoders_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.json");
    let path = path.to_str().unwrap();
    let line = text(&untrained(&["space", "encoder", "--count", "1"]).success().get_output().stdout);
    let score = |content: &str, arguments: &[&str]| {
        std::fs::write(path, content).unwrap();
        untrained(&[&["score", "encoder", "--config", path, "--device", "cpu"], arguments].concat())
    };
    refused(score(&line.replace("\"WMA\"", "\"WMB\""), &[]), "layer 1: unknown parameter 'WMB'; did you mean 'WMA'?");
    refused(score(&line.replace("heads\":4", "heads\":3"), &[]), "layer 1: 3 heads do not divide a hidden size of 256");
    refused(score("{\n  \"hidden_size\": 8", &[]), "encoder.json: configuration, line 2 column");
    refused(score(&line, &["--sequence", "600"]), "size sequence = 600: longer than the 512 positions");
    refused(score(&line, &["--batch", "0"]), "size batch = 0");
    refused(score(&line, &["--batch", "90000000"]), "more memory than there is");
    refused(score(&line, &["--metric", "head_confidenc"]), "did you mean 'head_confidence'?");
    refused(untrained(&["score", "encoder", "--id", "500"]), "run from 0 to 499");
    let ids = folder.path().join("ids.json");
    let given = |content: &str| {
        std::fs::write(&ids, content).unwrap();
        score(&line, &["--inputs", ids.to_str().unwrap()])
    };
    refused(given(r#"{"input_ids": [[1, 2], [3]]}"#), "sequence 1: 1 tokens, where sequence 0 has 2");
    refused(given(r#"{"input_ids": []}"#), "there is no token");
    refused(
        given(r#"{"input_ids": [[1, 40000]]}"#),
        "sequence 0 position 1: id 40000 is outside a vocabulary of 30522",
    );
}
