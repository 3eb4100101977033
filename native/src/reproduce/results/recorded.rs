//! Recorded files: one measurement or check each, with its date, machine and versions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::input::damaged;
use crate::outcome::unusable;
use crate::report::markdown;

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Numbers that must agree with a reference.
    Check,
    /// Time, memory or size.
    Measurement,
}

/// A recorded file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Which part of the document it belongs to.
    pub kind: Kind,
    title: String,
    /// What was done, in one paragraph.
    about: String,
    /// ISO date of the run.
    date: Option<String>,
    machine: Option<String>,
    /// Version by name of the program.
    #[serde(default)]
    versions: BTreeMap<String, String>,
    command: Option<String>,
    /// The fields of `rows` to show, in this order, each with its title.
    columns: Map<String, Value>,
    rows: Vec<Map<String, Value>>,
    /// What a reader of the numbers should know, known flaws first.
    #[serde(default)]
    notes: Vec<String>,
}

impl Recorded {
    /// Its section of the document.
    pub fn section(&self) -> String {
        let mut text = format!("### {}\n\n{}\n\n", self.title, self.about);
        let origin = self.origin();
        if !origin.is_empty() {
            text += &format!("{origin}\n\n");
        }
        if let Some(command) = &self.command {
            text += &format!("```\n{command}\n```\n\n");
        }
        text += &self.table();
        text += "\n";
        text.extend(self.notes.iter().map(|note| format!("- {note}\n")));
        if self.notes.is_empty() { text } else { text + "\n" }
    }

    /// "Recorded 2026-11-26 on two cores of an AMD EPYC, PyTorch 2.15."
    fn origin(&self) -> String {
        let date = self.date.iter().map(|date| format!("recorded {date}"));
        let versions = self.versions.iter().map(|(name, version)| format!("{name} {version}"));
        let parts: Vec<String> = date.chain(self.machine.clone()).chain(versions).collect();
        if parts.is_empty() { String::new() } else { format!("*{}*", parts.join("; ")) }
    }

    fn table(&self) -> String {
        let titles: Vec<String> = self.columns.values().map(|title| markdown::cell(Some(title))).collect();
        let row = |row: &Map<String, Value>| self.columns.keys().map(|field| markdown::cell(row.get(field))).collect();
        markdown::table(&titles, self.rows.iter().map(row))
    }
}

/// The recorded files of a folder, in the order of their names.
///
/// # Errors
/// One sentence with the file that cannot be read.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Recorded>> {
    let failed = |error: &std::io::Error| unusable("folder of recorded files", folder, error);
    let entries = fs::read_dir(folder).map_err(|error| failed(&error))?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(|error| failed(&error))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.iter().map(|path| one(path)).collect()
}

fn one(path: &Path) -> anyhow::Result<Recorded> {
    let bytes = fs::read(path).map_err(|error| unusable("recorded file", path, &error))?;
    Ok(serde_json::from_slice(&bytes).map_err(|error| damaged("recorded file", path, &error))?)
}

#[cfg(test)]
mod tests {
    use super::read;

    const FILE: &str = r#"{"kind": "measurement", "title": "Time", "about": "Two cells.", "date": "2026-11-26",
        "machine": "two cores", "versions": {"PyTorch": "2.15"}, "command": "run it",
        "columns": {"cell": "cell", "seconds": "time (s)"},
        "rows": [{"cell": "lstm", "seconds": 0.18, "spread": 3}, {"cell": "gru"}], "notes": ["Shared machine."]}"#;

    #[test]
    fn a_file_becomes_a_section() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("time.json"), FILE).unwrap();
        std::fs::write(folder.path().join("notes.txt"), "no JSON").unwrap();
        let sections: Vec<String> = read(folder.path()).unwrap().iter().map(super::Recorded::section).collect();
        let expected = "### Time\n\nTwo cells.\n\n*recorded 2026-11-26; two cores; PyTorch 2.15*\n\n```\nrun it\n```\n\n\
                        | cell | time (s) |\n| --- | --- |\n| lstm | 0.18 |\n| gru | – |\n\n- Shared machine.\n\n";
        assert_eq!(sections, [expected]);
    }

    #[test]
    fn a_field_that_is_not_known_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("time.json"), FILE.replace("\"date\"", "\"day\"")).unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("unknown field `day`"), "{error}");
    }
}
