//! A worker as the companion sees it: a process that is given a task and tells what happens. Dropped, it is ended.

use std::process::Stdio;

use anyhow::Context as _;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::OnceCell;
use untrained_core::task::{Event, Task};

use crate::device::Choice;

/// The devices of this machine: found once, by a process of its own, since a graphics card is opened but once in each.
///
/// # Errors
/// When the system starts no further process.
pub async fn devices() -> anyhow::Result<&'static Value> {
    static FOUND: OnceCell<Value> = OnceCell::const_new();
    let find = async || {
        let out = Command::new(std::env::current_exe()?).args(["devices", "--format", "json"]).output().await?;
        Ok(serde_json::from_slice(&out.stdout)?)
    };
    FOUND.get_or_try_init(find).await
}

/// A process that scores.
pub struct Worker {
    tasks: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    /// Ended when this is dropped.
    _process: Child,
}

impl Worker {
    /// Starts one.
    ///
    /// # Errors
    /// When the system starts no further process.
    pub fn start(device: Choice) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["work", "--device", &device.name()]).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // Ctrl-C in a terminal is for the companion, which lets its workers finish.
        #[cfg(unix)]
        command.process_group(0);
        let mut process = command.spawn()?;
        let (tasks, events) = (process.stdin.take(), process.stdout.take());
        let events = BufReader::new(events.context("a worker that tells nothing")?).lines();
        Ok(Self { tasks: tasks.context("a worker that takes nothing")?, events, _process: process })
    }

    /// Gives it a task, and returns what it tells first.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn begin(&mut self, task: &Task) -> anyhow::Result<Event> {
        let mut line = serde_json::to_vec(task)?;
        line.push(b'\n');
        self.tasks.write_all(&line).await?;
        self.tasks.flush().await?;
        self.next().await
    }

    /// What it tells next.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn next(&mut self) -> anyhow::Result<Event> {
        let line = self.events.next_line().await?.context("it ended")?;
        Ok(serde_json::from_str(&line)?)
    }
}
