//! The companion: what it answers, what it refuses, and that nothing stops it but a signal.

use std::io::Read as _;
use std::process::Command;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};
use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::metric;
use untrained_core::record::Record;
use untrained_core::task::{Event, TrainingTask};
use untrained_core::training::recurrent::Trained;

use crate::cli_encoders::without_times;
use crate::companion::{Companion, events};

fn records(events: Vec<Event>) -> Vec<Record> {
    let record = |event| if let Event::Record(record) = event { Some(record) } else { None };
    events.into_iter().filter_map(record).collect()
}

/// Few enough numbers to be scored at once.
pub fn small() -> Value {
    let recipe = json!({"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}});
    let sizes = json!({"vocabulary": 50, "embedding": 8, "hidden": 12, "layers": 3, "batch": 4, "steps": 6});
    json!({"space": "recurrent", "name": "mine", "recipe": recipe, "sizes": sizes})
}

/// Minutes of work.
pub fn slow() -> Value {
    let mut task = small();
    task["sizes"] =
        json!({"vocabulary": 10_000, "embedding": 600, "hidden": 1_000, "layers": 8, "batch": 64, "steps": 200});
    task
}

fn encoder() -> Value {
    let layer = json!({"operation_type": "SA", "operation_parameter": "SDP", "num_operation_heads": 2,
        "feed_forward_dimension": 32, "num_feed_forward": 1});
    let sizes = json!({"vocabulary": 100, "embedding": 16, "batch": 3, "sequence": 8});
    let configuration = json!({"hidden_size": 16, "nas_config": {"encoder_layers": [layer]}});
    json!({"space": "transformer", "configuration": configuration, "sizes": sizes})
}

/// Two cells of 12 units, trained for 12 steps.
fn training() -> Value {
    let recipe = |second: &str| json!({"h_new_0": {"op": "activation_tanh", "input": ["a"]}, "a": {"op": "linear", "input": ["x", second]}});
    let sizes = json!({"vocabulary": 50, "embedding": 8, "hidden": 12, "layers": 1, "batch": 4, "steps": 6});
    json!({"recipes": [recipe("h_prev_0"), recipe("x")], "settings": {"sizes": sizes, "rate": 0.005}, "steps": 12})
}

/// The losses of every cell, with its last event.
fn losses(events: &[Event], cell: usize) -> (Vec<f64>, Trained) {
    let of_cell = events.iter().filter_map(|event| match event {
        Event::Trained(trained) if trained.cell == cell => Some(trained.clone()),
        _ => None,
    });
    let all: Vec<Trained> = of_cell.collect();
    (all.iter().flat_map(|trained| trained.losses.clone()).collect(), all.last().unwrap().clone())
}

/// The same losses as in one's own program, bit for bit; a closed connection ends training.
#[test]
fn cells_are_trained() {
    let companion = Companion::start(&[]);
    let events = companion.train(&training());
    assert!(matches!(&events[1], Event::Started { device } if device == "cpu"), "{events:?}");
    assert_eq!(events.last(), Some(&Event::Finished { records: 0 }));
    let task: TrainingTask = serde_json::from_value(training()).unwrap();
    let mut comparison = task.comparison().unwrap();
    for cell in [0, 1] {
        let (losses, last) = losses(&events, cell);
        let own = pollster::block_on(comparison.advance(cell, 12, true, &Device::Cpu)).unwrap();
        assert_eq!((losses, last.validation, last.best), (own.losses, own.validation, own.best));
        assert!(last.validation.unwrap() > last.best.unwrap() && last.diverged.is_none());
    }
    // A rate at which the loss grows: the cell has no more turns, and the other one neither.
    let mut steep = training();
    steep["settings"]["rate"] = json!(1e4);
    let events = companion.train(&steep);
    assert_eq!(events.last(), Some(&Event::Finished { records: 0 }));
    let (made, last) = losses(&events, 0);
    assert!(made.len() < 12 && last.diverged.unwrap().contains("loss"), "{made:?}");
    let mut text = training();
    text["text"] = json!("a b ".repeat(500));
    assert_eq!(losses(&companion.train(&text), 0).1.best, None);
    // Training is stopped by closing the connection.
    let mut long = training();
    long["steps"] = json!(1_000_000);
    let request = companion.agent.post(companion.at("/api/train")).content_type("application/json");
    drop(request.send(long.to_string()).unwrap());
    companion.wait_until_idle();
}

#[test]
fn cells_that_cannot_be_trained_are_refused() {
    let companion = Companion::start(&[]);
    let refused = |key: &str, value: Value| {
        let mut task = training();
        *task.pointer_mut(key).unwrap() = value;
        companion.not_trained(&task)
    };
    let is = |(status, problem): (u16, String), expected: &str| {
        assert!(status == 422 && problem.contains(expected), "{status}: {problem}");
    };
    is(refused("/steps", json!(0)), "size steps = 0: must be between 1 and 1000000");
    is(refused("/recipes", json!([])), "size cells = 0: must be between 1 and 12");
    is(refused("/settings/rate", json!(0.0)), "rate");
    is(refused("/settings/sizes/hidden", json!(0)), "hidden");
    is(refused("/settings/sizes/vocabulary", json!(4_000_000_000_000_u64)), "more memory than there is");
    is(refused("/recipes/0", json!({"a": {"op": "linear", "input": ["y"]}})), "recipe");
    let mut unknown = training();
    unknown["epochs"] = json!(3);
    is(companion.not_trained(&unknown), "unknown field `epochs`");
    // A text that is too short is found by the worker.
    let mut short = training();
    short["text"] = json!("a b");
    let events = companion.train(&short);
    assert!(matches!(events.last(), Some(Event::Problem(why)) if why.contains("too few")), "{events:?}");
}

#[test]
fn it_lists_and_describes() {
    let companion = Companion::start(&[]);
    let health = companion.get("/api/health");
    assert_eq!((health["program"].as_str(), health["open"].as_u64()), (Some("untrained"), Some(0)));
    let command = |name: &str| {
        let out = Command::new(cargo_bin("untrained")).args([name, "--format", "json"]).output().unwrap();
        serde_json::from_slice::<Value>(&out.stdout).unwrap()
    };
    assert_eq!(companion.get("/api/metrics"), command("metrics"));
    assert_eq!(companion.get("/api/benchmarks"), command("benchmarks"));
    assert_eq!(companion.get("/api/devices")[0]["device"], "cpu");
    let described = companion.get("/api/openapi.json");
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths.len(), 8, "{paths:?}");
    let reference =
        described["paths"]["/api/score"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            .as_str();
    assert!(described.pointer(&reference.unwrap()[1..]).is_some(), "{reference:?} leads nowhere");
}

/// The same job, the same answer: to the last bit that of the command.
#[test]
fn it_scores_as_the_command_does() {
    let companion = Companion::start(&[]);
    let received = companion.events(&small());
    assert!(matches!(received[0], Event::Queued { before: 0, .. }), "{received:?}");
    assert_eq!(received.last(), Some(&Event::Finished { records: metric::of(Family::Recurrent).len() }));
    let folder = tempfile::tempdir().unwrap();
    let recipe = folder.path().join("mine.json");
    std::fs::write(&recipe, small()["recipe"].to_string()).unwrap();
    let out = Command::new(cargo_bin("untrained"))
        .args(["score", "recurrent", "--device", "cpu", "--format", "jsonl", "--recipe", recipe.to_str().unwrap()])
        .args("--vocabulary-size 50 --embedding 8 --hidden 12 --layers 3 --batch 4 --steps 6".split(' '))
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let expected: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let values = |records: &[Record]| records.iter().map(|r| (r.metric.clone(), r.value.to_bits())).collect::<Vec<_>>();
    assert_eq!(values(&records(received)), values(&expected));
}

#[test]
fn it_scores_encoders() {
    let companion = Companion::start(&[]);
    let found = records(companion.events(&encoder()));
    assert_eq!(found.len(), metric::of(Family::Encoder).len());
    assert!(found.iter().any(|record| record.metric == "head_confidence" && record.value > 0.0));
}

#[test]
fn a_task_names_encoders_either_way() {
    let companion = Companion::start(&[]);
    let scored = |space: &str| {
        let mut task = encoder();
        task["space"] = json!(space);
        // Sent past the description, which lists one of the two names.
        let send = companion.agent.post(companion.at("/api/score")).content_type("application/json");
        without_times(&records(events(send.send(task.to_string()).unwrap()).collect()))
    };
    let found = scored("encoder");
    assert_eq!(found.len(), metric::of(Family::Encoder).len());
    assert_eq!(found, scored("transformer"));
}

#[test]
fn pages_of_other_sites_are_refused() {
    let companion = Companion::start(&[]);
    let port = companion.port;
    let own = format!("Host: 127.0.0.1:{port}\r\n");
    assert_eq!(companion.with("/api/health", &own), 200);
    for headers in [
        String::new(),
        "Host: evil.example\r\n".to_owned(),
        format!("Host: evil.example:{port}\r\n"),
        format!("{own}Host: evil.example\r\n"),
        format!("{own}Origin: http://evil.example\r\n"),
        format!("{own}Origin: null\r\n"),
        format!("{own}Sec-Fetch-Site: cross-site\r\n"),
    ] {
        let status = companion.with("/api/health", &headers);
        assert!(matches!(status, 400 | 403), "{status} for {headers}");
        assert!(matches!(companion.with("/", &headers), 400 | 403), "{headers}");
    }
    assert_eq!(
        companion.raw(&format!("GET http://evil.example/api/health HTTP/1.1\r\n{own}Connection: close\r\n\r\n")),
        403
    );
    // A form of another site needs no permission to be sent, but cannot declare JSON.
    let form = companion.agent.post(companion.at("/api/score")).content_type("text/plain").send(small().to_string());
    assert_eq!(form.unwrap().status(), 415);
}

#[test]
fn no_path_leads_out() {
    let companion = Companion::start(&[]);
    let own = format!("Host: localhost:{}\r\n", companion.port);
    for path in [
        "/../Cargo.toml",
        "/..%2fCargo.toml",
        "/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/api/../../Cargo.toml",
        "/etc/passwd",
    ] {
        assert_eq!(companion.with(path, &own), 404, "{path}");
    }
    assert_eq!(companion.agent.post(companion.at("/index.html")).send_empty().unwrap().status(), 405);
    assert_eq!(companion.agent.get(companion.at("/api/score")).call().unwrap().status(), 405);
    assert_eq!(companion.agent.get(companion.at("/api/nothing")).call().unwrap().status(), 404);
}

#[test]
fn a_task_that_cannot_be_scored_is_refused_and_not_queued() {
    let companion = Companion::start(&[]);
    let changed = |mut task: Value, path: &str, value: Value| {
        *task.pointer_mut(path).unwrap() = value;
        companion.refused(task.to_string())
    };
    let sentence = |(status, problem): (u16, String), expected: (u16, &str)| {
        assert_eq!(status, expected.0, "{problem}");
        assert!(problem.contains(expected.1), "{problem}");
    };
    sentence(companion.refused("{\"space\": "), (400, "line 1"));
    sentence(companion.refused(""), (400, "line 1"));
    sentence(companion.refused("{}"), (422, "missing field `space`"));
    sentence(changed(small(), "/sizes/batch", json!(-1)), (422, "-1"));
    sentence(changed(small(), "/sizes/hidden", json!(90_000_000)), (422, "the network needs about"));
    sentence(changed(small(), "/sizes/steps", json!(0)), (422, "steps = 0"));
    sentence(changed(small(), "/recipe/h_new_0/op", json!("linaer")), (422, "did you mean 'linear'?"));
    let layer = "/configuration/nas_config/encoder_layers/0";
    sentence(
        changed(encoder(), &format!("{layer}/operation_type"), json!("SB")),
        (422, "layer 1: unknown operation 'SB'"),
    );
    sentence(changed(encoder(), &format!("{layer}/num_operation_heads"), json!(3)), (422, "3 heads do not divide"));
    sentence(changed(encoder(), "/sizes/sequence", json!(513)), (422, "longer than the 512 positions"));
    sentence(changed(encoder(), "/sizes/batch", json!(9_000_000_000_u64)), (422, "more memory than there is"));
    let mut ids = encoder();
    ids["input_ids"] = json!([[1, 2], [3, 100]]);
    sentence(companion.refused(ids.to_string()), (422, "id 100 is outside a vocabulary of 100"));
    let mut metric = encoder();
    metric["metrics"] = json!(["head_confidenc"]);
    sentence(companion.refused(metric.to_string()), (422, "did you mean 'head_confidence'?"));
    sentence(companion.refused(" ".repeat(9 << 20)), (413, "8 MiB"));
    let deep = "[".repeat(100_000);
    sentence(companion.refused(format!("{{\"space\": \"recurrent\", \"recipe\": {deep}")), (400, "recursion"));
    assert_eq!(companion.open(), 0);
    assert_eq!(records(companion.events(&small())).len(), metric::of(Family::Recurrent).len());
}

#[test]
fn a_task_is_cancelled_by_its_number_and_the_next_one_runs() {
    let companion = Companion::start(&[]);
    let mut received = events(companion.post(slow().to_string()));
    let Some(Event::Queued { job, .. }) = received.next() else { panic!() };
    assert!(matches!(received.next(), Some(Event::Started { .. })));
    let start = Instant::now();
    let cancel = || companion.agent.delete(companion.at(&format!("/api/jobs/{job}"))).call().unwrap().status().as_u16();
    assert_eq!(cancel(), 204);
    assert!(matches!(received.last(), Some(Event::Problem(why)) if why == "Cancelled."));
    assert!(start.elapsed() < Duration::from_secs(1));
    companion.wait_until_idle();
    assert_eq!(cancel(), 404);
    assert_eq!(records(companion.events(&small())).len(), metric::of(Family::Recurrent).len());
}

#[test]
fn a_client_that_leaves_cancels_its_task() {
    let companion = Companion::start(&[]);
    let body = slow().to_string();
    let (port, length) = (companion.port, body.len());
    let head = format!("POST /api/score HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n");
    let mut stream = companion.send(&format!("{head}Content-Length: {length}\r\n\r\n{body}"));
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!((&answer, companion.open()), (b"HTTP/1.1 200", 1));
    drop(stream);
    companion.wait_until_idle();
}

#[test]
fn a_task_has_an_end_and_the_queue_a_length() {
    let companion = Companion::start(&["--time-limit", "1", "--queue", "1"]);
    let mut first = events(companion.post(slow().to_string()));
    assert!(matches!(first.next(), Some(Event::Queued { .. })));
    assert!(matches!(first.next(), Some(Event::Started { .. })));
    let second = events(companion.post(small().to_string()));
    let full = companion.post(small().to_string());
    assert_eq!((full.status().as_u16(), full.headers()["retry-after"].as_bytes()), (503, &b"1"[..]));
    assert!(matches!(first.last(), Some(Event::Problem(why)) if why == "Stopped after 1 s, the limit of a task."));
    assert!(matches!(second.last(), Some(Event::Finished { .. })));
}

#[test]
fn a_thousand_tasks_from_fifty_connections_all_come_back() {
    let companion = Companion::start(&["--workers", "2"]);
    let start = Instant::now();
    let one = |seed: usize| {
        let mut task = small();
        (task["seed"], task["metrics"]) = (json!(seed), json!(["hidden_covariance_layer_1", "parameters"]));
        let found = records(companion.events(&task));
        assert_eq!(found.len(), 2);
        found[0].value.to_bits()
    };
    let found: Vec<u64> = std::thread::scope(|scope| {
        let client = |first: usize| scope.spawn(move || (0..20).map(|n| one(first * 20 + n)).collect::<Vec<_>>());
        let clients: Vec<_> = (0..50).map(client).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let seconds = start.elapsed().as_secs_f64();
    println!("figure: 1,000 tasks from 50 connections in {seconds:.1} s");
    let different: std::collections::HashSet<u64> = found.iter().copied().collect();
    assert_eq!((found.len(), different.len()), (1_000, 1_000), "each seed has a score of its own");
    assert_eq!(one(7), found[7]);
}

#[test]
#[cfg(unix)]
fn a_signal_lets_what_is_scored_finish() {
    let mut idle = Companion::start(&[]);
    assert!(idle.terminate().success());
    let mut companion = Companion::start(&[]);
    let mut task = small();
    task["sizes"] =
        json!({"vocabulary": 5_000, "embedding": 200, "hidden": 300, "layers": 3, "batch": 32, "steps": 60});
    let mut received = events(companion.post(task.to_string()));
    assert!(matches!(received.nth(1), Some(Event::Started { .. })));
    let behind = events(companion.post(small().to_string()));
    let status = companion.terminate();
    assert!(matches!(received.last(), Some(Event::Finished { .. })));
    assert!(matches!(behind.last(), Some(Event::Problem(why)) if why.contains("nothing of this task was scored")));
    assert!(status.success(), "{status}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_died_while_idle_is_replaced() {
    let companion = Companion::start(&[]);
    companion.events(&small());
    let workers = companion.workers();
    assert_eq!(workers.len(), 1);
    Command::new("kill").args(["-9", &workers[0].to_string()]).status().unwrap();
    assert_eq!(records(companion.events(&small())).len(), metric::of(Family::Recurrent).len());
    assert_ne!(companion.workers(), workers);
}

#[cfg(target_os = "linux")]
#[test]
fn workers_end_with_their_companion_however_it_ends() {
    let mut companion = Companion::start(&[]);
    let mut received = events(companion.post(slow().to_string()));
    assert!(received.any(|event| matches!(event, Event::Started { .. })));
    let worker = std::path::PathBuf::from(format!("/proc/{}/stat", companion.workers()[0]));
    companion.kill();
    let start = Instant::now();
    // An orphan that ended may still be listed, as a zombie, until its new parent looks at it.
    while std::fs::read_to_string(&worker).is_ok_and(|state| !state.contains(") Z ")) {
        assert!(start.elapsed() < Duration::from_secs(10), "the worker goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}
