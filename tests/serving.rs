//! The companion among clients that misbehave, and the policies it sends to browsers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use untrained_core::family::Family;
use untrained_core::metric;
use untrained_core::task::Event;
use untrained_tests::{root, skip};

use crate::browser::browser;
use crate::companion::{Companion, events};
use crate::description;
use crate::server::{slow, small};

/// The head of a task of so many bytes.
fn head(companion: &Companion, length: usize) -> String {
    let port = companion.port;
    format!(
        "POST /api/score HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// Status, headers in lower case and body of the answer to a GET request with these headers.
fn get(companion: &Companion, path: &str, headers: &str) -> (u16, String, String) {
    let port = companion.port;
    let mut stream =
        companion.send(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}Connection: close\r\n\r\n"));
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

/// Ends by itself within the grace of 20 s, whatever its clients do.
#[test]
#[cfg(unix)]
fn no_client_keeps_it_from_ending() {
    let mut companion = Companion::start(&[]);
    let body = slow().to_string();
    let clients: Vec<TcpStream> = [
        "GET /api/health HTTP/1.1\r\nHo".to_owned(),
        String::new(),
        // A body that breaks off after its first half.
        format!("{}{}", head(&companion, body.len()), &body[..body.len() / 2]),
        // A task whose events are not read.
        format!("{}{body}", head(&companion, body.len())),
    ]
    .iter()
    .map(|request| companion.send(request))
    .collect();
    let mut received = events(companion.post(slow().to_string()));
    assert!(matches!(received.next(), Some(Event::Queued { .. })));
    let start = Instant::now();
    let status = companion.terminate();
    assert!(start.elapsed() < Duration::from_secs(25), "ended after {:?}", start.elapsed());
    // The task that was being scored was cut.
    assert_eq!(status.code(), Some(130));
    drop(clients);
}

#[test]
fn a_header_has_a_time_limit() {
    let companion = Companion::start(&[]);
    let start = Instant::now();
    let mut client = companion.send("GET /api/health HTTP/1.1\r\n");
    let slowly = {
        let mut client = client.try_clone().unwrap();
        // A client that sends a byte now and then gets no more time.
        std::thread::spawn(move || {
            while client.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(500));
            }
        })
    };
    let mut answer = Vec::new();
    _ = client.read_to_end(&mut answer);
    assert!(start.elapsed() < Duration::from_secs(20), "still open after {:?}", start.elapsed());
    slowly.join().unwrap();
    assert_eq!(companion.open(), 0);
}

/// A valid task of nearly 8 MiB.
fn large() -> String {
    let mut task = small();
    task["metrics"] = json!(["parameters"]);
    task["text"] = json!({"corpus": "a line of words that is read\n".repeat(270_000)});
    task.to_string()
}

#[test]
fn large_bodies_of_many_clients_do_not_hold_up_the_others() {
    let companion = Companion::start(&[]);
    let body = large();
    assert!((7 << 20..8 << 20).contains(&body.len()), "{} bytes", body.len());
    // Broken JSON, which fails at its end, and complete tasks.
    let broken = body[..body.len() - 1].to_owned();
    let done = AtomicBool::new(false);
    let (slowest, statuses) = std::thread::scope(|scope| {
        let health = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            while !done.load(Ordering::SeqCst) {
                let start = Instant::now();
                companion.open();
                slowest = slowest.max(start.elapsed());
                std::thread::sleep(Duration::from_millis(10));
            }
            slowest
        });
        let clients: Vec<_> = (0..12)
            .map(|client| {
                let body = if client % 2 == 0 { &body } else { &broken };
                let companion = &companion;
                scope.spawn(move || {
                    companion.agent.post(companion.at("/api/score")).content_type("application/json").send(body)
                })
            })
            .collect();
        let small = scope.spawn(|| {
            let start = Instant::now();
            let answer = companion.refused("{}");
            (answer.0, start.elapsed())
        });
        let mut statuses: Vec<u16> =
            clients.into_iter().map(|client| client.join().unwrap().unwrap().status().as_u16()).collect();
        statuses.sort_unstable();
        let (status, waited) = small.join().unwrap();
        assert_eq!(status, 422);
        assert!(waited < Duration::from_secs(2), "a small task waited {waited:?} for large ones");
        done.store(true, Ordering::SeqCst);
        (health.join().unwrap(), statuses)
    });
    assert_eq!(statuses, [[200; 6], [400; 6]].concat());
    assert!(slowest < Duration::from_millis(500), "health took {slowest:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn an_idle_worker_gives_its_memory_back() {
    let companion = Companion::start(&[]);
    let mut task = small();
    task["sizes"] = json!({"vocabulary": 200_000, "embedding": 400, "hidden": 12, "layers": 2, "batch": 4, "steps": 6});
    task["metrics"] = json!(["hidden_covariance_layer_1"]);
    let received = companion.events(&task);
    assert_eq!(received.last(), Some(&Event::Finished { records: 1 }), "{received:?}");
    let start = Instant::now();
    while companion.workers_memory() > 256 << 20 {
        assert!(start.elapsed() < Duration::from_secs(20), "{} bytes are still held", companion.workers_memory());
        std::thread::sleep(Duration::from_millis(100));
    }
    // A worker that holds little stays.
    companion.events(&small());
    let workers = companion.workers();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((companion.workers(), workers.len()), (workers, 1));
}

/// Ends the worker of a task by a signal, and gives the last event of the task.
#[cfg(target_os = "linux")]
fn ended_by(signal: &str) -> String {
    let companion = Companion::start(&[]);
    let mut received = events(companion.post(slow().to_string()));
    assert!(received.any(|event| matches!(event, Event::Started { .. })));
    let worker = companion.workers()[0].to_string();
    assert!(Command::new("kill").args([signal, &worker]).status().unwrap().success());
    match received.last() {
        Some(Event::Problem(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_ended_by_a_signal_is_reported_with_the_signal() {
    for (signal, name) in
        [("-KILL", "signal: 9 (SIGKILL)"), ("-ABRT", "signal: 6 (SIGABRT)"), ("-TERM", "exit status: 130")]
    {
        let why = ended_by(signal);
        assert!(why.starts_with("The worker ended before its task (") && why.contains(name), "{signal}: {why}");
        assert!(!why.contains("memory"), "{why}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_program_may_be_replaced_or_deleted_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("untrained");
    for replacement in [Some("#!/bin/sh\nexit 7\n"), None] {
        std::fs::copy(assert_cmd::cargo::cargo_bin("untrained"), &program).unwrap();
        let companion = Companion::start_program(&program, &[]);
        std::fs::remove_file(&program).unwrap();
        if let Some(text) = replacement {
            std::fs::write(&program, text).unwrap();
            assert!(Command::new("chmod").arg("+x").arg(&program).status().unwrap().success());
        }
        let received = companion.events(&small());
        assert_eq!(
            received.last(),
            Some(&Event::Finished { records: metric::of(Family::Recurrent).len() }),
            "{received:?}"
        );
        assert_eq!(companion.get("/api/devices")[0]["device"], "cpu");
        drop(companion);
        _ = std::fs::remove_file(&program);
    }
}

#[test]
fn every_answer_carries_the_policy_of_the_page() {
    let companion = Companion::start(&[]);
    let page = std::fs::read_to_string(root().join("index.html")).unwrap();
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    let expected = format!("content-security-policy: {policy}; frame-ancestors 'none'\r\n").to_lowercase();
    for path in [
        "/",
        "/index.html",
        "/worker.js",
        "/cpu-module.js",
        "/gpu.js",
        "/offline.js",
        "/untrained-worker.js",
        "/none",
        "/api/health",
    ] {
        let (status, head, _) = get(&companion, path, "");
        assert!(head.contains(&expected), "{path}: {head}");
        assert!(head.contains("x-content-type-options: nosniff\r\n"), "{path}: {head}");
        // What the browser has already is as well guarded.
        if let Some(tag) = head.lines().find_map(|line| line.strip_prefix("etag: ")) {
            let (known, head, _) = get(&companion, path, &format!("If-None-Match: {tag}\r\n"));
            assert_eq!((status, known), (200, 304));
            assert!(head.contains(&expected), "{path}: {head}");
        }
    }
    assert!(
        !policy.contains("'unsafe-eval'")
            && policy.contains("'wasm-unsafe-eval'")
            && policy.contains("connect-src 'self'")
    );
}

#[test]
fn a_link_of_another_page_opens_the_explorer_and_no_data() {
    let companion = Companion::start(&[]);
    let built = get(&companion, "/", "").0;
    let link =
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept: text/html\r\n";
    for path in ["/", "/?page=many", "/index.html"] {
        let (status, head, body) = get(&companion, path, link);
        assert_eq!(status, built, "{path}");
        assert!(head.contains("content-type: text/html"), "{path}: {head}");
        assert!(body.contains("<html") && !body.contains("{\"problem\""), "{path}: {body}");
    }
    // The calls stay guarded, and a visitor sees a page.
    for path in ["/api/health", "/api/openapi.json", "/api/score", "/api/nothing", "/api"] {
        let (status, head, body) = get(&companion, path, link);
        assert_eq!(status, 403, "{path}");
        assert!(head.contains("content-type: text/html") && body.contains("<a href=\"/\">"), "{path}: {head} {body}");
    }
    let (status, _, body) = get(&companion, "/%3Cscript%3Ealert(1)%3C/script%3E", link);
    assert_eq!(status, 404);
    assert!(!body.contains("<script>"), "{body}");
    // Frames, pictures and scripts of another page get nothing.
    for (mode, place) in
        [("navigate", "iframe"), ("navigate", "object"), ("no-cors", "image"), ("no-cors", "script"), ("cors", "empty")]
    {
        let headers = format!("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: {mode}\r\nSec-Fetch-Dest: {place}\r\n");
        assert_eq!(get(&companion, "/", &headers).0, 403, "{mode} {place}");
    }
}

#[test]
fn a_refused_method_is_answered_with_the_allowed_ones() {
    let companion = Companion::start(&[]);
    let port = companion.port;
    let described = description::document()["paths"].as_object().unwrap();
    let calls = described.iter().map(|(path, calls)| {
        let mut methods: Vec<String> = calls.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
        if methods.contains(&"GET".to_owned()) {
            methods.push("HEAD".to_owned());
        }
        (path.replace("{job}", "1"), methods)
    });
    let files = ["/", "/index.html", "/none"].map(|path| (path.to_owned(), vec!["GET".to_owned(), "HEAD".to_owned()]));
    for (path, allowed) in calls.chain(files) {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            if allowed.iter().any(|name| name == method) {
                continue;
            }
            let mut stream = companion.send(&format!(
                "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            ));
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 405 "), "{method} {path}: {answer}");
            let head = answer.to_lowercase();
            let found = head.lines().find_map(|line| line.strip_prefix("allow: ")).unwrap_or_default();
            let mut found: Vec<String> = found.split(',').map(|name| name.trim().to_uppercase()).collect();
            let mut allowed = allowed.clone();
            found.sort();
            allowed.sort();
            assert_eq!(found, allowed, "{method} {path}: {answer}");
        }
    }
}

/// The task of the README's example.
fn example() -> Value {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let call = readme.lines().find(|line| line.starts_with("curl ") && line.contains("/api/score")).unwrap();
    serde_json::from_str(call.split('\'').rfind(|part| part.starts_with('{')).unwrap()).unwrap()
}

#[test]
fn the_description_takes_what_is_taken_and_refuses_what_is_refused() {
    let companion = Companion::start(&[]);
    let place = "/components/schemas/Task";
    description::check(place, &example());
    let first = events(companion.post(example().to_string())).next();
    assert!(matches!(first, Some(Event::Queued { .. })));
    let with = |key: &str, value: Value| {
        let mut task = small();
        task["metrics"] = json!(["parameters"]);
        task[key] = value;
        task
    };
    let largest = with("seed", json!(u32::MAX));
    assert!(matches!(companion.events(&largest).last(), Some(Event::Finished { .. })));
    for task in [
        json!({}),
        json!({"space": "recurrent"}),
        json!({"space": "convolutional", "recipe": {}}),
        with("seed", json!(u64::from(u32::MAX) + 1)),
        with("seed", json!(-1)),
        with("seed", json!(0.5)),
        with("size", json!(3)),
        with("sizes", json!({"batch": -1})),
        with("sizes", json!({"bach": 1})),
        with("metrics", json!("parameters")),
        with("text", json!({"corpus": 3})),
        with("configuration", json!({})),
    ] {
        assert!(!description::is_valid(place, &task), "the description takes {task}");
        assert_eq!(companion.refused(task.to_string()).0, 422, "{task}");
    }
}

/// In Chromium, with the built pages.
#[test]
fn the_policy_holds_for_workers_and_links_open_the_page() {
    let Some(browser) = browser() else { return };
    let companion = Companion::start(&[]);
    if get(&companion, "/", "").0 == 404 {
        return skip("pages", "the program was built without the pages");
    }
    let script = root().join("tests/browser/policy.mjs");
    let status = Command::new("node").arg(script).arg(companion.at("/")).arg(browser).status().unwrap();
    assert!(status.success());
}
