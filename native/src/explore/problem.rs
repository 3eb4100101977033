//! What a request that cannot be answered gets: a status and one sentence, as JSON for programs and as a page for a
//! visitor whose browser was to show the answer.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request got no answer.
#[derive(Debug)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    why: String,
}

/// The sentence of an answer, from which a page can be made.
#[derive(Clone)]
struct Sentence(String);

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
        let sentence = Sentence(why.clone());
        let mut response = (status, Json(Told { problem: why })).into_response();
        response.extensions_mut().insert(sentence);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// Whether a browser asks in order to show the answer in place of a page.
pub fn is_for_a_visitor(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match text("sec-fetch-mode") {
        "" => text("accept").contains("text/html"),
        mode => mode == "navigate",
    }
}

/// The answer as a page, where it is a problem.
pub fn as_page(mut response: Response) -> Response {
    let Some(Sentence(why)) = response.extensions_mut().remove() else { return response };
    let status = response.status();
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Untrained: {status}</title>\n\
         <h1>{status}</h1>\n<p>{}</p>\n<p><a href=\"/\">Open the explorer</a></p>\n</html>\n",
        escaped(&why)
    );
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(page);
    response
}

/// A text for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
