//! The companion's side of a worker: a process that reads tasks and writes events. Dropping it ends the process.

use std::collections::VecDeque;
use std::io::Write as _;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use untrained_core::task::{AnyTask, Event};

use super::oom::Kills;
use super::program::Program;
use crate::device::Choice;

/// Time limit for a process to end after it closed its output.
const ENDING: Duration = Duration::from_secs(5);

/// Number of last lines of a worker's standard error that are saved.
const LAST_LINES: usize = 8;

/// The devices of this machine, found once, in a separate process, because a process can open a GPU only once.
///
/// # Errors
/// When the system starts no further process, or how that process failed.
pub async fn devices(program: &Program) -> anyhow::Result<&'static Value> {
    static FOUND: OnceCell<Value> = OnceCell::const_new();
    let find = async || {
        let mut command = program.command()?;
        let out = command.args(["devices", "--format", "json"]).output().await?;
        if !out.status.success() {
            let lines = String::from_utf8_lossy(&out.stderr).lines().map(str::to_owned).collect();
            bail!("The process that lists the devices ended ({}){}", out.status, ending(&lines));
        }
        serde_json::from_slice(&out.stdout).context("the list of devices cannot be read")
    };
    FOUND.get_or_try_init(find).await
}

/// A process that scores and trains.
pub struct Worker {
    tasks: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    /// Forwards its standard error, and returns the last lines.
    errors: JoinHandle<VecDeque<String>>,
    /// The kernel's counts when the task began.
    kills: Kills,
    /// When its last task ended.
    pub idle_since: Instant,
    /// Ended when this is dropped.
    process: Child,
}

impl Worker {
    /// Starts a worker.
    ///
    /// # Errors
    /// When the system starts no further process.
    pub fn start(program: &Program, device: Choice) -> anyhow::Result<Self> {
        let mut command = program.command()?;
        command.args(["work", "--device", &device.name()]).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C in a terminal must reach only the companion, which lets its workers finish.
        #[cfg(unix)]
        command.process_group(0);
        let mut process = command.spawn().context("a worker process cannot be started")?;
        let (tasks, events, errors) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let missing = "a worker process was started without its pipes";
        Ok(Self {
            tasks: tasks.context(missing)?,
            events: BufReader::new(events.context(missing)?).lines(),
            errors: tokio::spawn(forward(errors.context(missing)?)),
            kills: Kills::now(),
            idle_since: Instant::now(),
            process,
        })
    }

    /// Sends it a task, and returns its first event.
    ///
    /// # Errors
    /// How it ended, if it did.
    pub async fn begin(&mut self, task: &AnyTask) -> anyhow::Result<Event> {
        self.kills = Kills::now();
        // A large task takes a while to write.
        let mut line = tokio::task::block_in_place(|| serde_json::to_vec(task))?;
        line.push(b'\n');
        let sent = async {
            self.tasks.write_all(&line).await?;
            self.tasks.flush().await
        };
        match sent.await {
            Ok(()) => self.next().await,
            Err(_) => Err(self.end().await),
        }
    }

    /// Its next event.
    ///
    /// # Errors
    /// How it ended, if it did, or that a line is not an event.
    pub async fn next(&mut self) -> anyhow::Result<Event> {
        match self.events.next_line().await {
            Ok(Some(line)) => serde_json::from_str(&line).context("The worker sent a line that is not an event"),
            Ok(None) | Err(_) => Err(self.end().await),
        }
    }

    /// Resident memory in bytes; 0 where the system does not report it.
    pub fn memory(&self) -> u64 {
        let Some(id) = self.process.id().map(Pid::from_u32) else { return 0 };
        let mut system = System::new();
        let memory = ProcessRefreshKind::nothing().with_memory();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), false, memory);
        system.process(id).map_or(0, sysinfo::Process::memory)
    }

    /// How it ended, after its output ended.
    async fn end(&mut self) -> anyhow::Error {
        let status = timeout(ENDING, self.process.wait()).await;
        let lines = timeout(ENDING, &mut self.errors).await.ok().and_then(Result::ok).unwrap_or_default();
        match status {
            Ok(Ok(status)) => anyhow!(ended(status, &lines, Kills::now().since(self.kills))),
            Ok(Err(error)) => anyhow!(error).context("The worker ended, and the system does not report how"),
            Err(_) => anyhow!("The worker closed its output without ending{}", ending(&lines)),
        }
    }
}

/// Forwards a worker's standard error, and saves the last lines.
async fn forward(errors: ChildStderr) -> VecDeque<String> {
    let mut lines = BufReader::new(errors).lines();
    let mut last = VecDeque::with_capacity(LAST_LINES);
    while let Ok(Some(line)) = lines.next_line().await {
        // Where standard error cannot be written to, the line is still saved.
        _ = writeln!(std::io::stderr(), "{line}");
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    last
}

/// How a worker ended: its exit code or signal, the kernel's reason, or the end of its standard error.
fn ended(status: ExitStatus, lines: &VecDeque<String>, kernel: Option<&str>) -> String {
    match kernel {
        Some(kernel) if is_killed(status) => format!("The worker ended before its task ({status}). {kernel}"),
        _ => format!("The worker ended before its task ({status}){}", ending(lines)),
    }
}

/// Whether a process was ended by SIGKILL, as the kernel does where memory runs out.
fn is_killed(status: ExitStatus) -> bool {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&status) == Some(9);
    #[cfg(not(unix))]
    return false;
}

/// The last lines of standard error as the end of a sentence, without hints for developers.
fn ending(lines: &VecDeque<String>) -> String {
    let lines: Vec<_> =
        lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && !line.starts_with("note: ")).collect();
    if lines.is_empty() { ".".to_owned() } else { format!(": {}", lines.join(" ")) }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn the_end_of_a_worker_is_reported() {
        let killed = ExitStatus::from_raw(9);
        let none = &VecDeque::new();
        assert_eq!(ended(killed, none, None), "The worker ended before its task (signal: 9 (SIGKILL)).");
        let memory = ended(killed, none, Some("The kernel ended it."));
        assert_eq!(memory, "The worker ended before its task (signal: 9 (SIGKILL)). The kernel ended it.");
        // The kernel kills with SIGKILL only.
        assert!(!ended(ExitStatus::from_raw(11), none, Some("The kernel ended it.")).contains("kernel"));
        let panic = ["", "thread 'main' panicked at a.rs:1:2:", "no such row", "note: run with `RUST_BACKTRACE=1`"];
        assert_eq!(
            ended(ExitStatus::from_raw(101 << 8), &panic.map(str::to_owned).into(), None),
            "The worker ended before its task (exit status: 101): thread 'main' panicked at a.rs:1:2: no such row"
        );
    }
}
