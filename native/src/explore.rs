//! The companion: a local server of the explorer, which scores tasks that are too large for a browser.

mod api;
mod body;
mod connections;
mod guard;
mod oom;
mod policy;
mod problem;
mod program;
mod queue;
mod site;
mod worker;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;

use crate::device::Choice;
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, Usage};
use program::Program;
use queue::{Limits, Queue};

/// Serve the explorer on this machine, and score its tasks
#[derive(Debug, Args)]
pub struct Explore {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8765)]
    port: u16,
    /// Open it in the browser
    #[arg(long)]
    open: bool,
    /// Where to score
    #[arg(long, value_enum, default_value_t = Choice::Auto)]
    device: Choice,
    /// Tasks scored at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    workers: u8,
    /// Tasks that may wait; one more is refused
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    queue: usize,
    /// Seconds a task may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: u64,
}

/// How long tasks that are being scored may continue after the companion received a signal.
const GRACE: Duration = Duration::from_secs(20);

/// How long the connections have to send the last events of stopped tasks.
const LAST: Duration = Duration::from_secs(1);

/// How long the threads may take to end.
const ENDING: Duration = Duration::from_millis(500);

/// How often the request to stop is polled.
const POLL: Duration = Duration::from_millis(50);

impl Explore {
    /// Serves until a signal stops it.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        // A device chosen by name is checked now, so that its error does not come with every task.
        if self.device != Choice::Auto {
            self.device.open()?;
        }
        let interrupt = Interrupt::listen();
        let runtime = tokio::runtime::Runtime::new().context("the companion cannot start")?;
        let outcome = runtime.block_on(self.serve(interrupt));
        // Threads that still run, e.g. for a connection that its client does not close, are not awaited.
        runtime.shutdown_timeout(ENDING);
        outcome
    }

    async fn serve(&self, interrupt: Interrupt) -> anyhow::Result<Outcome> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let listener = TcpListener::bind(address).await.map_err(|error| self.taken(&error))?;
        let port = listener.local_addr()?.port();
        let limits =
            Limits { workers: self.workers.into(), waiting: self.queue, time: Duration::from_secs(self.time_limit) };
        let queue = Arc::new(Queue::new(Program::current()?, self.device, limits));
        let address = format!("http://127.0.0.1:{port}/");
        note!("the explorer is at {address}; Ctrl-C stops it");
        if self.open
            && let Err(error) = open::that_detached(&address)
        {
            note!("no browser could be opened: {error}");
        }
        let stopping = Arc::clone(&queue);
        let stop = async move {
            while !interrupt.requested() {
                tokio::time::sleep(POLL).await;
            }
            stopping.stop(GRACE);
        };
        connections::serve(listener, api::router(Arc::clone(&queue), port), stop, GRACE + LAST).await;
        Ok(if queue.cut() { Outcome::Interrupted } else { Outcome::Done })
    }

    fn taken(&self, error: &std::io::Error) -> anyhow::Error {
        let port = self.port;
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => "already in use; choose another with --port".to_owned(),
            _ => error.to_string(),
        };
        Usage(format!("port {port}: {why}")).into()
    }
}
