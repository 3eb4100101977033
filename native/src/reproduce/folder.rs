//! A folder that files are written to: each one complete or not at all, and listed on standard output.

use std::fs;
use std::path::{Path, PathBuf};

use untrained_core::plain::escaped;

use crate::outcome::unusable;
use crate::output;

/// An output folder that exists.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// How many files were written.
    pub files: usize,
}

impl Folder {
    /// Opens the folder, which is made where it does not exist.
    ///
    /// # Errors
    /// When it can be neither found nor made.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(path).map_err(|error| unusable("output folder", path, &error))?;
        Ok(Self { path: path.to_owned(), files: 0 })
    }

    /// Writes a file of the folder and its path to standard output.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn write(&mut self, name: &str, content: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        output::write(&path, content)?;
        self.files += 1;
        output::print([Ok(format!("{}\n", escaped(&path.display().to_string())))])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn a_file_is_written_whole_and_nothing_else_is_left() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(&place.path().join("new")).unwrap();
        folder.write("a.csv", "1\n").unwrap();
        folder.write("a.csv", "2\n").unwrap();
        let names: Vec<_> =
            std::fs::read_dir(place.path().join("new")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["a.csv"]);
        assert_eq!(std::fs::read_to_string(place.path().join("new/a.csv")).unwrap(), "2\n");
    }

    #[test]
    fn a_folder_that_is_a_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Folder::open(file.path()).unwrap_err().to_string();
        assert!(error.starts_with("output folder "), "{error}");
    }
}
