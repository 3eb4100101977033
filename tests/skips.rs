//! Skipped tests: counted, and failures where they are required.

use untrained_tests::{is_required, record};

#[test]
fn what_is_required_may_be_named_or_excepted() {
    for (value, data, vulkan) in [
        ("", false, false),
        ("all", true, true),
        ("vulkan", false, true),
        (" data , vulkan ", true, true),
        ("all,-data", false, true),
        ("-data,all", false, true),
    ] {
        assert_eq!((is_required(value, "data"), is_required(value, "vulkan")), (data, vulkan), "'{value}'");
    }
}

#[test]
#[should_panic(expected = "'-vulcan' is neither all nor one of")]
fn a_misspelled_requirement_is_refused() {
    is_required("all,-vulcan", "data");
}

#[test]
fn a_skipped_test_adds_a_line_to_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("skipped");
    record("all,-pages", Some(&list), "pages", "one reason");
    record("", Some(&list), "vulkan", "another reason");
    record("", None, "vulkan", "a reason that is not listed");
    let lines = std::fs::read_to_string(&list).unwrap();
    let ends: Vec<&str> = lines.lines().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(ends, ["pages: one reason", "vulkan: another reason"]);
}

#[test]
#[should_panic(expected = "UNTRAINED_REQUIRE=all requires vulkan: there is none")]
fn a_skipped_test_that_is_required_fails_with_the_reason() {
    record("all", None, "vulkan", "there is none");
}
