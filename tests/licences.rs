//! Every crate has a licence that `about.toml` accepts, and the notices name every crate that is distributed.

use std::collections::HashSet;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};
use untrained_tests::{root, skip};

/// Every crate of `Cargo.lock` for every platform, as cargo knows it.
fn metadata() -> Value {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The list `accepted` of `about.toml`, one licence a line.
fn accepted() -> Vec<Licensee> {
    let text = std::fs::read_to_string(root().join("about.toml")).unwrap();
    let list = text.split("accepted = [").nth(1).unwrap().split(']').next().unwrap();
    let names = list.lines().map(str::trim).filter(|line| line.starts_with('"'));
    names.map(|name| Licensee::parse(name.trim_matches(|c| c == '"' || c == ',')).unwrap()).collect()
}

/// Whether a crate may be used under accepted licences alone.
fn is_accepted(licence: &str, accepted: &[Licensee]) -> bool {
    let expression =
        Expression::parse_mode(licence, ParseMode::LAX).unwrap_or_else(|error| panic!("{licence}: {error}"));
    expression.evaluate(|required| accepted.iter().any(|licensee| licensee.satisfies(required)))
}

#[test]
fn a_licence_that_is_not_accepted_is_found() {
    let accepted = accepted();
    assert!(accepted.len() > 10);
    for licence in ["MIT", "MIT/Apache-2.0", "MIT OR GPL-3.0-only", "MPL-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(is_accepted(licence, &accepted), "{licence}");
    }
    for licence in ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "LGPL-2.1-or-later", "SSPL-1.0"] {
        assert!(!is_accepted(licence, &accepted), "{licence}");
    }
}

#[test]
fn every_crate_has_an_accepted_licence() {
    let (metadata, accepted) = (metadata(), accepted());
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 300, "{} crates", packages.len());
    let refused = |package: &&Value| match package["license"].as_str() {
        Some(licence) => !is_accepted(licence, &accepted),
        // One that has a text of its own was read, and is named with it in about.toml.
        None => !clarified(package["name"].as_str().unwrap()),
    };
    let refused: Vec<String> =
        packages.iter().filter(refused).map(|package| format!("{}: {}", package["name"], package["license"])).collect();
    assert!(refused.is_empty(), "not accepted in about.toml: {refused:#?}");
}

/// Whether `about.toml` names the licence of this crate.
fn clarified(name: &str) -> bool {
    std::fs::read_to_string(root().join("about.toml")).unwrap().contains(&format!("[{name}.clarify]"))
}

/// A crate that is missing was added since the notices were written.
#[test]
fn the_notices_name_every_distributed_crate() {
    let Ok(notices) = std::fs::read_to_string(root().join("NOTICES.txt")) else {
        return skip("notices", "there is no NOTICES.txt; 'make notices' writes it");
    };
    let named: HashSet<&str> = notices.lines().map(str::trim).collect();
    let given = distributed();
    assert!(given.len() > 200, "{} crates", given.len());
    let mut missing: Vec<String> = given.into_iter().filter(|name| !named.contains(name.as_str())).collect();
    missing.sort();
    assert!(missing.is_empty(), "run 'make notices'; missing: {missing:#?}");
}

/// Name and version of every crate that program and page depend on with any feature on any platform, other than to be
/// built or tested.
fn distributed() -> HashSet<String> {
    let out = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--all-features", "--target", "all", "--edges", "normal"])
        .args(["--package", "untrained", "--package", "untrained-app", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let lines = String::from_utf8(out.stdout).unwrap();
    // "serde v1.0.228", further words, and "untrained-core v0.1.0 (/folder)" of our own.
    let name = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?.trim_start_matches('v')))
    };
    lines.lines().filter(|line| !line.contains("(/")).filter_map(name).collect()
}
