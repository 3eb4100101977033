//! The description of the companion (`/api/openapi.json`): what the tests send and receive is validated against it.

use std::sync::OnceLock;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::Value;

/// Where the description is found by the validator; nothing is fetched from there.
const ADDRESS: &str = "http://description.invalid/openapi.json";

static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// Keeps the description of a companion; all tests run the same program.
pub fn keep(document: impl FnOnce() -> Value) {
    DOCUMENT.get_or_init(document);
}

/// The description.
pub fn document() -> &'static Value {
    DOCUMENT.get().expect("a companion was started")
}

/// Checks a value against a schema of the description, given by its place: `/components/schemas/Task`.
pub fn check(place: &str, value: &Value) {
    let (schemas, index) = schema(place);
    if let Err(problem) = schemas.validate(value, index) {
        panic!("not as described in {place}: {problem:#}\n{value}");
    }
}

/// Whether a value is as described.
pub fn is_valid(place: &str, value: &Value) -> bool {
    let (schemas, index) = schema(place);
    schemas.validate(value, index).is_ok()
}

/// Checks the JSON of an answer: its status is described for this call, and its body by a schema.
pub fn check_answer(path: &str, method: &str, status: u16, body: &Value) {
    let answer = format!("/paths/{}/{method}/responses/{status}", path.replace('~', "~0").replace('/', "~1"));
    let described = document().pointer(&answer).unwrap_or_else(|| panic!("{answer} is not described"));
    let content = described["content"].as_object().unwrap_or_else(|| panic!("{answer} has no content"));
    let kind = content.keys().next().unwrap().replace('/', "~1");
    check(&format!("{answer}/content/{kind}/schema"), body);
}

fn schema(place: &str) -> (Schemas, SchemaIndex) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.set_default_draft(Draft::V2020_12);
    compiler.add_resource(ADDRESS, document().clone()).unwrap();
    let index = compiler.compile(&format!("{ADDRESS}#{place}"), &mut schemas);
    (schemas, index.unwrap_or_else(|problem| panic!("{place}: {problem:#}")))
}
