//! What a request that cannot be answered gets: a status and one sentence, as JSON.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request got no answer.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    why: String,
}

/// How it is told.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Told {
    /// One sentence.
    problem: String,
}

impl Problem {
    /// A problem told with this status.
    pub fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, why } = self;
        let mut response = (status, Json(Told { problem: why })).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
