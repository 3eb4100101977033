//! The calls of the companion, described for programs: OpenAPI 3.1.

use serde_json::{Map, Value, json};
use untrained_core::task::{Event, Task};
use utoipa::OpenApi;

use super::{api, problem};

/// The described calls and types.
#[derive(OpenApi)]
#[openapi(
    info(title = "Untrained", description = "Scores untrained language networks on this machine."),
    paths(api::health, api::metrics, api::benchmarks, api::devices, api::score, api::cancel, api::description),
    components(schemas(Task, Event, problem::Message))
)]
struct Calls;

/// The description.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn openapi() -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(Calls::openapi())?;
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        close_variants(schemas);
    }
    if let Some(Value::Object(paths)) = document.get_mut("paths") {
        let calls = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
        calls.for_each(add_refusal);
    }
    Ok(document)
}

/// Each kind of task is described as "these fields, and `space`". `additionalProperties: false` of the first part would
/// refuse the second one; `unevaluatedProperties: false` of both together refuses only fields that neither part has.
fn close_variants(schemas: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = schemas.get_mut("Task").and_then(|task| task.get_mut("oneOf")) else { return };
    let mut parts = Vec::new();
    for variant in variants {
        let names = variant["allOf"].as_array().into_iter().flatten().filter_map(|part| part["$ref"].as_str());
        parts.extend(names.filter_map(|name| name.rsplit('/').next()).map(str::to_owned));
        variant["unevaluatedProperties"] = false.into();
    }
    for part in parts {
        if let Some(Value::Object(schema)) = schemas.get_mut(&part) {
            schema.remove("additionalProperties");
        }
    }
}

/// Adds the response to pages of other sites, to which every call is refused.
fn add_refusal(call: &mut Value) {
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    call["responses"]["403"] = json!({
        "description": "The request comes from another site, or names another host",
        "content": {"application/json": {"schema": schema}},
    });
}
