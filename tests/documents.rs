//! The documents: their lengths, and that what is written by a command is what the command writes.

use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use untrained_tests::root;

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// Words of a text: whatever is between spaces and has a letter or a digit, in tables and code, too.
fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// What a document has between `<!-- name -->` and `<!-- /name -->`.
fn between<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("<!-- {name} -->\n")).unwrap();
    rest.split_once(&format!("<!-- /{name} -->")).unwrap().0
}

/// The program with these arguments, run in the root of the project.
fn untrained(arguments: &[&str]) -> String {
    let output = Command::new(cargo_bin("untrained")).current_dir(root()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn documents_are_short() {
    for (name, most) in [("README.md", 1_100), ("ARCHITECTURE.md", 900)] {
        let words = words(&document(name));
        assert!(words <= most, "{name} has {words} words; at most {most}");
    }
}

#[test]
fn the_results_are_what_the_command_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("RESULTS.md");
    untrained(&["reproduce", "results", "--out", path.to_str().unwrap()]);
    let written = std::fs::read_to_string(&path).unwrap();
    let stored = document("tests/RESULTS.md");
    for (at, (written, stored)) in (1..).zip(written.lines().zip(stored.lines())) {
        assert_eq!(written, stored, "line {at} of tests/RESULTS.md");
    }
    assert!(written == stored, "tests/RESULTS.md ends elsewhere");
    assert_eq!(between(&document("README.md"), "overview"), between(&stored, "overview"));
}

/// A recorded file that is damaged gives one sentence with its name, and no document.
#[test]
fn a_damaged_recorded_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("speed.json"), "{\"kind\": \"guess\"}").unwrap();
    let out = folder.path().join("RESULTS.md");
    let command = ["reproduce", "results", "--recorded", folder.path().to_str().unwrap(), "--out"];
    let output = Command::new(cargo_bin("untrained")).args(command).arg(&out).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("speed.json: unknown variant `guess`") && message.lines().count() == 1, "{message}");
    assert!(!out.exists());
}

#[test]
fn the_table_of_metrics_is_the_list() {
    assert_eq!(untrained(&["metrics", "--format", "markdown"]), between(&document("METRICS.md"), "metrics"));
}

/// The files that the results name as those of a check exist.
#[test]
fn the_checks_name_files_that_exist() {
    let text = document("tests/results/checked_by_tests.json");
    let recorded: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = recorded["rows"].as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let file = row["file"].as_str().unwrap();
        assert!(root().join(file).is_file(), "{file} does not exist");
    }
}

/// Links between documents lead to files that exist.
#[test]
fn links_lead_somewhere() {
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "METRICS.md", "data/README.md"] {
        let text = document(name);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let folder = root().join(Path::new(name).parent().unwrap());
            assert!(link.starts_with("http") || folder.join(link).exists(), "{name} links to {link}");
        }
    }
}
