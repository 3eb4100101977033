//! Writes all tables or none, and compares them with the checksums in `README.md` next to them.

use std::path::Path;

use super::made::Made;
use crate::outcome::{Outcome, unusable};
use crate::output::{self, Prepared};
use untrained_core::digest::sha256;

/// Writes every table next to its path first, then moves them all there.
///
/// # Errors
/// When a folder or a file cannot be written; then nothing has changed.
pub fn all(folder: &Path, tables: &[(String, String)]) -> anyhow::Result<()> {
    let _writing = output::writing();
    let written = tables.iter().map(|(name, text)| {
        let path = folder.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| unusable("output", &path, &error))?;
        }
        output::prepare(&path, text)
    });
    written.collect::<anyhow::Result<Vec<_>>>()?.into_iter().try_for_each(Prepared::persist)
}

/// Compares what was read and written with the checksums in `README.md`, and says what differs.
pub fn verify(folder: &Path, made: &Made) -> Outcome {
    let path = folder.join("README.md");
    let Ok(readme) = std::fs::read_to_string(&path) else {
        note!("{} is not there, so no checksum was compared.", path.display());
        return Outcome::Done;
    };
    let sources = made.sources.iter().map(|(name, bytes)| (name, bytes.as_slice()));
    let tables = made.tables.iter().map(|(name, text)| (name, text.as_bytes()));
    let sums = sources.chain(tables).map(|(name, bytes)| (name, sha256(bytes)));
    let missing: Vec<_> = sums.filter(|(name, sum)| !is_listed(&readme, name, sum)).collect();
    missing.iter().for_each(|(name, sum)| note!("{} gives another checksum for {name} than {sum}", path.display()));
    if missing.is_empty() { Outcome::Done } else { Outcome::Partly }
}

/// Whether a name and its checksum stand in one line.
fn is_listed(readme: &str, name: &str, sum: &str) -> bool {
    readme.lines().any(|line| line.contains(name) && line.contains(sum))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{all, is_listed, sha256};

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        folders.iter().flat_map(|folder| self::files(folder)).chain(files).collect()
    }

    /// Every table in `data/` is listed in its README with its true checksum.
    #[test]
    fn the_checksums_are_true() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
        let readme = std::fs::read_to_string(data.join("README.md")).unwrap();
        for path in files(&data).iter().filter(|path| !path.ends_with("README.md")) {
            let name = path.strip_prefix(&data).unwrap().display().to_string();
            assert!(is_listed(&readme, &name, &sha256(&std::fs::read(path).unwrap())), "{name}");
        }
    }

    #[test]
    fn all_tables_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("blocked"), "").unwrap();
        let table = |name: &str| (name.to_owned(), "1\n".to_owned());
        assert!(all(folder.path(), &[table("one.csv"), table("blocked/two.csv")]).is_err());
        assert_eq!(files(folder.path()), [folder.path().join("blocked")]);
        all(folder.path(), &[table("one.csv"), table("in/two.csv")]).unwrap();
        assert_eq!(files(folder.path()).len(), 3);
    }
}
