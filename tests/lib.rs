//! What the tests share: where files lie, and what is absent.

use std::path::{Path, PathBuf};

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of `tests/golden`.
pub fn golden(name: &str) -> PathBuf {
    root().join("tests/golden").join(name)
}

/// A published file that may not be shipped, in `../shared/data` or where `UNTRAINED_DATA` says. `None` where it is
/// absent: the caller's test is skipped, and that is said.
pub fn published(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("UNTRAINED_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not here; it may not be shipped", path.display());
        return None;
    }
    Some(path)
}
