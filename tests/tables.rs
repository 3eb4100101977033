//! The tables of `data/` against the search space, and the commands that write and correlate them.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use untrained_core::benchmark::lts::architectures;
use untrained_core::benchmark::nas_bench_nlp::{METRICS, ablation, ablation_file, published};
use untrained_core::benchmark::{
    Ablation, BENCHMARKS, Benchmark as _, NasBenchBert, NasBenchNlp, Table, nas_bench_bert, records,
};
use untrained_core::rank::tau_b;
use untrained_tests::{published as published_file, root};

/// Hidden covariance of every architecture, scored here on Penn Treebank: the published column comes out row by row,
/// and its correlation; the networks the published scores leave out make it stronger.
#[test]
fn the_benchmark_scored_here_is_the_published_one() {
    let path = root().join("data/nas-bench-nlp/recomputed_penn_treebank.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let scores = records::read("recomputed", &text, &NasBenchNlp).unwrap();
    assert_eq!(scores.len(), 4_322);
    let tau = |table: &Table| {
        let joined = records::join(table, &scores).table;
        let values = &joined.column("hidden_covariance_layer_1").unwrap().values;
        let finite: Vec<usize> = (0..values.len()).filter(|&row| values[row].is_finite()).collect();
        let joined = joined.select(&finite);
        let tau = tau_b(&joined.column("hidden_covariance_layer_1").unwrap().values, &joined.results).unwrap();
        (finite.len(), (tau * 1e4).round() / 1e4)
    };
    let all = NasBenchNlp.table().unwrap();
    assert_eq!(tau(&all.scored()), (8_794, -0.3715));
    assert_eq!(tau(&all), (9_839, -0.4185));
}

/// Every row names the architecture that the sampler finds, and the baselines are those of its recipe.
#[test]
fn rows_agree_with_the_search_space() {
    let networks = published();
    let table = NasBenchNlp.table().unwrap();
    let column = |id| &table.column(id).unwrap().values;
    for (at, row) in table.rows.iter().enumerate() {
        let network = &networks[row.id as usize];
        let recipe = &network.recipe;
        assert_eq!(
            (row.architecture, row.group as usize, row.run),
            (network.architecture, network.states, network.run)
        );
        let known = [column("nodes")[at], column("linears")[at], column("depth")[at]];
        let counted = [recipe.nodes().len(), recipe.linears().count(), recipe.depth()].map(|count| count as f64);
        assert!(known.iter().eq(&counted), "id {}: {known:?} is not {counted:?}", row.id);
    }
}

/// Ten cells, ten repetitions; the first repetition of both is the same work.
#[test]
fn the_ablations_are_complete() {
    let [batch, initialization] = Ablation::ALL.map(|which| ablation(which).unwrap());
    for metric in METRICS {
        let groups = batch.by_architecture(batch.column(metric).unwrap());
        let others = initialization.by_architecture(initialization.column(metric).unwrap());
        assert_eq!((groups.len(), others.len()), (10, 10));
        for ((one, values), (other, repeated)) in groups.iter().zip(&others) {
            assert_eq!((one, values.len(), repeated.len()), (other, 10, 10));
            assert!(values.iter().chain(repeated).all(|value| value.is_finite()), "{metric} of {one}");
        }
    }
}

#[test]
fn the_embedded_tables_are_those_of_the_folder() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let ablations =
        Ablation::ALL.into_iter().flat_map(|which| [ablation_file(which), nas_bench_bert::ablation_file(which)]);
    let tables = BENCHMARKS.iter().flat_map(|benchmark| benchmark.files()).copied();
    let further = [nas_bench_bert::TRAINING, architectures::TABLE, architectures::FOUND];
    let suites = BENCHMARKS.iter().filter_map(|benchmark| Some(benchmark.suite()?.file));
    for file in tables.chain(ablations).chain(further).chain(suites) {
        assert!(std::fs::read(data.join(file.name)).unwrap() == file.bytes, "{}", file.name);
    }
    let names: HashSet<_> = NasBenchNlp.files().iter().map(|file| file.name).collect();
    assert_eq!(names.len(), NasBenchNlp.files().len());
}

/// What depends on the benchmark is a method of it: no code outside compares its id with a literal.
#[test]
fn no_other_code_compares_the_id_of_a_benchmark() {
    let mut files = Vec::new();
    ["app/src", "core/src", "native/src"].iter().for_each(|folder| sources(&root().join(folder), &mut files));
    let own = ["core/src/benchmark", "native/src/import"].map(|folder| root().join(folder));
    files.retain(|path| !own.iter().any(|own| path.starts_with(own) || *path == own.with_extension("rs")));
    assert!(files.len() > 150);
    let mut names: Vec<String> = BENCHMARKS.iter().map(|benchmark| format!("\"{}\"", benchmark.about().id)).collect();
    names.extend(["NasBenchNlp", "NasBenchBert", "Lts"].map(|name| format!("{name}.about().id")));
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for name in &names {
            let compared = [format!("== {name}"), format!("!= {name}"), format!("{name} =="), format!("{name} !=")];
            let is_compared = compared.iter().chain([&format!("{name} =>")]).any(|pattern| code.contains(pattern));
            assert!(!is_compared, "{} compares a benchmark with {name}", path.display());
        }
    }
}

fn sources(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The program with these arguments: exit code, standard output, standard error.
fn untrained(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(cargo_bin("untrained")).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn correlate_prints_data_alone_on_standard_output() {
    let json = ["correlate", "--published", "--benchmark", "nas-bench-nlp", "--resamples", "0", "--format", "json"];
    let (code, out, stderr) = untrained(&json);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    assert_eq!((code, rows.len(), &rows[0]["metric"]), (Some(0), 17, &"noise_ceiling".into()));
    assert!(stderr.contains("449 networks"));
    let (_, table, _) = untrained(&json[..6]);
    let line = table.lines().find(|line| line.contains("hidden_covariance_layer_1")).unwrap();
    assert!(["8794", "3047", "-0.3715", "-0.5244", "-0.4046"].iter().all(|number| line.contains(number)), "{line}");
}

#[test]
fn correlate_reads_a_file_of_scores() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.jsonl");
    let record =
        |id: &str, value: &str| format!(r#"{{"architecture":{id},"metric":"jacobian_cosine","value":{value}}}"#);
    let lines =
        [record("4", "1"), record("\"6\"", "2"), record("\"nas-bench-nlp/9\"", "\"-inf\""), record("14202", "0")];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let file = path.to_str().unwrap();
    let (code, out, stderr) = untrained(&["correlate", file, "--benchmark", "nas-bench-nlp", "--format", "jsonl"]);
    let metric: serde_json::Value = serde_json::from_str(out.lines().nth(1).unwrap()).unwrap();
    assert_eq!((code, &metric["networks"], &metric["r"]), (Some(0), &3.into(), &serde_json::Value::Null));
    assert!(stderr.contains("infinite values rank at the end") && stderr.contains("have no result here"), "{stderr}");
    std::fs::write(&path, "{}").unwrap();
    let (code, out, stderr) = untrained(&["correlate", file, "--benchmark", "nas-bench-nlp"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(stderr.contains("scores.jsonl, line 1: "), "{stderr}");
}

/// A metric that this program does not know is evaluated, and said to be one: of all columns, or of those that are
/// named.
#[test]
fn correlate_takes_a_metric_of_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.csv");
    let scores: String = (0..500).map(|id| format!("{id},{},{}\n", id % 7, (id * id) % 11)).collect();
    std::fs::write(&path, format!("architecture,mine,attention_confidence\n{scores}")).unwrap();
    let correlate = ["correlate", path.to_str().unwrap(), "--benchmark", "nas-bench-bert", "--format", "jsonl"];
    let (code, out, _) = untrained(&[&correlate[..], &["--metric", "mine"]].concat());
    let evaluated: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mine = evaluated.iter().find(|worth| worth["metric"] == "mine").unwrap();
    assert_eq!((code, &mine["rows"]), (Some(0), &500.into()));
    assert!(evaluated.iter().all(|worth| worth["metric"] != "attention_confidence"));
    let (code, out, stderr) = untrained(&correlate);
    let found = |metric: &str| out.contains(&format!("\"metric\":\"{metric}\""));
    assert!(code == Some(0) && found("mine") && found("attention_confidence"), "{stderr}");
    assert!(stderr.contains("- Metrics of your own: mine.\n"), "{stderr}");
}

/// The lines of `correlate` in JSON, and its notes.
fn correlate(arguments: &[&str]) -> (Vec<serde_json::Value>, String) {
    let (code, out, stderr) = untrained(&[&["correlate"], arguments, &["--format", "jsonl"]].concat());
    assert_eq!(code, Some(0), "{stderr}");
    (out.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), stderr)
}

/// Scores as pandas writes them: an index without a name, ids as floats, further columns. The published metrics are
/// evaluated on the same rows, each with the difference to the best metric of the file.
#[test]
fn correlate_reads_what_pandas_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.csv");
    let table = NasBenchBert.table().unwrap();
    let scores = table.column("head_confidence").unwrap().values.iter().take(300).enumerate();
    let rows: String = scores.map(|(id, score)| format!("{id},{id}.0,{score:?},{},word\n", id % 5)).collect();
    std::fs::write(&path, format!(",architecture,mine,noise,note\n{rows}")).unwrap();
    let file = path.to_str().unwrap();
    let (lines, stderr) = correlate(&[file, "--benchmark", "nas-bench-bert", "--resamples", "50"]);
    let find = |metric: &str, kind: &str| {
        lines.iter().find(|line| line["metric"] == metric && line["kind"] == kind).unwrap_or_else(|| panic!("{metric}"))
    };
    let (mine, theirs) = (find("mine", "metric"), find("head_confidence", "published"));
    assert_eq!((&mine["rows"], &theirs["rows"]), (&300.into(), &300.into()));
    // The same numbers under another name: the same tau, and no difference whatever is drawn.
    assert_eq!((&mine["tau"], &mine["low"]), (&theirs["tau"], &theirs["low"]));
    let difference = ["difference", "difference_low", "difference_high"].map(|name| theirs[name].as_f64().unwrap());
    assert_eq!((difference, &theirs["compared_with"]), ([0.0; 3], &"mine".into()));
    // Layers alone do better, whatever is drawn.
    assert!(find("layers", "baseline")["difference_high"].as_f64().unwrap() < 0.0);
    assert!(
        stderr.contains("Metrics of your own: mine, noise.") && stderr.contains("without numbers are not used: note."),
        "{stderr}"
    );
    assert!(
        stderr.contains("higher is better") && stderr.contains("First tenth") && stderr.contains("mine highest"),
        "{stderr}"
    );
}

/// Results of one's own: seven rows of five networks, two of which were trained twice. Numbers by hand below.
#[test]
fn correlate_evaluates_results_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let results = "id,val_acc,params,depth_class\na,0.9,5,deep\nb,0.8,4,deep\nc,0.7,3,deep\nd,0.6,2,flat\ne,0.5,9,flat\na,0.85,5,deep\nb,0.75,4,deep\n";
    let (results, scores) =
        (file("results.csv", results), file("scores.csv", "id,mine\na,50\nb,40\nc,30\nd,20\ne,10\n"));
    let (lines, stderr) = correlate(&[&scores, "--against", &results, "--target", "val_acc", "--resamples", "100"]);
    let of = |lines: &[serde_json::Value], metric: &str, name: &str| {
        lines.iter().find(|line| line["metric"] == metric).unwrap()[name].clone()
    };
    // Of 21 pairs 2 tie in the score; of the others b's 0.8 with c's 0.7 and so on all agree, as a is always above b
    // but for none, and b's second run, 0.75, is above c: 19 agree.
    let tau = of(&lines, "mine", "tau").as_f64().unwrap();
    assert!((tau - 19.0 / (19.0f64 * 21.0).sqrt()).abs() < 1e-12, "{tau}");
    // Both runs order a before b.
    assert_eq!(of(&lines, "noise_ceiling", "tau"), 1.0);
    assert_eq!((of(&lines, "noise_ceiling", "networks"), of(&lines, "mine", "networks")), (2.into(), 5.into()));
    // e has the most parameters and the lowest accuracy: of 19 pairs that do not tie 6 are the other way round.
    let size = of(&lines, "params", "tau").as_f64().unwrap();
    assert!((size - 7.0 / (19.0f64 * 21.0).sqrt()).abs() < 1e-12, "{size}");
    assert!((of(&lines, "params", "difference").as_f64().unwrap() - (tau - size)).abs() < 1e-12);
    assert!(stderr.contains("higher is better (taken from its name; --better says otherwise)"), "{stderr}");
    let group = ["--target", "val_acc", "--group", "depth_class", "--better", "lower", "--average-runs"];
    let (lines, stderr) = correlate(&[&[&*scores, "--against", &results], &group[..]].concat());
    let groups: Vec<&str> = lines.iter().map(|line| line["group"].as_str().unwrap()).collect();
    assert_eq!(groups, [["depth_class=deep"; 3], ["depth_class=flat"; 3]].concat());
    assert!(stderr.contains("lower is better (as given)"), "{stderr}");
    let records = "{\"architecture\":\"a\",\"metric\":\"depth\",\"value\":1}\n{\"architecture\":\"b\",\"metric\":\"depth\",\"value\":2}\n";
    let (lines, _) = correlate(&[&file("scores.jsonl", records), "--against", &results, "--target", "val_acc"]);
    assert_eq!(of(&lines, "depth", "rows"), 4);
    // What cannot be used is one sentence.
    let other = file("other.csv", "id,mine\nz,1\n");
    let text = file("text.csv", "id,mine\nz,\"one\"\n");
    let many = file("many.csv", "id,x,y\na,1,2\n");
    for (scores, results, sentence) in [
        (&other, &results, format!("scores {other}: none of its architectures has a result in {results}")),
        (&text, &results, format!("scores {text}: the file holds no score; columns without numbers: mine")),
        (&scores, &many, format!("table {many}, line 1: which column is to be predicted must be named: x, y")),
    ] {
        let target: &[&str] = if results == &many { &[] } else { &["--target", "val_acc"] };
        let stderr = untrained(&[&["correlate", scores, "--against", results], target].concat());
        assert_eq!(stderr, (Some(2), String::new(), format!("untrained: {sentence}\n")));
    }
    let (code, _, stderr) = untrained(&["correlate", &scores, "--against", &results, "--target", "val_ac"]);
    assert_eq!((code, stderr.as_str()), (Some(2), "untrained: unknown column 'val_ac'; did you mean 'val_acc'?\n"));
}

/// Each gives one sentence, exit code 2 and no data.
#[test]
fn unusable_arguments_are_refused_in_one_sentence() {
    let correlate = ["correlate", "--published", "--benchmark"];
    let metric = ["nas-bench-nlp", "--metric", "jacobian_cosin"];
    for (arguments, sentence) in [
        (
            [&correlate[..], &["nas-bench-nlq"]].concat(),
            "unknown benchmark 'nas-bench-nlq'; did you mean 'nas-bench-nlp'?",
        ),
        ([&correlate[..], &metric].concat(), "unknown metric 'jacobian_cosin'; did you mean 'jacobian_cosine'?"),
        (
            vec!["correlate", "none.jsonl", "--benchmark", "nas-bench-nlp"],
            "scores none.jsonl: no such file or directory",
        ),
        (vec!["import", "nowhere"], "published table nowhere/RNN_parameters.csv: no such file or directory"),
    ] {
        let stderr = format!("untrained: {sentence}\n");
        assert_eq!(untrained(&arguments), (Some(2), String::new(), stderr));
    }
}

/// The import gives the tables of `data/` again, byte for byte, or nothing at all.
#[test]
fn import_makes_the_same_tables_again() {
    let Some(scores) = published_file("training-free-nas") else { return };
    let from = scores.with_file_name("");
    let (from, folder) = (from.to_str().unwrap(), tempfile::tempdir().unwrap());
    let out = folder.path().to_str().unwrap();
    let (code, data, stderr) = untrained(&["import", from, "--out", out]);
    assert_eq!((code, data.as_str()), (Some(0), ""), "{stderr}");
    assert!(stderr.contains("2310 rows whose loss is nan"), "{stderr}");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/nas-bench-nlp");
    for entry in std::fs::read_dir(folder.path().join("nas-bench-nlp")).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            std::fs::read(&path).unwrap() == std::fs::read(own.join(path.file_name().unwrap())).unwrap(),
            "{path:?}"
        );
    }
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let (code, _, stderr) = untrained(&["import", from, "--out", blocked.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{stderr}");
}
