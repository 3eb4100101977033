//! A companion to talk to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use untrained_core::task::Event;
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::description;

/// As long as anything may take here.
const PATIENCE: Duration = Duration::from_secs(120);

/// A companion on a port of its own, ended with its test.
pub struct Companion {
    process: Child,
    /// Where it listens.
    pub port: u16,
    /// HTTP client.
    pub agent: Agent,
}

impl Drop for Companion {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl Companion {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_program(&cargo_bin("untrained"), arguments)
    }

    /// The same with a program at another place.
    pub fn start_program(program: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(program)
            .args(["explore", "--port", "0", "--device", "cpu"])
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok());
        let port = port.unwrap_or_else(|| panic!("no address in '{line}'"));
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let companion = Self { process, port, agent: config.build().into() };
        let read = |path: &str| companion.agent.get(companion.at(path)).call().unwrap().body_mut().read_json().unwrap();
        description::keep(|| read("/api/openapi.json"));
        companion
    }

    /// Number of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    pub fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn get(&self, path: &str) -> Value {
        let mut answer = self.agent.get(self.at(path)).call().unwrap();
        let body = answer.body_mut().read_json().unwrap();
        description::check_answer(path, "get", answer.status().as_u16(), &body);
        body
    }

    pub fn open(&self) -> u64 {
        self.get("/api/health")["open"].as_u64().unwrap()
    }

    /// Sends a task; one that is taken is as described.
    pub fn post(&self, body: impl Into<String>) -> Response<Body> {
        let body = body.into();
        let answer = self.agent.post(self.at("/api/score")).content_type("application/json").send(&body).unwrap();
        if answer.status() == 200 {
            description::check("/components/schemas/Task", &serde_json::from_str(&body).unwrap());
        }
        answer
    }

    /// Status and sentence of what is refused.
    pub fn refused(&self, body: impl Into<String>) -> (u16, String) {
        let mut answer = self.post(body);
        let answered: Value = answer.body_mut().read_json().unwrap();
        description::check_answer("/api/score", "post", answer.status().as_u16(), &answered);
        (answer.status().as_u16(), answered["problem"].as_str().unwrap().to_owned())
    }

    /// Every event of cells in training, as described.
    pub fn train(&self, task: &Value) -> Vec<Event> {
        let answer = self.agent.post(self.at("/api/train")).content_type("application/json");
        let answer = answer.send(task.to_string()).unwrap();
        assert_eq!(answer.status(), 200);
        description::check("/components/schemas/TrainingTask", task);
        events(answer).collect()
    }

    /// Status and sentence of cells that are not trained.
    pub fn not_trained(&self, task: &Value) -> (u16, String) {
        let request = self.agent.post(self.at("/api/train")).content_type("application/json");
        let mut answer = request.send(task.to_string()).unwrap();
        let answered: Value = answer.body_mut().read_json().unwrap();
        description::check_answer("/api/train", "post", answer.status().as_u16(), &answered);
        (answer.status().as_u16(), answered["problem"].as_str().unwrap().to_owned())
    }

    /// Every event of a task.
    pub fn events(&self, task: &Value) -> Vec<Event> {
        events(self.post(task.to_string())).collect()
    }

    /// Sends bytes as they are, and gives the status of the answer.
    pub fn raw(&self, request: &str) -> u16 {
        let mut stream = self.send(request);
        let mut answer = String::new();
        _ = stream.read_to_string(&mut answer);
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// A request with these headers.
    pub fn with(&self, path: &str, headers: &str) -> u16 {
        self.raw(&format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"))
    }

    pub fn wait_until_idle(&self) {
        let start = Instant::now();
        while self.open() > 0 {
            assert!(start.elapsed() < Duration::from_secs(10), "a task continues without a client");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once, as the system does when memory runs out.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Numbers of the processes that score for it.
    #[cfg(target_os = "linux")]
    pub fn workers(&self) -> Vec<u32> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let of = |thread: std::io::Result<std::fs::DirEntry>| {
            std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default()
        };
        let children: Vec<String> = threads.map(of).collect();
        children.iter().flat_map(|list| list.split_whitespace()).map(|id| id.parse().unwrap()).collect()
    }

    /// Bytes of memory (resident) of the processes that score for it.
    #[cfg(target_os = "linux")]
    pub fn workers_memory(&self) -> u64 {
        let of = |id: u32| {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
            line.map_or(0, |kilobytes| kilobytes.trim().parse::<u64>().unwrap() << 10)
        };
        self.workers().into_iter().map(of).sum()
    }

    #[cfg(unix)]
    pub fn terminate(&mut self) -> ExitStatus {
        Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        self.process.wait().unwrap()
    }
}

/// The events of a task, one after the other.
pub fn events(answer: Response<Body>) -> impl Iterator<Item = Event> {
    assert_eq!(answer.status(), 200);
    let lines = BufReader::new(answer.into_body().into_reader()).lines();
    lines.map(|line| {
        let event = serde_json::from_str(&line.unwrap()).unwrap();
        description::check("/components/schemas/Event", &event);
        serde_json::from_value(event).unwrap()
    })
}
