//! Where the files of a task of GLUE are: under the names with which it is distributed, or those of Hugging Face.

use std::path::{Path, PathBuf};

use untrained_core::glue::GlueTask;

use crate::outcome::Usage;

/// Names of files to train on, and of files to judge by, in order of preference.
const NAMES: [&[&str]; 2] = [
    &["train.tsv", "train.jsonl", "train.json", "sts-train.csv"],
    &[
        "dev.tsv",
        "dev_matched.tsv",
        "validation.jsonl",
        "validation_matched.jsonl",
        "dev.jsonl",
        "dev_matched.jsonl",
        "validation.json",
        "validation_matched.json",
        "sts-dev.csv",
    ],
];

/// The two files of a task in a folder, or in the folder of the task in it.
///
/// # Errors
/// One sentence: what is missing.
pub fn find(data: &Path, task: GlueTask) -> Result<[PathBuf; 2], Usage> {
    let mut names = vec![task.title(), task.hugging_face(), task.id()];
    names.dedup();
    let folder = names.iter().map(|name| data.join(name)).find(|folder| folder.is_dir());
    let folder = folder.ok_or_else(|| {
        let problem = format!("there is no folder {} of {}", names.join(" or "), task.title());
        Usage(format!("data {}: {problem}", data.display()))
    })?;
    let of = |names: &[&str]| {
        let found = names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
        found.ok_or_else(|| Usage(format!("data {}: {}", folder.display(), missing(&folder, names))))
    };
    Ok([of(NAMES[0])?, of(NAMES[1])?])
}

fn missing(folder: &Path, names: &[&str]) -> String {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_binary = |path: &Path| path.extension().is_some_and(|end| end == "parquet" || end == "arrow");
    let names = format!("there is none of {}", names.join(", "));
    if entries.any(|entry| is_binary(&entry.path())) {
        return format!("{names}; parquet or arrow are not read: write JSON Lines with to_json of datasets");
    }
    names
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn both_ways_of_distribution_are_found() {
        let data = TempDir::new().unwrap();
        for (file, task) in [("SST-2/train.tsv", GlueTask::Sst), ("mnli/train.jsonl", GlueTask::Mnli)] {
            let path = data.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            let problem = find(data.path(), task).unwrap_err().to_string();
            assert!(problem.contains("there is none of dev.tsv, dev_matched.tsv"), "{problem}");
        }
        fs::write(data.path().join("SST-2/dev.tsv"), "").unwrap();
        fs::write(data.path().join("mnli/validation_matched.jsonl"), "").unwrap();
        assert!(find(data.path(), GlueTask::Sst).unwrap()[1].ends_with("SST-2/dev.tsv"));
        assert!(find(data.path(), GlueTask::Mnli).unwrap()[1].ends_with("validation_matched.jsonl"));
        let problem = find(data.path(), GlueTask::Cola).unwrap_err().to_string();
        assert!(problem.ends_with("there is no folder CoLA or cola of CoLA"), "{problem}");
        fs::create_dir(data.path().join("rte")).unwrap();
        fs::write(data.path().join("rte/train-00000-of-00001.parquet"), "").unwrap();
        let problem = find(data.path(), GlueTask::Rte).unwrap_err().to_string();
        assert!(problem.contains("parquet or arrow are not read"), "{problem}");
    }
}
