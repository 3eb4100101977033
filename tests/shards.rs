//! Records of several runs, machines and devices, joined.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use untrained_core::record::Record;
use untrained_tests::golden;

use crate::runs::{ended, lines, untrained, values};

/// Writes a shard and its settings file.
pub fn shard(path: &Path, device: &str, records: &[(&str, f64)]) {
    let line = |(architecture, value): &(&str, f64)| {
        format!(
            "{{\"architecture\":\"{architecture}\",\"metric\":\"depth\",\"value\":{value},\"seed\":0,\"device\":\"{device}\"}}\n"
        )
    };
    fs::write(path, records.iter().map(line).collect::<String>()).unwrap();
    let settings = format!(
        r#"{{"benchmark":"nas-bench-nlp","sizes":{{"vocabulary":30,"embedding":8,"hidden":8,"layers":1,"batch":4,"steps":6}},"seed":0,"device":"{device}","text":"b03a"}}"#
    );
    fs::write(path.with_added_extension("settings"), settings).unwrap();
}

#[test]
fn records_that_differ_by_rounding_are_merged_and_counted() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let merge = |second: &[(&str, f64)]| {
        shard(Path::new(&path("a.jsonl")), "cpu", &[("3", 5.25), ("6", -408.407_812_539_654_6)]);
        shard(Path::new(&path("b.jsonl")), "cpu", second);
        ended(untrained(&["merge", &path("a.jsonl"), &path("b.jsonl"), "--out", &path("out.jsonl")]))
    };
    let (code, _, stderr) = merge(&[("3", 5.25), ("6", -408.407_812_539_654_7 * (1.0 + 1e-8)), ("9", 1.0)]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("1 records came again with a value that differs by rounding, at most 1e-8"), "{stderr}");
    let merged = lines(Path::new(&path("out.jsonl")));
    assert_eq!(merged.iter().map(|record| record.value).collect::<Vec<_>>(), [5.25, -408.407_812_539_654_6, 1.0]);
    fs::remove_file(path("out.jsonl")).unwrap();
    let (code, _, stderr) = merge(&[("3", 5.2515)]);
    assert!(code == Some(2) && stderr.contains("line 1: depth of 3 is 5.2515, but 5.25 in another line"), "{stderr}");
    assert!(!Path::new(&path("out.jsonl")).exists());
}

#[test]
fn shards_of_several_devices_are_merged_with_their_names() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let of = |name: &str, device: &str, id: &str| shard(Path::new(&path(name)), device, &[(id, 5.0)]);
    of("a.jsonl", "cpu", "3");
    of("b.jsonl", "cuda: A100", "6");
    of("c.jsonl", "wgpu: Arc (vulkan)", "9");
    let merge =
        |from: [&str; 2], to: &str| ended(untrained(&["merge", &path(from[0]), &path(from[1]), "--out", &path(to)]));
    let (code, _, stderr) = merge(["a.jsonl", "b.jsonl"], "ab.jsonl");
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("several devices") && stderr.contains("cpu, cuda: A100"), "{stderr}");
    let (_, _, stderr) = merge(["c.jsonl", "ab.jsonl"], "abc.jsonl");
    assert!(stderr.contains("cpu, cuda: A100, wgpu: Arc (vulkan)"), "{stderr}");
    let settings = fs::read_to_string(path("abc.jsonl.settings")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    assert_eq!(settings["device"], "wgpu: Arc (vulkan)");
    assert_eq!(settings["other_devices"], serde_json::json!(["cpu", "cuda: A100"]));
    assert_eq!(lines(Path::new(&path("abc.jsonl"))).len(), 3);
}

#[test]
fn records_of_another_run_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    shard(&path("a.jsonl"), "cpu", &[("3", 5.0)]);
    shard(&path("b.jsonl"), "cpu", &[("6", 5.0)]);
    let settings_file = path("b.jsonl.settings");
    let settings = fs::read_to_string(&settings_file).unwrap();
    let merge = || {
        let (a, b, out) = (path("a.jsonl"), path("b.jsonl"), path("out.jsonl"));
        ended(untrained(&["merge", a.to_str().unwrap(), b.to_str().unwrap(), "--out", out.to_str().unwrap()]))
    };
    for (from, to, difference) in [
        ("\"steps\":6", "\"steps\":7", "made with other sizes than"),
        ("\"seed\":0", "\"seed\":1", "made with another seed than"),
        ("b03a", "b03b", "made with another text than"),
        ("nas-bench-nlp", "nas-bench-bert", "made with another benchmark than"),
    ] {
        fs::write(&settings_file, settings.replace(from, to)).unwrap();
        let (code, _, stderr) = merge();
        assert!(code == Some(2) && stderr.contains(difference), "{stderr}");
    }
    fs::remove_file(&settings_file).unwrap();
    let text = fs::read_to_string(path("b.jsonl")).unwrap();
    fs::write(path("b.jsonl"), text.replace("\"seed\":0", "\"seed\":4")).unwrap();
    let (code, _, stderr) = merge();
    assert!(code == Some(2) && stderr.contains("line 1: made with seed 4, but "), "{stderr}");
}

#[test]
fn what_a_merged_benchmark_lacks_is_reported() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let all: Vec<String> = untrained_core::benchmark::nas_bench_nlp::published()
        .into_iter()
        .filter(|network| network.id == network.architecture)
        .map(|network| network.id.to_string())
        .collect();
    let records: Vec<(&str, f64)> = all.iter().map(|id| (id.as_str(), 1.0)).collect();
    let merge = |second: &[(&str, f64)]| {
        shard(Path::new(&path("a.jsonl")), "cpu", &records[..100]);
        shard(Path::new(&path("b.jsonl")), "cpu", second);
        ended(untrained(&["merge", &path("a.jsonl"), &path("b.jsonl"), "--out", &path("out.jsonl")]))
    };
    let (code, _, stderr) = merge(&records[100..]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let (code, _, stderr) = merge(&records[102..]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains(&format!("lack 2 scores: {}, {}", all[100], all[101])), "{stderr}");
    assert_eq!(lines(Path::new(&path("out.jsonl"))).len(), records.len() - 2);
}

#[test]
fn a_dash_is_standard_output_or_refused() {
    let folder = TempDir::new().unwrap();
    let published = folder.path().to_str().unwrap();
    let config = golden("bert_dct.json");
    let encoder = ["score", "encoder", "--config", config.to_str().unwrap(), "--hidden-states", "-"];
    for command in [
        &["benchmark", "--limit", "1", "--out", "-"][..],
        &["reproduce", "tables", "--out", "-"],
        &["reproduce", "figures", "--out=-"],
        &["import", published, "--out", "-"],
        &encoder,
    ] {
        let (code, printed, stderr) = ended_in(folder.path(), command);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{command:?}: {stderr}");
        assert!(stderr.contains("not to standard output"), "{stderr}");
    }
    shard(&folder.path().join("a.jsonl"), "cpu", &[("6", 5.0), ("3", 2.0)]);
    let (code, printed, stderr) = ended_in(folder.path(), &["merge", "a.jsonl", "--out", "-"]);
    assert_eq!(code, Some(3), "{stderr}");
    let architectures: Vec<String> =
        printed.lines().map(|line| serde_json::from_str::<Record>(line).unwrap().architecture).collect();
    assert_eq!(architectures, ["3", "6"]);
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.jsonl", "a.jsonl.settings"]);
}

fn ended_in(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = untrained(arguments);
    command.current_dir(folder);
    ended(command)
}

#[cfg(unix)]
#[test]
fn merging_into_a_link_writes_what_it_names() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    shard(&path("a.jsonl"), "cpu", &[("3", 5.0)]);
    fs::create_dir(path("results")).unwrap();
    std::os::unix::fs::symlink("results/all.jsonl", path("link.jsonl")).unwrap();
    for _ in 0..2 {
        assert_eq!(ended_in(folder.path(), &["merge", "a.jsonl", "--out", "link.jsonl"]).0, Some(3));
        assert!(path("link.jsonl").is_symlink());
        assert_eq!(values(&path("results/all.jsonl")), values(&path("a.jsonl")));
    }
}
