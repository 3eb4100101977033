//! Encodings of files, tokenizers, padding and names of checkpoints, through the command line.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use assert_cmd::cargo::cargo_bin;
use predicates::str::contains;
use untrained_core::record::Record;
use untrained_tests::root;

use crate::cli::{records, refused, text, untrained};

/// The mark that editors write at the start of a file in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

fn case(name: &str) -> PathBuf {
    root().join("tests/cases").join(name)
}

/// A copy of a small trained BERT, to be changed.
fn checkpoint(name: &str) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"] {
        std::fs::copy(case("uncased").join(file), folder.join(file)).unwrap();
    }
    (place, folder)
}

/// Scores a checkpoint on a corpus.
fn score(checkpoint: &Path, corpus: &Path, further: &[&str]) -> Assert {
    let mut command = Command::new(cargo_bin("untrained"));
    command.args(["score", "encoder", "--device", "cpu", "--format", "jsonl", "--checkpoint"]).arg(checkpoint);
    command.arg("--corpus").arg(corpus).args(further).assert()
}

fn scored(assert: Assert) -> Vec<Record> {
    records(&assert.success().get_output().stdout)
}

/// The tensor of a safetensors file: a header of JSON behind its length, then the values.
fn tensor<const N: usize>(path: &Path, name: &str, read: fn([u8; N]) -> f64) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap();
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let place = |at: usize| 8 + length + header[name]["data_offsets"][at].as_u64().unwrap() as usize;
    bytes[place(0)..place(1)].as_chunks().0.iter().map(|bytes| read(*bytes)).collect()
}

/// The ids of a corpus of one document, without padding.
fn ids(checkpoint: &Path, corpus: &Path) -> Vec<u32> {
    let place = tempfile::tempdir().unwrap();
    let states = place.path().join("states.safetensors");
    let few = ["--batch", "1", "--sequence", "24", "--metric", "num_parameters", "--hidden-states"];
    score(checkpoint, corpus, &[&few[..], &[states.to_str().unwrap()]].concat()).success();
    let whole = |bytes| i64::from_le_bytes(bytes) as f64;
    let (ids, mask) = (tensor(&states, "input_ids", whole), tensor(&states, "attention_mask", whole));
    ids.iter().zip(mask).filter(|(_, real)| *real == 1.0).map(|(&id, _)| id as u32).collect()
}

/// Values of PyTorch 2.15 and transformers 5.24 with the tokenizer's attention mask: means over real tokens, then
/// documents; gradients of the sum of the last hidden states of real tokens.
const MASKED: [(usize, [(&str, f64); 7]); 3] = [
    (
        12,
        [
            ("attention_confidence", 0.169805735),
            ("attention_importance", 0.255192935),
            ("head_softmax_confidence", 0.103344284),
            ("head_confidence", 2.572213888),
            ("activation_distance", 1082.0),
            ("synaptic_saliency", 68.6501007),
            ("synaptic_diversity", 346.8216248),
        ],
    ),
    (
        24,
        [
            ("attention_confidence", 0.125094309),
            ("attention_importance", 0.703868866),
            ("head_softmax_confidence", 0.059245896),
            ("head_confidence", 2.823516369),
            ("activation_distance", 3032.0),
            ("synaptic_saliency", 127.5717010),
            ("synaptic_diversity", 653.3024292),
        ],
    ),
    (
        64,
        [
            ("attention_confidence", 0.093011335),
            ("attention_importance", 1.135353565),
            ("head_softmax_confidence", 0.046706352),
            ("head_confidence", 3.048965216),
            ("activation_distance", 3032.0),
            ("synaptic_saliency", 197.7763672),
            ("synaptic_diversity", 953.0516357),
        ],
    ),
];

#[test]
fn a_trained_encoder_does_not_attend_to_padding() {
    for (length, expected) in MASKED {
        let length = length.to_string();
        let assert = score(&case("uncased"), &case("short-documents.txt"), &["--batch", "4", "--sequence", &length]);
        let assert = assert.stderr("");
        let found = scored(assert);
        for (metric, expected) in expected {
            let value = found.iter().find(|record| record.metric == metric).unwrap().value;
            assert!((value / expected - 1.0).abs() < 1e-4, "{length} {metric}: {value}, not {expected}");
        }
    }
}

/// Once all text fits, the length of a row does not matter, to no metric.
#[test]
fn the_length_of_a_row_does_not_matter_where_text_fits() {
    // Inputs of ones or of noise have the length of a row, and so have random signs.
    let of_length = |id: &str| id.contains("synflow") || ["dss", "zen", "az_trainability"].contains(&id);
    // By bits: a metric without terms is NaN in each.
    let values = |length: &str| -> Vec<(String, u64)> {
        let found =
            scored(score(&case("uncased"), &case("short-documents.txt"), &["--batch", "3", "--sequence", length]));
        let found = found.into_iter().filter(|record| !of_length(&record.metric));
        found.map(|record| (record.metric, record.value.to_bits())).collect()
    };
    assert_eq!(values("48"), values("49"));
    assert_eq!(values("48"), values("64"));
}

/// As published, on demand.
#[test]
fn as_published_a_trained_encoder_attends_to_padding() {
    for (length, expected) in [("12", 0.170), ("24", 0.115), ("64", 0.037)] {
        let further = ["--batch", "4", "--sequence", length, "--metric", "attention_confidence", "--as-published"];
        let assert = score(&case("uncased"), &case("short-documents.txt"), &further);
        let found = scored(assert.stderr(contains("as published, the trained encoder attends to padding")));
        assert!((found[0].value - expected).abs() < 5e-4, "{length}: {}, not {expected}", found[0].value);
    }
}

/// Given ids are read as they are, unless a mask marks which of them are real.
#[test]
fn given_ids_may_have_a_mask() {
    let place = tempfile::tempdir().unwrap();
    let (checkpoint, inputs) = (case("uncased"), place.path().join("ids.json"));
    let value = |content: &str| {
        std::fs::write(&inputs, content).unwrap();
        let given = ["--inputs", inputs.to_str().unwrap(), "--metric", "attention_confidence", "--device", "cpu"];
        let checkpoint = ["--checkpoint", checkpoint.to_str().unwrap(), "--format", "jsonl"];
        untrained(&[&["score", "encoder"][..], &given, &checkpoint].concat())
    };
    let of = |content: &str| scored(value(content))[0].value;
    let alone = of(r#"{"input_ids": [[2, 113, 114, 3]]}"#);
    let masked = of(r#"{"input_ids": [[2, 113, 114, 3, 0, 0]], "attention_mask": [[1, 1, 1, 1, 0, 0]]}"#);
    let read = of(r#"{"input_ids": [[2, 113, 114, 3, 0, 0]]}"#);
    assert_eq!(masked, alone);
    assert!((read - alone).abs() > 0.01, "{read}, {alone}");
    let wrong = value(r#"{"input_ids": [[2, 113, 114]], "attention_mask": [[0, 1, 1]]}"#);
    refused(wrong, "attention_mask, sequence 0: not 3 values, ones and then zeros");
}

/// Settings of the tokenizer decide on case, accents and special tokens in a text.
#[test]
fn ids_of_checkpoints_are_those_of_transformers() {
    let (_place, folder) = checkpoint("korean");
    for file in ["tokenizer_config.json", "vocab.txt"] {
        std::fs::copy(case("korean").join(file), folder.join(file)).unwrap();
    }
    assert_eq!(ids(&folder, &case("korean/text.txt")), [2, 59, 60, 61, 62, 63, 67, 68, 3]);
    assert_eq!(ids(&case("uncased"), &case("uncased/text.txt")), [2, 113, 4, 114, 3]);
    std::fs::write(folder.join("tokenizer_config.json"), r#"{"model_max_length": 4}"#).unwrap();
    assert_eq!(ids(&folder, &case("korean/text.txt")).len(), 4);
}

/// Before a corpus of any kind, a word list and the files of a checkpoint.
#[test]
fn a_byte_order_mark_changes_nothing_an_encoder_reads() {
    let (place, folder) = checkpoint("marked");
    for file in ["config.json", "tokenizer_config.json", "vocab.txt"] {
        let content = std::fs::read(folder.join(file)).unwrap();
        std::fs::write(folder.join(file), [MARK, &content].concat()).unwrap();
    }
    let corpus = place.path().join("corpus");
    let expected = [2, 113, 4, 114, 3];
    for content in [
        "hello [MASK] world\n",
        "{\"text\": \"hello [MASK] world\"}\n{\"text\": \"hello\"}\n",
        "[\"hello [MASK] world\", \"hello\"]",
        "[\n  {\"id\": 1, \"text\": \"hello [MASK] world\"},\n  {\"text\": \"hello\"}\n]\n",
    ] {
        for mark in [&b""[..], MARK] {
            std::fs::write(&corpus, [mark, content.as_bytes()].concat()).unwrap();
            assert_eq!(ids(&folder, &corpus), expected, "{content}");
            assert_eq!(ids(&case("uncased"), &corpus), expected, "{content}");
        }
    }
}

/// Before a recipe, a configuration, ids, a text, its word list, and scores.
#[test]
fn a_byte_order_mark_changes_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("file");
    let given = path.to_str().unwrap();
    let marked = |content: &str, command: &[&str]| {
        let out = |mark: &[u8]| {
            std::fs::write(&path, [mark, content.as_bytes()].concat()).unwrap();
            text(&untrained(command).success().get_output().stdout)
        };
        let values = |mark| {
            out(mark).lines().map(|line| line.split("\"seconds\"").next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(values(MARK), values(b""), "{command:?}");
    };
    let small =
        ["--embedding", "8", "--hidden", "8", "--layers", "3", "--batch", "2", "--steps", "3", "--device", "cpu"];
    let recurrent = |further: &[&'static str]| -> Vec<&str> {
        [&["score", "recurrent", "--format", "jsonl", "--metric", "synaptic_saliency"][..], &small, further].concat()
    };
    let words = case("words.txt");
    let words = words.to_str().unwrap();
    marked(
        r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#,
        &[&recurrent(&["--recipe"])[..], &[given]].concat(),
    );
    let text = std::fs::read_to_string(words).unwrap();
    marked(&text, &[&recurrent(&["--cell", "gru", "--corpus"])[..], &[given]].concat());
    marked(&text, &[&recurrent(&["--cell", "gru", "--corpus"])[..], &[words, "--vocabulary", given]].concat());
    let ids = r#"{"tokens": [[1, 2], [3, 4]]}"#;
    let small = ["--embedding", "8", "--hidden", "8", "--device", "cpu", "--format", "jsonl"];
    marked(
        ids,
        &[&["score", "recurrent", "--cell", "rnn", "--metric", "synaptic_saliency", "--inputs", given][..], &small]
            .concat(),
    );
    let encoder = text_of_encoder();
    let few =
        ["--device", "cpu", "--format", "jsonl", "--metric", "head_confidence", "--batch", "1", "--sequence", "4"];
    marked(&encoder, &[&["score", "encoder", "--config", given][..], &few].concat());
    let scores = "architecture,mine\n0,1\n1,3\n2,2\n3,5\n4,4\n5,7\n";
    marked(scores, &["correlate", given, "--benchmark", "nas-bench-nlp", "--metric", "mine", "--resamples", "0"]);
}

fn text_of_encoder() -> String {
    text(&untrained(&["space", "encoder", "--count", "1"]).success().get_output().stdout)
}

#[test]
fn a_text_in_utf_16_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let corpus = place.path().join("corpus.txt");
    let bytes: Vec<u8> = "\u{feff}hello world\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&corpus, bytes).unwrap();
    let given = corpus.to_str().unwrap();
    let few = ["--batch", "1", "--sequence", "8"];
    refused(score(&case("uncased"), &corpus, &few), "the text is in UTF-16; save it in UTF-8");
    refused(untrained(&["score", "recurrent", "--cell", "gru", "--corpus", given]), "the text is in UTF-16");
    refused(untrained(&["score", "recurrent", "--recipe", given]), "the text is in UTF-16");
    refused(untrained(&["correlate", given, "--benchmark", "nas-bench-nlp"]), "line 1: not text in UTF-8");
}

#[test]
fn json_is_no_text_for_a_recurrent_network() {
    let place = tempfile::tempdir().unwrap();
    let corpus = place.path().join("corpus.jsonl");
    for content in ["{\"text\": \"a b\"}\n", "[{\"text\": \"a b\"}]"] {
        std::fs::write(&corpus, content).unwrap();
        let given = ["score", "recurrent", "--cell", "gru", "--corpus", corpus.to_str().unwrap()];
        refused(untrained(&given), "corpus, line 1: this is JSON");
    }
}

#[test]
fn names_keep_what_follows_a_dot() {
    let (place, folder) = checkpoint("minilm-v1.5");
    let few = ["--batch", "1", "--sequence", "8", "--metric", "layers"];
    assert_eq!(scored(score(&folder, &case("short-documents.txt"), &few))[0].architecture, "minilm-v1.5");
    let named = |name: &str, content: &str, command: &[&str]| {
        let path = place.path().join(name);
        std::fs::write(&path, content).unwrap();
        let arguments = [command, &[path.to_str().unwrap(), "--device", "cpu", "--format", "jsonl"]].concat();
        scored(untrained(&arguments))[0].architecture.clone()
    };
    let cell = r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#;
    let recurrent = ["score", "recurrent", "--metric", "nodes", "--recipe"];
    assert_eq!(named("cell-v1.5", cell, &recurrent), "cell-v1.5");
    assert_eq!(named("cell-v1.5.json", cell, &recurrent), "cell-v1.5");
    let encoder = ["score", "encoder", "--metric", "layers", "--batch", "1", "--sequence", "4", "--config"];
    assert_eq!(named("encoder.0", &text_of_encoder(), &encoder), "encoder.0");
}

#[test]
fn two_encoders_in_one_file_are_refused() {
    let (_place, folder) = checkpoint("twice");
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let values = &bytes[8 + length..];
    let mut both = header.clone();
    for (name, entry) in &header {
        let place = |at: usize| entry["data_offsets"][at].as_u64().unwrap() + values.len() as u64;
        let mut moved = entry.clone();
        moved["data_offsets"] = serde_json::json!([place(0), place(1)]);
        both.insert(format!("bert.{name}"), moved);
    }
    let header = serde_json::to_vec(&both).unwrap();
    std::fs::write(&path, [&(header.len() as u64).to_le_bytes()[..], &header, values, values].concat()).unwrap();
    let assert = score(&folder, &case("short-documents.txt"), &["--batch", "1", "--sequence", "8"]);
    refused(
        assert,
        "embeddings.word_embeddings.weight: in the file a second time, as bert.embeddings.word_embeddings.weight",
    );
}

/// Cut at any byte, or with a part that is none.
#[test]
fn a_damaged_tokenizer_file_is_refused_in_one_sentence() {
    let (_place, folder) = checkpoint("damaged");
    let words: serde_json::Map<String, serde_json::Value> = std::fs::read_to_string(folder.join("vocab.txt"))
        .unwrap()
        .lines()
        .zip((0..).map(|id: u32| id.into()))
        .map(|(word, id)| (word.to_owned(), id))
        .collect();
    let whole = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": words}
    });
    let run = |content: &str| {
        std::fs::write(folder.join("tokenizer.json"), content).unwrap();
        score(&folder, &case("uncased/text.txt"), &["--batch", "1", "--sequence", "8", "--metric", "layers"])
    };
    let text = whole.to_string();
    run(&text).success();
    for end in (1..text.len()).step_by(97).chain([text.len() - 1]).filter(|&end| text.is_char_boundary(end)) {
        refused(run(&text[..end]), "tokenizer.json: the tokenizer file is damaged: EOF while parsing");
    }
    let mut spoiled = whole.clone();
    spoiled["decoder"] = serde_json::json!({"type": "Bert"});
    refused(run(&spoiled.to_string()), "tokenizer.json: the tokenizer file is damaged: ");
}
