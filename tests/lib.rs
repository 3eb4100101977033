//! What the tests share: where files are, and what happens where something that a test needs is absent.
//!
//! | variable | meaning |
//! |---|---|
//! | `UNTRAINED_DATA` | published files that may not be shipped; without it `../shared/data`, next to the checkout |
//! | `UNTRAINED_CHECKPOINT` | folder with a trained BERT, scored in place of the small one in `tests/cases` |
//! | `UNTRAINED_REQUIRE` | which [`NEEDS`] must be there: `all`, names, or all but some: `all,-data` |
//! | `UNTRAINED_SKIPPED` | file to which every skipped test adds a line; `check.sh` prints them at the end |

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What a test may need besides the checkout and a compiler of Rust.
pub const NEEDS: [&str; 6] = [
    "browser",    // Chromium, Node and the packages of tests/browser
    "c-compiler", // cc on Linux
    "data",       // published files that may not be shipped, see UNTRAINED_DATA
    "notices",    // NOTICES.txt, see `make notices`
    "pages",      // the explorer, built by app/trunk.sh
    "vulkan",     // a Vulkan device, in software or not
];

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of `tests/golden`.
pub fn golden(name: &str) -> PathBuf {
    root().join("tests/golden").join(name)
}

/// A published file that may not be shipped. `None` where it is absent: the caller's test is skipped.
pub fn published(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("UNTRAINED_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        skip("data", &format!("{name} is neither in ../shared/data nor in UNTRAINED_DATA"));
        return None;
    }
    Some(path)
}

/// Records that the running test, or a part of it, is skipped because one of [`NEEDS`] is absent. The caller returns.
///
/// # Panics
/// Where `UNTRAINED_REQUIRE` requires it: the test fails with the reason.
pub fn skip(need: &str, why: &str) {
    let required = std::env::var("UNTRAINED_REQUIRE").unwrap_or_default();
    let list = std::env::var_os("UNTRAINED_SKIPPED").map(PathBuf::from);
    record(&required, list.as_deref(), need, why);
}

/// The same for these values of `UNTRAINED_REQUIRE` and `UNTRAINED_SKIPPED`.
///
/// # Panics
/// As [`skip`], and where the list cannot be written.
pub fn record(required: &str, list: Option<&Path>, need: &str, why: &str) {
    assert!(NEEDS.contains(&need), "{need} is not in NEEDS");
    assert!(!is_required(required, need), "UNTRAINED_REQUIRE={required} requires {need}: {why}");
    // The harness names a thread after its test, unless all tests run on the main thread.
    let thread = std::thread::current();
    let test = thread.name().filter(|name| *name != "main").unwrap_or("a test");
    let line = format!("{test}: {need}: {why}\n");
    eprint!("skipped: {line}");
    let Some(list) = list else { return };
    // One write of a line in append mode: lines of several threads and processes do not mix.
    let file = std::fs::OpenOptions::new().append(true).create(true).open(list);
    let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
    assert!(written.is_ok(), "{}: {written:?}", list.display());
}

/// Whether `UNTRAINED_REQUIRE` with this value requires one of [`NEEDS`].
///
/// # Panics
/// Where the value names something else: a misspelled need would require nothing.
pub fn is_required(value: &str, need: &str) -> bool {
    let names: Vec<&str> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    for name in &names {
        let known = *name == "all" || NEEDS.contains(&name.trim_start_matches('-'));
        assert!(known, "UNTRAINED_REQUIRE: '{name}' is neither all nor one of {NEEDS:?}");
    }
    let excepted = names.iter().any(|name| name.strip_prefix('-') == Some(need));
    !excepted && (names.contains(&"all") || names.contains(&need))
}
