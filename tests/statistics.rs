//! Correlations, messages, records and tables as other programs and people read them.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};
use untrained_core::device::Device;
use untrained_core::digest::sha256;
use untrained_core::plain::is_active;
use untrained_core::score;
use untrained_core::task::Task;
use untrained_tests::{golden, root};

/// Exit code, standard output, standard error.
fn untrained<T: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = T>) -> (i32, String, String) {
    let output = Command::new(cargo_bin("untrained")).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn case(name: &str) -> PathBuf {
    root().join("tests/cases/statistics").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The line of `correlate` for the column `mine` of a file, in JSON, and the notes.
fn mine(file: &Path, resamples: &str) -> (Value, String) {
    let arguments = ["correlate", text(file), "--benchmark", "nas-bench-bert", "--metric", "mine"];
    let more = ["--resamples", resamples, "--format", "jsonl"];
    let (code, out, stderr) = untrained(arguments.iter().chain(&more));
    assert_eq!(code, 0, "{stderr}");
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    (lines.into_iter().find(|line| line["metric"] == "mine").unwrap(), stderr)
}

const MEASURES: [&str; 6] = ["tau", "rho", "r", "top_tau", "top_overlap", "top_regret"];

#[test]
fn huge_constant_and_linear_scores_correlate_as_they_should() {
    let r = mine(&case("huge.csv"), "0").0["r"].as_f64().unwrap();
    assert!((r - 0.737_947_9).abs() < 5e-8, "{r}"); // scipy.stats.pearsonr
    assert_eq!(mine(&case("linear.csv"), "0").0["r"], 1.0);
    let (constant, stderr) = mine(&case("constant.csv"), "50");
    for measure in MEASURES.iter().chain(&["low", "high"]) {
        assert_eq!(constant[measure], Value::Null, "{measure}");
    }
    assert!(stderr.lines().any(|note| note.contains("mine") && note.contains("not defined")), "{stderr}");
    let (_, table, _) = untrained([
        "correlate",
        text(&case("constant.csv")),
        "--benchmark",
        "nas-bench-bert",
        "--metric",
        "mine",
        "--resamples",
        "0",
    ]);
    let line = table.lines().find(|line| line.trim_start().starts_with("mine")).unwrap();
    assert!(!line.contains("0.0"), "{line}");
}

/// Scores of 1e-300, subnormal ones, ones that differ in their last bit: r is that of the same scores at an ordinary
/// size.
#[test]
fn the_size_of_scores_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let correlate = |value: &dyn Fn(i32) -> String| {
        let file = folder.path().join("scores.csv");
        let rows: String = (0..40).map(|id| format!("{id},{}\n", value(id * 7 % 40))).collect();
        std::fs::write(&file, format!("architecture,mine\n{rows}")).unwrap();
        mine(&file, "0").0
    };
    let plain = correlate(&|n| n.to_string());
    let shapes: [&dyn Fn(i32) -> String; 4] =
        [&|n| format!("{n}e-300"), &|n| format!("{n}e305"), &|n| format!("{:e}", f64::from_bits(n as u64)), &|n| {
            format!("{:?}", f64::from_bits(0.1f64.to_bits() + n as u64))
        }];
    for shape in shapes {
        let found = correlate(shape);
        assert_eq!((&found["tau"], &found["rho"]), (&plain["tau"], &plain["rho"]));
        let (r, expected) = (found["r"].as_f64().unwrap(), plain["r"].as_f64().unwrap());
        assert!((r - expected).abs() < 1e-13, "{r} {expected}");
    }
    let infinite = correlate(&|n| if n == 3 { "inf".to_owned() } else { n.to_string() });
    assert!(infinite["r"].is_null() && infinite["tau"].is_number());
}

/// Tied, constant and repeated scores in any order of rows: the same to the last bit, with the interval.
#[test]
fn the_order_of_rows_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scores.csv");
    let ties: Vec<String> = (0..60).map(|id| format!("{id},{}", f64::from(id * id % 4) / 3.0)).collect();
    let repeated: Vec<String> = (0..60).map(|n| format!("{},{}", n % 20, f64::from(n * n % 17) / 3.0)).collect();
    let constant: Vec<String> = (0..60).map(|id| format!("{id},0.1")).collect();
    for rows in [ties, repeated, constant] {
        let correlate = |rows: &[&String]| {
            let lines: Vec<&str> = rows.iter().map(|row| row.as_str()).collect();
            std::fs::write(&file, format!("architecture,mine\n{}\n", lines.join("\n"))).unwrap();
            let all = ["correlate", text(&file), "--benchmark", "nas-bench-bert", "--metric", "mine"];
            untrained(all.iter().chain(&["--resamples", "100", "--format", "json"]))
        };
        let whole: Vec<&String> = rows.iter().collect();
        let (reversed, mixed): (Vec<_>, Vec<_>) =
            (rows.iter().rev().collect(), (0..60).map(|at| &rows[at * 37 % 60]).collect());
        let expected = correlate(&whole);
        assert_eq!(expected.0, 0, "{}", expected.2);
        assert_eq!(correlate(&reversed), expected);
        assert_eq!(correlate(&mixed), expected);
    }
}

#[test]
fn a_quote_that_is_never_closed_is_one_short_sentence() {
    let file = case("open-quote.csv");
    let (code, out, stderr) = untrained(["correlate", text(&file), "--benchmark", "nas-bench-nlp", "--metric", "mine"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        stderr.ends_with("line 2: a quote opens here and is never closed\n") && stderr.lines().count() == 1,
        "{stderr}"
    );
}

#[test]
fn numbers_as_python_writes_them_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scores.jsonl");
    let record =
        |id: u32, value: &str| format!("{{\"architecture\": {id}, \"metric\": \"mine\", \"value\": {value}}}\n");
    let rest = record(5, "0.25") + &record(6, "Infinity") + &record(9, "-Infinity");
    std::fs::write(&file, std::fs::read_to_string(case("bare-nan.jsonl")).unwrap() + &rest).unwrap();
    let (found, stderr) = mine(&file, "0");
    assert_eq!(found["rows"], 4);
    assert!(stderr.contains("mine: 1 rows without a value") && stderr.contains("mine: 2 infinite values"), "{stderr}");
}

/// Whatever a name holds, a message is one line without control characters, and data never holds them raw.
#[test]
fn control_characters_do_not_reach_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let clean = |text: &str| !text.chars().any(|character| is_active(character) && character != '\n');
    let name = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}x\ny";
    let csv = case("control-characters.csv");
    let strange = folder.path().join(name);
    std::fs::write(strange.with_extension("json"), r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}"#)
        .unwrap();
    let own = text(&strange).to_owned() + ".json";
    for arguments in [
        vec!["correlate", text(&csv), "--benchmark", "nas-bench-nlp"],
        vec!["correlate", name, "--benchmark", "nas-bench-nlp"],
        vec!["correlate", "--published", "--benchmark", name],
        vec!["score", "recurrent", "--cell", name],
        vec!["score", "recurrent", "--recipe", name],
        vec!["score", "recurrent", "--cell", "lstm", "--metric", name],
    ] {
        let (code, out, stderr) = untrained(&arguments);
        assert_eq!((code, out.as_str(), stderr.lines().count()), (2, "", 1), "{stderr:?}");
        assert!(clean(&stderr), "{stderr:?}");
    }
    for arguments in [
        vec![name],
        vec!["score", name],
        vec!["metrics", "--format", name],
        vec!["benchmark", "nas-bench-nlp", "--out", "x", "--limit", name],
    ] {
        let (code, _, stderr) = untrained(&arguments);
        assert!(code == 2 && clean(&stderr), "{stderr:?}");
        assert!(!stderr.contains("\ny"), "{stderr:?}");
    }
    for format in ["table", "csv", "json", "jsonl"] {
        let score =
            ["score", "recurrent", "--recipe", &own, "--metric", "depth", "--device", "cpu", "--format", format];
        let (code, out, stderr) = untrained(score);
        assert_eq!(code, 0, "{stderr}");
        assert!(clean(&out) && clean(&stderr), "{out:?} {stderr:?}");
    }
}

/// The command that computes a record again, from the record alone; `folder` takes files.
fn again(record: &Value, folder: &Path) -> Vec<String> {
    let space = record["space"].as_str().unwrap();
    let name = record["architecture"].as_str().unwrap();
    let mut command = vec!["score".to_owned(), space.to_owned()];
    let (option, network) = if space == "recurrent" { ("--recipe", "recipe") } else { ("--config", "configuration") };
    match record.get(network) {
        Some(own) => {
            let path = folder.join("own.json");
            std::fs::write(&path, own.to_string()).unwrap();
            command.extend([option.to_owned(), text(&path).to_owned()]);
        }
        None if record.get("benchmark").is_some() => command.extend(["--id".to_owned(), name.to_owned()]),
        None => command.extend(["--cell".to_owned(), name.to_owned()]),
    }
    for size in ["vocabulary", "embedding", "hidden", "layers", "positions", "batch", "steps", "sequence"] {
        let option = if size == "vocabulary" { "--vocabulary-size".to_owned() } else { format!("--{size}") };
        command.extend(record.get(size).into_iter().flat_map(|value| [option.clone(), value.to_string()]));
    }
    if record["as_published"] == true {
        command.push("--as-published".to_owned());
    }
    let metric = record["metric"].as_str().unwrap();
    command.extend(["--seed".to_owned(), record["text_seed"].to_string(), "--metric".to_owned(), metric.to_owned()]);
    command
}

fn records(command: &[String], format: &str) -> Vec<Value> {
    let (code, out, stderr) =
        untrained(command.iter().map(String::as_str).chain(["--device", "cpu", "--format", format]));
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&out).unwrap()
}

/// A record is enough to compute its value again: with the command line, and as a task.
#[test]
fn a_record_is_enough_to_score_again() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = text(&golden("rnn_889.json")).to_owned();
    let config = text(&golden("bert_wma.json")).to_owned();
    let small = "--embedding 6 --hidden 8 --layers 2 --vocabulary-size 40 --batch 3 --steps 7 --seed 5 \
                 --metric synaptic_saliency";
    let encoder = "--vocabulary-size 50 --batch 2 --sequence 9 --seed 5 --metric activation_distance";
    for command in [
        format!("score recurrent --id 12 {small}"),
        format!("score recurrent --cell gru {small}"),
        format!("score recurrent --recipe {recipe} {small}"),
        format!("score encoder --id 3 {encoder}"),
        format!("score encoder --id 3 --as-published {encoder}"),
        format!("score encoder --config {config} --embedding 16 --positions 20 {encoder}"),
    ] {
        let command: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let first = records(&command, "json").remove(0);
        assert!(first["value"].is_f64(), "{first}");
        let second = records(&again(&first, folder.path()), "json").remove(0);
        for field in ["value", "space", "metric", "seed", "device", "version", "text", "text_seed", "benchmark"] {
            assert_eq!(first.get(field), second.get(field), "{field} of {command:?}");
        }
        if let Some(task) = task(&first) {
            assert_eq!(score(&task), first["value"].as_f64().unwrap(), "{command:?}");
        }
    }
}

/// The task that computes a record with its own recipe or configuration again.
fn task(record: &Value) -> Option<Task> {
    let pick = |names: &[&str]| -> Value {
        names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), record.get(name)?.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let mut task = pick(&["space", "recipe", "configuration", "seed"]);
    task["sizes"] = pick(&["vocabulary", "embedding", "hidden", "layers", "positions", "batch", "steps", "sequence"]);
    task["metrics"] = json!([record["metric"]]);
    (record.get("recipe").is_some() || record.get("configuration").is_some())
        .then(|| serde_json::from_value(task).unwrap())
}

fn score(task: &Task) -> f64 {
    let job = task.job(usize::MAX).unwrap();
    let scores = pollster::block_on(score::score(&job, &Device::Cpu)).unwrap();
    *scores.values[0].as_ref().unwrap()
}

/// A record holds the checksums of given files, and a table has a column for each.
#[test]
fn given_files_are_recorded_with_their_checksums() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        text(&path).to_owned()
    };
    let (corpus, words) = (file("corpus.txt", "a b a c\nb a c a\na a b c\n"), file("words.txt", "a\nb\nc\n<eos>\n"));
    let small = "--embedding 4 --hidden 4 --layers 1 --batch 2 --steps 3 --seed 9 --metric activation_distance";
    let command = format!("score recurrent --cell rnn --corpus {corpus} --vocabulary {words} {small}");
    let command: Vec<String> = command.split(' ').map(str::to_owned).collect();
    let record = records(&command, "json").remove(0);
    let digest = |path: &str| json!(sha256(&std::fs::read(path).unwrap()));
    assert_eq!((&record["text"], &record["text_seed"]), (&json!("corpus"), &json!(9)));
    assert_eq!((&record["corpus_sha256"], &record["vocabulary_sha256"]), (&digest(&corpus), &digest(&words)));
    let (weights, inputs) = (golden("rnn_889.safetensors"), golden("rnn_889.json"));
    let given = [
        "score",
        "recurrent",
        "--recipe",
        text(&inputs),
        "--weights",
        text(&weights),
        "--inputs",
        text(&inputs),
        "--metric",
        "activation_distance",
    ];
    let record = records(&given.map(str::to_owned), "json").remove(0);
    assert_eq!(
        (&record["weights_sha256"], &record["inputs_sha256"]),
        (&digest(text(&weights)), &digest(text(&inputs)))
    );
    assert_eq!((&record["text"], &record["seed"], record.get("text_seed")), (&json!("inputs"), &Value::Null, None));
    let (_, out, _) = untrained(command.iter().map(String::as_str).chain(["--device", "cpu", "--format", "csv"]));
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let header = reader.headers().unwrap().clone();
    for name in [
        "architecture",
        "metric",
        "value",
        "why",
        "seed",
        "device",
        "version",
        "space",
        "hidden",
        "text",
        "corpus_sha256",
    ] {
        assert!(header.iter().any(|known| known == name), "{name} is not in {header:?}");
    }
    assert!(reader.records().all(|row| row.is_ok_and(|row| row.len() == header.len())));
}

/// Every value of a table is a float to a reader that looks at its text, every key an integer, and nothing is missing
/// that joins the rows.
#[test]
fn tables_are_read_with_their_types() {
    let folder = tempfile::tempdir().unwrap();
    let groups = [("nas-bench-nlp", "states"), ("nas-bench-bert", "layers"), ("lts", "layers")];
    for (benchmark, group) in groups {
        let (code, _, stderr) =
            untrained(["reproduce", "tables", "--benchmark", benchmark, "--out", text(folder.path())]);
        assert_eq!(code, 0, "{stderr}");
        let table = format!("{}.csv", benchmark.replace('-', "_"));
        let mut reader = csv::Reader::from_path(folder.path().join(table)).unwrap();
        let header = reader.headers().unwrap().clone();
        let keys = ["id", "network", "architecture", "recipe", "run"];
        assert!(
            keys.iter().chain(&["result", group]).all(|name| header.iter().any(|known| known == *name)),
            "{header:?}"
        );
        assert!(!header.iter().any(|known| known == "loss"), "{header:?}");
        for row in reader.records().map(Result::unwrap) {
            for (name, cell) in header.iter().zip(&row) {
                let whole = cell.parse::<u32>().is_ok();
                let float = cell.contains(['.', 'e', 'i']) && cell.parse::<f64>().is_ok() && cell.len() < 25;
                let typed = match name {
                    _ if keys.contains(&name) => whole,
                    _ if name == group => whole || float,
                    _ => float || cell.is_empty(),
                };
                assert!(typed, "{name} of {benchmark} is {cell}");
            }
        }
    }
}
