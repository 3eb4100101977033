//! Access control: only pages of the companion itself and programs of this machine may send requests. A page of another
//! site that is open in a browser must neither read a response nor start a task, whether through a host name that it
//! resolves to this machine (DNS rebinding) or through a cross-site request.

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::policy;
use super::problem::{self, Problem};

/// Host names of this machine.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The browser's header for the relation of a request's site to this one.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The browser's header for the use of a response: `navigate` for one that is shown as a page.
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The browser's header for the destination of a response: `document` for a window, `iframe` and others for a part of a
/// page. A page loaded through its service worker has `empty`.
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The header that forbids other sites to embed files from here.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Passes a request on, or refuses it.
pub async fn check(State(port): State<u16>, request: Request, next: Next) -> Response {
    let for_a_visitor = problem::is_for_a_visitor(request.headers());
    let refusal = foreign(request.headers(), request.uri(), port)
        .or_else(|| (!is_from_here(&request)).then(|| "Pages of other sites may not use this companion.".to_owned()));
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
/// files. Pages of other sites cannot embed or read files.
fn is_from_here<B>(request: &axum::http::Request<B>) -> bool {
    let text = |name: &HeaderName| request.headers().get(name).map_or(Ok(""), HeaderValue::to_str).unwrap_or("?");
    if matches!(text(&SITE), "" | "same-origin" | "none") {
        return true;
    }
    let is_opened = text(&MODE) == "navigate" && matches!(text(&DESTINATION), "document" | "empty");
    let path = request.uri().path();
    let is_file = path != "/api" && !path.starts_with("/api/");
    is_opened && is_file && matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Why the host or the origin of a request is refused.
fn foreign(headers: &HeaderMap, uri: &Uri, port: u16) -> Option<String> {
    let text = |name: &HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    // A request may also name its host in its first line.
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
    Some(format!("Pages of '{origin}' may not use this companion."))
}

/// Whether a host with its port is this companion.
fn is_here(host: &str, port: u16) -> bool {
    let known = |name: &&str| host == format!("{name}:{port}") || port == 80 && host == *name;
    NAMES.iter().any(known)
}

/// Whether the content type of a body is JSON: a form of another site cannot send it without a preflight request.
pub fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(headers: &[(HeaderName, &str)]) -> bool {
        is_allowed("GET", "/", headers)
    }

    fn is_allowed(method: &str, path: &str, headers: &[(HeaderName, &str)]) -> bool {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(()).unwrap();
        foreign(request.headers(), request.uri(), 8765).is_none() && is_from_here(&request)
    }

    #[test]
    fn a_link_of_another_page_opens_files_and_nothing_else() {
        let from = |site, mode, place| [(HOST, "localhost:8765"), (SITE, site), (MODE, mode), (DESTINATION, place)];
        for site in ["cross-site", "same-site"] {
            let link = from(site, "navigate", "document");
            assert!(is_allowed("GET", "/", &link) && is_allowed("GET", "/?page=many", &link));
            assert!(is_allowed("HEAD", "/index.html", &link));
            assert!(is_allowed("GET", "/", &from(site, "navigate", "empty")));
            for path in ["/api", "/api/health", "/api/openapi.json"] {
                assert!(!is_allowed("GET", path, &link), "{path}");
            }
            for method in ["POST", "DELETE", "PUT"] {
                assert!(!is_allowed(method, "/", &link), "{method}");
            }
            for place in ["iframe", "frame", "embed", "object", ""] {
                assert!(!is_allowed("GET", "/", &from(site, "navigate", place)), "{place}");
            }
            for mode in ["no-cors", "cors", "same-origin", "websocket", ""] {
                assert!(!is_allowed("GET", "/", &from(site, mode, "document")), "{mode}");
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
    fn a_body_is_json_by_its_content_type() {
        let is_json_type =
            |kind: &'static str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]));
        assert!(is_json_type("application/json") && is_json_type("Application/JSON; charset=utf-8"));
        assert!(!is_json_type("text/plain") && !is_json_type("application/x-www-form-urlencoded"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
