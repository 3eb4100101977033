//! The calls of the companion: lists, scores as they are computed, and the explorer's files for all other paths; and
//! their description for programs, OpenAPI 3.1.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router, middleware};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use untrained_core::benchmark::BENCHMARKS;
use untrained_core::task::{AnyTask, Event, Task, TrainingTask};
use utoipa::{OpenApi, ToSchema};

use super::problem::Problem;
use super::queue::Queue;
use super::{guard, site, worker};
use crate::lists;

/// The described calls and types.
#[derive(OpenApi)]
#[openapi(
    info(title = "Untrained", description = "Scores untrained language networks on this machine, and trains them."),
    paths(health, metrics, benchmarks, devices, score, train, cancel, description),
    components(schemas(Task, TrainingTask, Event, super::problem::Message))
)]
struct Calls;

/// All routes of the companion on this port.
pub fn router(queue: Arc<Queue>, port: u16) -> Router {
    let api = Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/benchmarks", get(benchmarks))
        .route("/devices", get(devices))
        .route("/openapi.json", get(description))
        .route("/score", post(score))
        .route("/train", post(train))
        .route("/jobs/{job}", delete(cancel))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "This call does not exist; see /api/openapi.json."))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This call has another method; see /api/openapi.json.")
        })
        .with_state(queue);
    Router::new().nest("/api", api).fallback(site::file).layer(middleware::from_fn_with_state(port, guard::check))
}

/// State of the companion.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always "untrained", which distinguishes it from other servers.
    program: &'static str,
    /// Its version.
    version: &'static str,
    /// Tasks that wait or are being scored.
    open: usize,
    /// Tasks that wait.
    waiting: usize,
}

#[utoipa::path(get, path = "/api/health", responses((status = 200, body = Health)))]
async fn health(State(queue): State<Arc<Queue>>) -> Json<Health> {
    let (open, waiting) = (queue.open(), queue.waiting());
    Json(Health { program: "untrained", version: env!("CARGO_PKG_VERSION"), open, waiting })
}

/// The metrics, with all their properties.
#[utoipa::path(get, path = "/api/metrics", responses((status = 200, body = Vec<Object>)))]
async fn metrics() -> impl IntoResponse {
    Json(lists::metrics())
}

/// The benchmarks, with all their properties.
#[utoipa::path(get, path = "/api/benchmarks", responses((status = 200, body = Vec<Object>)))]
async fn benchmarks() -> impl IntoResponse {
    Json(BENCHMARKS.iter().map(|benchmark| benchmark.about()).collect::<Vec<_>>())
}

/// The devices of this machine, each with the result of its check.
#[utoipa::path(
    get,
    path = "/api/devices",
    responses(
        (status = 200, body = Vec<Object>),
        (status = 500, description = "The devices could not be listed", body = super::problem::Message),
    )
)]
async fn devices(State(queue): State<Arc<Queue>>) -> Result<Json<&'static Value>, Problem> {
    let failed = |error: anyhow::Error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"));
    worker::devices(&queue.program).await.map(Json).map_err(failed)
}

/// This description of the calls, OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    responses((
        status = 200,
        description = "The description",
        body = Value,
        content_type = "application/json"
    ))
)]
pub async fn description() -> Result<Json<Value>, Problem> {
    let failed = |error: serde_json::Error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    openapi().map(Json).map_err(failed)
}

/// Scores a task and streams its events, one JSON object a line. A client that closes the connection cancels its task.
#[utoipa::path(
    post,
    path = "/api/score",
    request_body(content = Task, content_type = "application/json", description = "At most 8 MiB"),
    responses(
        (
            status = 200,
            description = "A stream of lines, each an event as described here; the last one is `finished` or `problem`",
            body = Event,
            content_type = "application/x-ndjson"
        ),
        (status = 400, description = "The body is not JSON, or incomplete", body = super::problem::Message),
        (status = 408, description = "The body was not received within 30 s", body = super::problem::Message),
        (status = 413, description = "The body is larger than 8 MiB", body = super::problem::Message),
        (status = 415, description = "The content type is not `application/json`", body = super::problem::Message),
        (status = 422, description = "The task cannot be scored", body = super::problem::Message),
        (status = 500, description = "The check of the task failed", body = super::problem::Message),
        (
            status = 503,
            description = "Too many or too large tasks wait, or the companion is stopping",
            body = super::problem::Message,
            headers(("retry-after" = u64, description = "Seconds after which to send it again"))
        ),
    )
)]
async fn score(State(queue): State<Arc<Queue>>, request: Request) -> Result<Response, Problem> {
    run(queue, request, AnyTask::Score).await
}

/// Trains cells beside each other and streams their losses, one JSON object a line. A client that closes the connection
/// cancels its task.
#[utoipa::path(
    post,
    path = "/api/train",
    request_body(content = TrainingTask, content_type = "application/json", description = "At most 8 MiB"),
    responses(
        (
            status = 200,
            description = "A stream of lines, each an event as described here; the last one is `finished` or `problem`",
            body = Event,
            content_type = "application/x-ndjson"
        ),
        (status = 400, description = "The body is not JSON, or incomplete", body = super::problem::Message),
        (status = 408, description = "The body was not received within 30 s", body = super::problem::Message),
        (status = 413, description = "The body is larger than 8 MiB", body = super::problem::Message),
        (status = 415, description = "The content type is not `application/json`", body = super::problem::Message),
        (status = 422, description = "The cells cannot be trained", body = super::problem::Message),
        (status = 500, description = "The check of the task failed", body = super::problem::Message),
        (
            status = 503,
            description = "Too many or too large tasks wait, or the companion is stopping",
            body = super::problem::Message,
            headers(("retry-after" = u64, description = "Seconds after which to send it again"))
        ),
    )
)]
async fn train(State(queue): State<Arc<Queue>>, request: Request) -> Result<Response, Problem> {
    run(queue, request, AnyTask::Train).await
}

/// Takes a task of a kind, and streams its events.
async fn run<T: DeserializeOwned + Send + 'static>(
    queue: Arc<Queue>,
    request: Request,
    kind: fn(Box<T>) -> AnyTask,
) -> Result<Response, Problem> {
    if !guard::is_json(request.headers()) {
        let why = "A task is sent as 'content-type: application/json'.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let checking = Arc::clone(&queue);
    let received = queue.bodies.task(request, kind, move |task| checking.check(task)).await?;
    let events = queue.take(received).map_err(|why| Problem::new(StatusCode::SERVICE_UNAVAILABLE, why))?;
    let lines = ReceiverStream::new(events).map(|event| Ok::<_, Infallible>(line(&event)));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Cancels a task.
#[utoipa::path(
    delete,
    path = "/api/jobs/{job}",
    params(("job" = u64, Path, description = "The number in its first event")),
    responses(
        (status = 204, description = "Cancelled"),
        (status = 404, description = "No such task waits or is being scored", body = super::problem::Message),
    )
)]
async fn cancel(State(queue): State<Arc<Queue>>, Path(job): Path<String>) -> Result<StatusCode, Problem> {
    if job.parse().is_ok_and(|job| queue.cancel(job)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(StatusCode::NOT_FOUND, format!("No task '{job}' waits or is being scored.")))
    }
}

fn line(event: &Event) -> Bytes {
    // An event has only numbers and strings, so this does not fail.
    let mut line = serde_json::to_vec(event).unwrap_or_default();
    line.push(b'\n');
    line.into()
}

/// The description.
///
/// # Errors
/// When it cannot be written as JSON.
fn openapi() -> serde_json::Result<Value> {
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
