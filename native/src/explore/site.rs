//! The explorer's files, built into the program.

use axum::extract::Request;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;
use untrained_core::digest::hex;

/// The output of `./app/trunk.sh build`; empty where the program was built before it.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Site;

/// A file of the explorer. Names are looked up in a list, so no path leads out of it.
pub async fn file(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Files can only be read.");
        return ([(ALLOW, "GET,HEAD")], problem).into_response();
    }
    let name = match request.uri().path().trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    match Site::get(name) {
        Some(file) => respond(&file, &request),
        None => Problem::new(StatusCode::NOT_FOUND, missing(name)).into_response(),
    }
}

fn missing(name: &str) -> String {
    match Site::iter().next() {
        Some(_) => format!("There is no '{name}'."),
        None => "This program was built without the explorer: run 'make explore'.".to_owned(),
    }
}

/// The file, unless the browser has it already.
fn respond(file: &EmbeddedFile, request: &Request) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    let kind = file.metadata.mimetype().to_owned();
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache".to_owned()), (ETAG, tag.clone())];
    match request.headers().get(IF_NONE_MATCH) {
        Some(known) if known.as_bytes() == tag.as_bytes() => (StatusCode::NOT_MODIFIED, headers).into_response(),
        _ => (headers, file.data.clone().into_owned()).into_response(),
    }
}
