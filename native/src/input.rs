//! Files that a command reads: their text, their bytes, and their names in messages and records.

use std::ffi::OsStr;
use std::path::Path;

use untrained_core::{text, without_place};

use crate::memory;
use crate::outcome::{Usage, unusable};

/// A file as messages name it.
pub fn named(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// The name of an architecture from a file or folder: its own, without `.json` where it has that ending.
pub fn architecture(path: &Path) -> String {
    // `.` and `..` have no name of their own.
    let whole = || std::fs::canonicalize(path).ok().and_then(|path| path.file_name().map(OsStr::to_owned));
    let name = path.file_name().map(OsStr::to_owned).or_else(whole);
    let name = name.map_or_else(|| "-".to_owned(), |name| name.to_string_lossy().into_owned());
    match name.rsplit_once('.') {
        Some((stem, ending)) if ending.eq_ignore_ascii_case("json") && !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}

/// The text of a file, in UTF-8 with or without a byte-order mark; `-` is standard input.
///
/// # Errors
/// One sentence with the path.
pub fn read(path: &Path, what: &str) -> anyhow::Result<String> {
    let bytes = read_bytes(path, what)?;
    text::decode(bytes).map_err(|problem| Usage(format!("{what} {}: {problem}", path.display())).into())
}

/// The bytes of a file; `-` is standard input.
///
/// # Errors
/// One sentence with the path.
pub fn read_bytes(path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    // Its bytes, and what is built from them, take about the same.
    if let Ok(file) = std::fs::metadata(path)
        && file.len() > memory::available() as u64 / 2
    {
        let problem = format!("{what} {}: a file of {} MiB does not fit into memory", path.display(), file.len() >> 20);
        return Err(Usage(problem).into());
    }
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| unusable(what, path, &error))
}

/// The text of a file of JSON, in which Python writes numbers that JSON does not have.
///
/// # Errors
/// As [`read`].
pub fn json(path: &Path, what: &str) -> anyhow::Result<String> {
    Ok(without_nan(&read(path, what)?))
}

/// A given JSON file with invalid content, as one short sentence: exit code 2.
pub fn damaged(what: &str, path: &Path, error: &serde_json::Error) -> Usage {
    let place = format!("line {} column {}", error.line(), error.column());
    Usage(format!("{what} {}: {} at {place}", named(path), without_place(error)))
}

/// JSON in which NaN is null.
pub fn without_nan(json: &str) -> String {
    json.replace(": NaN", ": null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_architecture_has_the_name_of_its_file() {
        let cases = [
            ("minilm-v1.5", "minilm-v1.5"),
            ("models/minilm-v1.5/", "minilm-v1.5"),
            ("cell.json", "cell"),
            ("v1.5.JSON", "v1.5"),
            ("my.recipe.json", "my.recipe"),
            ("cell-0.2", "cell-0.2"),
            (".json", ".json"),
            ("-", "-"),
        ];
        for (path, name) in cases {
            assert_eq!(architecture(Path::new(path)), name, "{path}");
        }
        let here = std::env::current_dir().unwrap();
        assert_eq!(architecture(Path::new(".")), here.file_name().unwrap().to_str().unwrap());
    }
}
