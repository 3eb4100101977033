//! The queue: tasks wait for a turn, each is scored by a worker, and its client receives events as they happen.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{Notify, Semaphore, watch};
use untrained_core::memory::Engine;
use untrained_core::task::{AnyTask, Event};

use super::body::{Bodies, Received};
use super::program::Program;
use super::worker::Worker;
use crate::device::Choice;
use crate::memory;

/// Limits of the companion.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Tasks scored at the same time.
    pub workers: usize,
    /// Tasks that may wait.
    pub waiting: usize,
    /// How long a task may take.
    pub time: Duration,
}

/// Tasks, and the workers that score them.
pub struct Queue {
    /// From which workers are started.
    pub program: Program,
    /// The bodies of its tasks.
    pub bodies: Bodies,
    device: Choice,
    limits: Limits,
    /// As many turns as there may be workers, granted in the order of requests.
    turns: Semaphore,
    idle: Mutex<Vec<Worker>>,
    waiting: AtomicUsize,
    last: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Notify>>>,
    stage: watch::Sender<Stage>,
    cut: AtomicBool,
}

/// The stages of stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// Tasks that are being run are finished; no other is started.
    Finishing,
    /// Tasks that are still being scored are stopped.
    Over,
}

/// Largest number of unread events: the task of a client that reads slowly waits, and keeps its turn meanwhile.
const UNREAD: usize = 64;

/// How long a client that does not read may delay the last event of its task.
const LAST_EVENT: Duration = Duration::from_secs(60);

/// How long an idle worker that holds much memory is retained for the next task.
const IDLE: Duration = Duration::from_secs(2);

/// Bytes of memory that an idle worker may hold for longer.
const IDLE_MEMORY: u64 = 256 << 20;

const CANCELLED: &str = "Cancelled.";
const STOPPING: &str = "The companion is stopping; nothing of this task was scored. Send it again when it is back.";
const INTERRUPTED: &str = "The companion was stopped while this task was being scored. Send it again when it is back.";

impl Queue {
    /// An empty queue.
    pub fn new(program: Program, device: Choice, limits: Limits) -> Self {
        Self {
            program,
            bodies: Bodies::new(),
            device,
            limits,
            turns: Semaphore::new(limits.workers),
            idle: Mutex::default(),
            waiting: AtomicUsize::new(0),
            last: AtomicU64::new(0),
            open: Mutex::default(),
            stage: watch::Sender::new(Stage::Serving),
            cut: AtomicBool::new(false),
        }
    }

    /// Tasks that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Tasks that wait or are being scored.
    pub fn open(&self) -> usize {
        locked(&self.open).len()
    }

    /// Takes a task; returns its events.
    ///
    /// # Errors
    /// That the companion is stopping, or that too many tasks wait.
    pub fn take(self: &Arc<Self>, received: Received) -> Result<Receiver<Event>, String> {
        if *self.stage.borrow() != Stage::Serving {
            return Err("The companion is stopping; send the task again when it is back.".to_owned());
        }
        let room = |waiting| (waiting < self.limits.waiting).then_some(waiting + 1);
        let before = self.waiting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, room);
        let before = before.map_err(|waiting| format!("{waiting} tasks wait already; send this one again later."))?;
        let job = 1 + self.last.fetch_add(1, Ordering::SeqCst);
        let (sender, events) = mpsc::channel(UNREAD);
        // There is room for the first event.
        _ = sender.try_send(Event::Queued { job, before });
        let cancel = Arc::new(Notify::new());
        locked(&self.open).insert(job, Arc::clone(&cancel));
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            queue.drive(&received.task, &sender, &cancel).await;
            locked(&queue.open).remove(&job);
        });
        Ok(events)
    }

    /// Checks from names, sizes and memory that a task can be scored; tasks scored at the same time share the available
    /// memory. Text and weights are left to the worker.
    ///
    /// # Errors
    /// What in the task cannot be used or run.
    pub fn check(&self, task: &AnyTask) -> untrained_core::Result<()> {
        let memory = memory::available() / self.limits.workers;
        let on = |engine| task.check_on(engine, memory);
        match self.device {
            Choice::Cpu => on(Engine::Kernel),
            Choice::Wgpu | Choice::Cuda => on(Engine::GPU),
            // A worker that selects its device may run on either.
            Choice::Auto => on(Engine::Kernel).or_else(|error| on(Engine::GPU).map_err(|_| error)),
        }
    }

    /// Cancels a task; returns whether one has this number.
    pub fn cancel(&self, job: u64) -> bool {
        let found = locked(&self.open).get(&job).cloned();
        found.inspect(|cancel| cancel.notify_one()).is_some()
    }

    /// Starts no more tasks, and stops those that are still being scored after `grace`.
    pub fn stop(self: &Arc<Self>, grace: Duration) {
        self.stage.send_replace(Stage::Finishing);
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            queue.stage.send_replace(Stage::Over);
        });
    }

    /// Whether a task was stopped while it was being scored.
    pub fn cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    /// Waits for a turn, then scores; ends early when the task is cancelled or its client is gone.
    async fn drive(self: &Arc<Self>, task: &AnyTask, events: &Sender<Event>, cancel: &Notify) {
        let turn = tokio::select! {
            turn = self.turns.acquire() => turn.map_err(|_| STOPPING),
            () = cancel.notified() => Err(CANCELLED),
            () = self.reached(Stage::Finishing) => Err(STOPPING),
            () = events.closed() => Err(CANCELLED),
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let ended = match turn {
            Err(why) => Err(why.to_owned()),
            Ok(_turn) => tokio::select! {
                ended = tokio::time::timeout(self.limits.time, self.score(task, events)) =>
                    ended.unwrap_or_else(|_| Err(self.too_long())),
                () = cancel.notified() => Err(CANCELLED.to_owned()),
                () = self.reached(Stage::Over) => {
                    self.cut.store(true, Ordering::SeqCst);
                    Err(INTERRUPTED.to_owned())
                }
                () = events.closed() => Err(CANCELLED.to_owned()),
            },
        };
        if let Err(why) = ended {
            // A client that is gone, or does not read, may miss it.
            _ = events.send_timeout(Event::Problem(why), LAST_EVENT).await;
        }
    }

    fn too_long(&self) -> String {
        format!("Stopped after {} s, the limit of a task.", self.limits.time.as_secs())
    }

    /// Scores the task in a worker. The worker is retained if it finishes the task, and ended otherwise.
    async fn score(self: &Arc<Self>, task: &AnyTask, events: &Sender<Event>) -> Result<(), String> {
        let failed = |error: anyhow::Error| format!("{error:#}");
        let (mut worker, mut event) = self.begin(task).await.map_err(failed)?;
        while !event.is_last() {
            _ = events.send(event).await;
            event = worker.next().await.map_err(failed)?;
        }
        self.retain(worker);
        _ = events.send(event).await;
        Ok(())
    }

    /// Retains a worker for the next task, only for a short time if it holds much memory.
    fn retain(self: &Arc<Self>, mut worker: Worker) {
        worker.idle_since = Instant::now();
        locked(&self.idle).push(worker);
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            locked(&queue.idle).retain(|worker| worker.idle_since.elapsed() < IDLE || worker.memory() <= IDLE_MEMORY);
        });
    }

    /// A worker that has begun the task, and its first event. An idle one may have ended meanwhile: then a new one is
    /// started.
    async fn begin(&self, task: &AnyTask) -> anyhow::Result<(Worker, Event)> {
        let idle = locked(&self.idle).pop();
        if let Some(mut worker) = idle
            && let Ok(event) = worker.begin(task).await
        {
            return Ok((worker, event));
        }
        let mut worker = Worker::start(&self.program, self.device)?;
        let event = worker.begin(task).await?;
        Ok((worker, event))
    }

    /// Waits until the companion has reached this stage.
    async fn reached(&self, stage: Stage) {
        // The sender lives as long as the queue.
        _ = self.stage.subscribe().wait_for(|now| *now >= stage).await;
    }
}

/// Locks a mutex; no code that can panic runs while it is held.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
