//! Error responses: a status and one sentence, as JSON for programs and as a page for a browser that would show the
//! response.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request failed.
#[derive(Debug)]
pub struct Problem {
    /// The status of the response.
    pub status: StatusCode,
    why: String,
}

/// The sentence of a response, from which a page can be built.
#[derive(Clone)]
struct Sentence(String);

/// An error response.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Message {
    /// One sentence.
    problem: String,
}

impl Problem {
    /// A problem with this status.
    pub fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, why } = self;
        let sentence = Sentence(why.clone());
        let mut response = (status, Json(Message { problem: why })).into_response();
        response.extensions_mut().insert(sentence);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// Whether a browser requests the response to show it as a page.
pub fn is_for_a_visitor(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match text("sec-fetch-mode") {
        "" => text("accept").contains("text/html"),
        mode => mode == "navigate",
    }
}

/// The response as a page, if it is a problem.
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

/// Text escaped for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
