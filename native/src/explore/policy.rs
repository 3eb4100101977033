//! The content security policy of the explorer: that of `index.html`, sent as a header with every response, because the
//! policy within a page does not apply to its workers.

use std::sync::OnceLock;

use axum::http::HeaderValue;

/// The page with the policy.
const PAGE: &str = include_str!("../../../index.html");

/// No other site may show the explorer in a frame. A policy within a page cannot specify this.
const FRAMES: &str = "; frame-ancestors 'none'";

/// The value of `Content-Security-Policy`.
pub fn header() -> Option<HeaderValue> {
    static HEADER: OnceLock<Option<HeaderValue>> = OnceLock::new();
    let build = || HeaderValue::from_str(&format!("{}{FRAMES}", within(PAGE)?)).ok();
    HEADER.get_or_init(build).clone()
}

/// The policy within a page.
fn within(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("http-equiv=\"Content-Security-Policy\" content=\"")?;
    rest.split_once('"').map(|(policy, _)| policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_the_policy_of_the_page() {
        let header = header().unwrap();
        let policy = header.to_str().unwrap();
        assert!(PAGE.contains(policy.strip_suffix(FRAMES).unwrap()));
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains("; connect-src 'self'; "), "{policy}");
        assert!(!policy.contains("'unsafe-eval'") && !policy.contains("'unsafe-inline'"), "{policy}");
    }

    #[test]
    fn static_hosts_are_given_the_same_policy() {
        let file = include_str!("../../../app/_headers");
        let line = file.lines().find_map(|line| line.trim().strip_prefix("Content-Security-Policy: "));
        assert_eq!(line, header().unwrap().to_str().ok());
    }
}
