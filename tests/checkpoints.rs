//! Texts and trained encoders from files: what cannot be used is refused in one sentence, and nothing is written.

use std::path::PathBuf;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use predicates::str::{contains, is_empty};
use untrained_core::family::Family;
use untrained_core::metric;
use untrained_core::record::Record;
use untrained_tests::root;

const CONFIG: &str = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 16, "vocab_size": 9, "max_position_embeddings": 12}"#;

/// Why a mean over no terms has no value.
const NO_TERMS: &str = "no layer has what it sums up";

const WORDS: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##train\n##ed\n.\nnetwork\n";

/// A folder with a checkpoint, a vocabulary and a corpus, which a test then spoils.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("config.json", CONFIG.as_bytes());
        folder.write("vocab.txt", WORDS.as_bytes());
        folder.write("corpus.txt", b"untrained network.\nnetwork\n");
        folder.write("model.safetensors", &weights());
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.path(name), content).unwrap();
    }

    fn score(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        let usual =
            ["--corpus", "corpus.txt", "--batch", "2", "--sequence", "8", "--device", "cpu", "--format", "jsonl"];
        let mut command = Command::new(cargo_bin("untrained"));
        command.current_dir(&self.0).args(["score", "encoder"]).args(usual).args(arguments).assert()
    }

    fn refused(&self, arguments: &[&str], sentence: &str) {
        let out = self.path("states.safetensors");
        let all = [arguments, &["--hidden-states", "states.safetensors"]].concat();
        let output = self.score(&all).code(2).stdout(is_empty()).stderr(contains(sentence)).get_output().clone();
        assert_eq!(String::from_utf8_lossy(&output.stderr).trim_end().lines().count(), 1);
        assert!(!out.exists());
    }
}

/// Weights of [`CONFIG`] under Hugging Face's names, as a safetensors file is laid out: the length of a header in JSON,
/// the header, and the values.
fn weights() -> Vec<u8> {
    let (word, position, kind) =
        ("embeddings.word_embeddings", "embeddings.position_embeddings", "embeddings.token_type_embeddings");
    let layer = "encoder.layer.0";
    let linears = [
        ("attention.self.query", 8, 8),
        ("attention.self.key", 8, 8),
        ("attention.self.value", 8, 8),
        ("attention.output.dense", 8, 8),
        ("intermediate.dense", 16, 8),
        ("output.dense", 8, 16),
    ];
    let norms = [
        "embeddings.LayerNorm".to_owned(),
        format!("{layer}.attention.output.LayerNorm"),
        format!("{layer}.output.LayerNorm"),
    ];
    let tables = [(word, 9), (position, 12), (kind, 2)].map(|(name, rows)| (format!("{name}.weight"), vec![rows, 8]));
    let linears = linears.iter().flat_map(|&(name, out, input)| {
        let name = format!("{layer}.{name}");
        [(format!("{name}.weight"), vec![out, input]), (format!("{name}.bias"), vec![out])]
    });
    let norms = norms.iter().flat_map(|name| ["weight", "bias"].map(|part| (format!("{name}.{part}"), vec![8])));
    let (mut header, mut values) = (serde_json::Map::new(), Vec::<u8>::new());
    for (name, shape) in tables.into_iter().chain(linears).chain(norms) {
        let (start, count) = (values.len(), shape.iter().product::<usize>());
        values.extend((0..count).flat_map(|at| ((start + at) as f32).sin().to_le_bytes()));
        let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, values.len()]});
        header.insert(name, entry);
    }
    let header = serde_json::to_vec(&header).unwrap();
    [(header.len() as u64).to_le_bytes().to_vec(), header, values].concat()
}

fn records(output: &[u8]) -> Vec<Record> {
    String::from_utf8_lossy(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_checkpoint_is_scored_on_its_own_vocabulary() {
    let folder = Folder::new();
    let here = ["--checkpoint", ".", "--hidden-states", "states.safetensors"];
    let found = records(&folder.score(&here).success().get_output().stdout);
    let of = |id: &str| found.iter().find(|record| record.metric == id).unwrap().value;
    assert_eq!((of("layers"), of("hidden_size"), of("heads")), (1.0, 8.0, 2.0));
    // With weights of every size the gradients are more than rounding.
    assert!(of("synaptic_saliency") > 1.0);
    let states = std::fs::read(folder.path("states.safetensors")).unwrap();
    assert!(states.windows(17).any(|name| name == b"last_hidden_state"));
}

#[test]
fn an_unusable_checkpoint_is_refused_with_the_reason() {
    let spoiled = |name: &str, content: &[u8], sentence: &str| {
        let folder = Folder::new();
        folder.write(name, content);
        folder.refused(&["--checkpoint", "."], sentence);
    };
    let whole = weights();
    spoiled("model.safetensors", &whole[..whole.len() - 1], "not a complete safetensors file");
    spoiled("model.safetensors", b"not one", "not a complete safetensors file");
    let config =
        |from: &str, to: &str, sentence: &str| spoiled("config.json", CONFIG.replace(from, to).as_bytes(), sentence);
    config(
        "\"bert\"",
        "\"albert\"",
        "model_type: \"albert\" is another network than BERT: its layers share their weights",
    );
    config("\"bert\"", "\"gpt2\"", "model_type: \"gpt2\" is another architecture");
    config("heads\": 2", "heads\": 3", "3 heads do not divide a hidden size of 8");
    config("vocab_size\": 9", "vocab_size\": 10", "its shape is [9, 8]");
    config("layers\": 1", "layers\": 2", "encoder.layer.1");
    config("embeddings\": 12", "embeddings\": 7", "its shape is [12, 8]");
    config("}", "", "config");
    Folder::new().refused(&["--checkpoint", "nowhere"], "nowhere");
}

#[test]
fn an_unusable_text_is_refused_with_the_reason() {
    let folder = Folder::new();
    let refused = |corpus: &str, words: &str, sentence: &str| {
        folder.write("corpus.txt", corpus.as_bytes());
        folder.write("words.txt", words.as_bytes());
        folder.refused(&["--id", "0", "--vocabulary", "words.txt"], sentence);
    };
    refused("\n \n", WORDS, "corpus");
    refused("network\n", WORDS, "1 documents are too few for a batch of 2");
    refused("{\"text\": \"network\"}\n{\"txt\": 1}\n", WORDS, "line 2: no JSON object with a 'text'");
    refused("network\nnetwork\n", &WORDS.replace("[SEP]", "sep"), "the special token [SEP] is missing");
    refused("network\nnetwork\n", "{}", "the tokenizer file is damaged: ");
    folder.refused(&["--id", "0"], "give one with --vocabulary");
}

/// A trained BERT: a small one, or that in the folder `UNTRAINED_CHECKPOINT`, whose hidden states `tests/checkpoint.py`
/// compares with PyTorch's.
#[test]
fn a_trained_checkpoint_is_scored() {
    let small = || root().canonicalize().unwrap().join("tests/cases/uncased");
    let path = std::env::var_os("UNTRAINED_CHECKPOINT").map_or_else(small, PathBuf::from);
    let scored = Folder::new().score(&["--checkpoint", path.to_str().unwrap()]);
    let found = records(&scored.success().get_output().stdout);
    assert_eq!(found.len(), metric::of(Family::Encoder).len());
    for record in found {
        // The small one has no matrix of 128 rows.
        let empty = record.metric.starts_with("head_importance") && record.why.as_deref() == Some(NO_TERMS);
        // It has one layer; equal words of two documents make a determinant 0.
        let why = record.why.clone().unwrap_or_default();
        let absent = why.starts_with("the network has no layer") || record.metric == "naswot_tokens";
        assert!(record.value.is_finite() || empty || absent, "{}: {:?}", record.metric, record.why);
    }
}
