//! What the companion answers: lists, scores as they come, and the explorer's files for everything else.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router, middleware};
use serde::Serialize;
use serde_json::error::Category;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use untrained_core::benchmark::BENCHMARKS;
use untrained_core::memory::Engine;
use untrained_core::task::{Event, Task};
use utoipa::ToSchema;

use super::problem::Problem;
use super::queue::Queue;
use super::{describe, guard, site, worker};
use crate::lists;

/// Largest body of a request, in bytes: a text and its vocabulary.
const LARGEST: usize = 8 << 20;

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything the companion answers on this port.
pub fn router(queue: Arc<Queue>, port: u16) -> Router {
    let api = Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/benchmarks", get(benchmarks))
        .route("/devices", get(devices))
        .route("/openapi.json", get(async || Json(describe::openapi())))
        .route("/score", post(score))
        .route("/jobs/{job}", delete(cancel))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "There is no such call; see /api/openapi.json."))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Not by this method; see /api/openapi.json.")
        })
        .with_state(queue);
    Router::new().nest("/api", api).fallback(site::file).layer(middleware::from_fn_with_state(port, guard::check))
}

/// How the companion is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always "untrained": tells it from other servers.
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

/// The metrics, with all that is known of each.
#[utoipa::path(get, path = "/api/metrics", responses((status = 200, body = Vec<Object>)))]
async fn metrics() -> impl IntoResponse {
    Json(lists::metrics())
}

/// The benchmarks, with all that is known of each.
#[utoipa::path(get, path = "/api/benchmarks", responses((status = 200, body = Vec<Object>)))]
async fn benchmarks() -> impl IntoResponse {
    Json(BENCHMARKS.iter().map(|benchmark| benchmark.about()).collect::<Vec<_>>())
}

/// The devices of this machine, each with the result of its check.
#[utoipa::path(get, path = "/api/devices", responses((status = 200, body = Vec<Object>)))]
async fn devices() -> Result<Json<&'static serde_json::Value>, Problem> {
    let failed = |error: anyhow::Error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    worker::devices().await.map(Json).map_err(failed)
}

/// Scores a task; what happens is told line by line, each an event in JSON. A client that leaves cancels its task.
#[utoipa::path(
    post,
    path = "/api/score",
    request_body = Task,
    responses(
        (status = 200, description = "One event a line, as it happens", body = Event, content_type = "application/x-ndjson"),
        (status = 400, description = "The body is no JSON", body = super::problem::Told),
        (status = 403, description = "The request comes from another site, or names another host", body = super::problem::Told),
        (status = 408, description = "The body did not come in time", body = super::problem::Told),
        (status = 413, description = "The body is too large", body = super::problem::Told),
        (status = 415, description = "The body is not said to be JSON", body = super::problem::Told),
        (status = 422, description = "The task cannot be scored", body = super::problem::Told),
        (status = 503, description = "Too many tasks wait", body = super::problem::Told),
    )
)]
async fn score(State(queue): State<Arc<Queue>>, request: Request) -> Result<Response, Problem> {
    if !guard::is_json(request.headers()) {
        let why = "A task is sent as 'content-type: application/json'.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let task = checked(read(&body(request).await?)?, &queue).await?;
    let events = queue.take(task).ok_or_else(|| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Too many tasks wait already, or the companion is stopping.")
    })?;
    let lines = ReceiverStream::new(events).map(|event| Ok::<_, Infallible>(line(&event)));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Cancels a task.
#[utoipa::path(
    delete,
    path = "/api/jobs/{job}",
    params(("job" = u64, Path, description = "The number its first event told")),
    responses((status = 204, description = "Cancelled"), (status = 404, body = super::problem::Told))
)]
async fn cancel(State(queue): State<Arc<Queue>>, Path(job): Path<String>) -> Result<StatusCode, Problem> {
    match job.parse().is_ok_and(|job| queue.cancel(job)) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::new(StatusCode::NOT_FOUND, format!("No task '{job}' waits or is being scored."))),
    }
}

/// The body, when it is not too large. What is too much is read all the same and let go: a client that is still sending
/// would otherwise see its connection break instead of hearing why.
async fn body(request: Request) -> Result<Vec<u8>, Problem> {
    let read = async {
        let (mut bytes, mut length) = (Vec::new(), 0);
        let mut parts = request.into_body().into_data_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "The body broke off."))?;
            length += part.len();
            if length <= LARGEST {
                bytes.extend_from_slice(&part);
            }
        }
        let limit = format!("A body has at most {} MiB.", LARGEST >> 20);
        (length <= LARGEST).then_some(bytes).ok_or_else(|| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, limit))
    };
    let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "The body did not come in time.");
    tokio::time::timeout(PATIENCE, read).await.map_err(late)?
}

fn read(bytes: &[u8]) -> Result<Task, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let status = match error.classify() {
            Category::Data => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, error.to_string())
    })
}

/// The task, when names, numbers and memory say that it can be scored. Nothing is made of it here, neither text nor weights:
/// that is for the worker.
async fn checked(task: Task, queue: &Arc<Queue>) -> Result<Task, Problem> {
    let (engine, queue) = (queue.engine(), Arc::clone(queue));
    let check = move || {
        let memory = queue.memory();
        let on = |engine| task.check_on(engine, memory);
        // A worker that chooses its device may run on either.
        let either = || on(Engine::Kernel).or_else(|error| on(Engine::CARD).map_err(|_| error));
        engine.map_or_else(either, on)?;
        Ok::<_, untrained_core::Error>(task)
    };
    let checked = tokio::task::spawn_blocking(check).await;
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The check of the task failed.");
    let refused = |error: untrained_core::Error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string());
    checked.map_err(failed)?.map_err(refused)
}

fn line(event: &Event) -> Bytes {
    // An event is made of numbers and texts, which JSON has.
    let mut line = serde_json::to_vec(event).unwrap_or_default();
    line.push(b'\n');
    line.into()
}
