//! Who may ask: pages of the companion itself, and programs of this machine. Another site's page that a visitor has open
//! must neither read an answer nor start a task, be it under a name that it lets point here (DNS rebinding) or by a
//! request across sites.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::policy;
use super::problem::{self, Problem};

/// Names of this machine for itself.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// What a browser says of where a request comes from.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a browser says of how an answer is used: `navigate` for one that is shown in place of a page.
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Where a browser puts an answer: `document` for a window of its own, `iframe` and others for a part of a page. A page
/// that comes through its service worker is `empty`.
const PLACE: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Other sites may not take files from here into their pages.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Lets a request pass, or refuses it.
pub async fn check(State(port): State<u16>, request: Request, next: Next) -> Response {
    let for_a_visitor = problem::is_for_a_visitor(request.headers());
    let refusal = foreign(request.headers(), request.uri(), port)
        .or_else(|| (!is_from_here(&request)).then(|| "Pages of other sites may not ask this companion.".to_owned()));
    let mut response = match refusal {
        Some(why) => Problem::new(StatusCode::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    };
    if for_a_visitor {
        response = problem::as_page(response);
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if let Some(policy) = policy::header() {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Whether a request comes from a page of the companion, from no page, or follows a link of another page to one of the
/// files. What other sites' pages only show or read, they do not get.
fn is_from_here<B>(request: &axum::http::Request<B>) -> bool {
    let text = |name: &HeaderName| request.headers().get(name).map_or(Ok(""), HeaderValue::to_str).unwrap_or("?");
    if matches!(text(&SITE), "" | "same-origin" | "none") {
        return true;
    }
    let is_opened = text(&MODE) == "navigate" && matches!(text(&PLACE), "document" | "empty");
    let path = request.uri().path();
    let is_file = path != "/api" && !path.starts_with("/api/");
    is_opened && is_file && matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Why a request is another site's by the host it names, or by its origin.
fn foreign(headers: &HeaderMap, uri: &Uri, port: u16) -> Option<String> {
    let text = |name: &HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    // A request may name its host in its first line, too.
    let hosts = [uri.authority().map(|authority| authority.as_str().into()), text(&HOST)];
    if headers.get_all(HOST).iter().count() > 1 || hosts.iter().all(Option::is_none) {
        return Some("A request must name one host.".to_owned());
    }
    if let Some(host) = hosts.iter().flatten().find(|host| !is_here(host, port)) {
        return Some(format!("This companion answers on this machine only, not as '{host}'."));
    }
    let origins: Vec<_> =
        headers.get_all(ORIGIN).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let here = |origin: &str| origin.strip_prefix("http://").is_some_and(|host| is_here(host, port));
    let origin = origins.iter().find(|origin| !here(origin))?;
    Some(format!("Pages of '{origin}' may not ask this companion."))
}

/// Whether a host with its port is this companion.
fn is_here(host: &str, port: u16) -> bool {
    let known = |name: &&str| host == format!("{name}:{port}") || port == 80 && host == *name;
    NAMES.iter().any(known)
}

/// Whether a body is said to be JSON: a form of another site's cannot say so without being asked first.
pub fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(headers: &[(HeaderName, &str)]) -> bool {
        asks("GET", "/", headers)
    }

    fn asks(method: &str, path: &str, headers: &[(HeaderName, &str)]) -> bool {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(()).unwrap();
        foreign(request.headers(), request.uri(), 8765).is_none() && is_from_here(&request)
    }

    #[test]
    fn a_link_of_another_page_opens_files_and_nothing_else() {
        let from = |site, mode, place| [(HOST, "localhost:8765"), (SITE, site), (MODE, mode), (PLACE, place)];
        for site in ["cross-site", "same-site"] {
            let link = from(site, "navigate", "document");
            assert!(asks("GET", "/", &link) && asks("GET", "/?page=many", &link) && asks("HEAD", "/index.html", &link));
            assert!(asks("GET", "/", &from(site, "navigate", "empty")));
            for path in ["/api", "/api/health", "/api/openapi.json"] {
                assert!(!asks("GET", path, &link), "{path}");
            }
            for method in ["POST", "DELETE", "PUT"] {
                assert!(!asks(method, "/", &link), "{method}");
            }
            for place in ["iframe", "frame", "embed", "object", ""] {
                assert!(!asks("GET", "/", &from(site, "navigate", place)), "{place}");
            }
            for mode in ["no-cors", "cors", "same-origin", "websocket", ""] {
                assert!(!asks("GET", "/", &from(site, mode, "document")), "{mode}");
            }
        }
    }

    #[test]
    fn this_machine_passes_and_others_do_not() {
        for host in ["127.0.0.1:8765", "localhost:8765", "[::1]:8765"] {
            assert!(passes(&[(HOST, host)]), "{host}");
            assert!(passes(&[(HOST, host), (ORIGIN, "http://localhost:8765"), (SITE, "same-origin")]), "{host}");
        }
        for host in ["evil.example:8765", "127.0.0.1:80", "127.0.0.1", "127.0.0.1.evil.example:8765", "localhost:87650"]
        {
            assert!(!passes(&[(HOST, host)]), "{host}");
        }
        for origin in
            ["http://evil.example", "null", "https://localhost:8765", "http://localhost:8765.evil.example", ""]
        {
            assert!(!passes(&[(HOST, "localhost:8765"), (ORIGIN, origin)]), "{origin}");
        }
        assert!(!passes(&[(HOST, "localhost:8765"), (SITE, "cross-site")]));
        assert!(!passes(&[(HOST, "localhost:8765"), (SITE, "same-site")]));
        assert!(!passes(&[]));
    }

    #[test]
    fn a_body_is_json_only_when_it_says_so() {
        let said =
            |kind: &'static str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]));
        assert!(said("application/json") && said("Application/JSON; charset=utf-8"));
        assert!(!said("text/plain") && !said("application/x-www-form-urlencoded") && !is_json(&HeaderMap::new()));
    }
}
