//! The calls of the companion, described for programs: OpenAPI 3.1.

use untrained_core::task::{Event, Task};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

use super::{api, problem};

/// What is described.
#[derive(OpenApi)]
#[openapi(
    info(title = "Untrained", description = "Scores untrained language networks on this machine."),
    paths(api::health, api::metrics, api::benchmarks, api::devices, api::score, api::cancel),
    components(schemas(Task, Event, problem::Told))
)]
struct Calls;

/// The description.
pub fn openapi() -> Document {
    Calls::openapi()
}
