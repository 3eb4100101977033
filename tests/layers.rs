//! What may import what in `core` and `native`, and no circles. To add a module, add its name to a row.

use untrained_tests::root;

use crate::modules::{Modules, circles};

/// The modules of `core`, lowest row first: one imports only of rows below its own, never of its own row.
const CORE: &[&[&str]] = &[
    &["digest", "family", "panic", "plain", "progress", "simd", "text"],
    &["error"],
    &["memory", "nearest", "number", "random", "undefined"],
    &["corpus", "linalg", "rank"],
    &["chart", "device", "glue", "observation", "space"],
    &["metric", "network"],
    &["origin", "training"],
    &["record"],
    &["job"],
    &["score", "task"],
    &["devices"],
    &["benchmark"],
    &["figure"],
];

/// The modules of `native`, in the same way.
const NATIVE: &[&[&str]] = &[
    &["allocator", "caught", "memory", "outcome", "quiet"],
    &["input", "output", "parse"],
    &["exit", "interrupt", "progress", "report", "timed"],
    &["architectures", "device", "lists", "space"],
    &["attempt", "word_pieces"],
    &["many", "score"],
    &["benchmark", "correlate", "explore", "import", "reproduce", "train", "work"],
    &["args"],
];

/// The imports of a crate that do not lead to a lower row, and what is in no row or in a row without being there.
fn faults(krate: &str, layers: &[&[&str]]) -> Vec<String> {
    let modules = Modules::read(&root().join(krate).join("src"));
    let first = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
    let row = |name: &str| layers.iter().position(|row| row.contains(&name));
    let imports = modules.imports();
    let mut faults = Vec::new();
    for module in imports.keys().filter(|module| !module.contains("::") && !module.is_empty()) {
        if row(module).is_none() {
            faults.push(format!("{module} is in no row"));
        }
    }
    for name in layers.iter().flat_map(|row| row.iter()).filter(|name| !imports.contains_key(**name)) {
        faults.push(format!("there is no module {name}"));
    }
    // The root of the crate has no name: it may import everything, and nothing imports it.
    for (from, others) in imports.iter().filter(|(from, _)| !from.is_empty()) {
        for to in others.iter().filter(|to| first(to) != first(from)) {
            if to.is_empty() || row(&first(to)) >= row(&first(from)) {
                let to = if to.is_empty() { "the root, or a module that is not there" } else { to };
                faults.push(format!("{from} imports {to}"));
            }
        }
    }
    faults
}

fn holds(krate: &str, layers: &[&[&str]]) {
    let faults = faults(krate, layers);
    assert!(faults.is_empty(), "{krate}:\n{}", faults.join("\n"));
}

fn has_no_circle(krate: &str) {
    let imports = Modules::read(&root().join(krate).join("src")).imports();
    assert!(imports.len() > 40, "{} modules", imports.len());
    let mut edges = String::new();
    for group in circles(&imports) {
        edges.push_str(&format!("a circle of {}:\n", group.len()));
        for from in &group {
            let within: Vec<&str> = imports[*from].iter().filter(|to| group.contains(to)).map(String::as_str).collect();
            edges.push_str(&format!("  {from} imports {}\n", within.join(", ")));
        }
    }
    assert!(edges.is_empty(), "{krate}:\n{edges}");
}

#[test]
fn core_imports_downwards_only() {
    holds("core", CORE);
}

#[test]
fn native_imports_downwards_only() {
    holds("native", NATIVE);
}

#[test]
fn core_has_no_circle() {
    has_no_circle("core");
}

#[test]
fn native_has_no_circle() {
    has_no_circle("native");
}

/// A small crate: `a` imports an item of `b::c` through `b`, which makes it public; `b::c` imports `a` by a path, and
/// `b` imports `b::f` by one; `d` calls a macro of `b::f`; what a comment or a test imports does not count.
#[test]
fn imports_are_found_where_they_are_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let src = folder.path();
    std::fs::create_dir(src.join("b")).unwrap();
    for (name, text) in [
        ("lib.rs", "mod a;\npub mod b;\npub mod d;\nmod e;\n"),
        ("a.rs", "use std::fmt;\nuse crate::{\n    b::{Item as Other, self},\n};\nfn f(_: Other) {}\n"),
        ("b.rs", "mod c;\nmod f;\npub use c::{Item, second};\nfn fourth() {\n    f::fifth();\n}\n"),
        ("b/f.rs", "macro_rules! note {\n    () => {};\n}\npub fn fifth() {}\n"),
        ("b/c.rs", "pub struct Item;\npub fn second() {\n    crate::a::f();\n    self::third();\n}\n"),
        (
            "d.rs",
            "// use crate::a;\n#[cfg(all(test, unix))]\nmod tests {\n    use crate::a;\n}\nfn g() {\n    note!();\n}\n",
        ),
        ("e.rs", "mod inner {\n    use super::super::a;\n    use super::*;\n}\n#[cfg(test)]\nuse crate::b;\n"),
    ] {
        std::fs::write(src.join(name), text).unwrap();
    }
    let imports = Modules::read(src).imports();
    let of = |module: &str| imports[module].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!((of("a"), of("b::c"), of("e")), (vec!["b", "b::c"], vec!["a"], vec!["a"]));
    assert_eq!((of("b"), of("d")), (vec!["b::f"], vec!["b::f"]));
    assert_eq!(circles(&imports), [["a", "b::c"]]);
}
