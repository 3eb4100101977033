//! The queue: tasks wait their turn, each is scored by a worker, and whoever asked hears of it as it happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{Notify, Semaphore, watch};
use untrained_core::memory::Engine;
use untrained_core::task::{Event, Task};

use super::body::{Bodies, Received};
use super::program::Program;
use super::worker::Worker;
use crate::device::Choice;
use crate::memory;

/// How much the companion takes on.
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
    /// As many turns as there may be workers; they go round in the order of asking.
    turns: Semaphore,
    idle: Mutex<Vec<Worker>>,
    waiting: AtomicUsize,
    last: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Notify>>>,
    stage: watch::Sender<Stage>,
    cut: AtomicBool,
}

/// How far the companion is on its way to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// What is being scored is finished; nothing else is begun.
    Finishing,
    /// What is still being scored is cut.
    Over,
}

/// Events that may lie unread: the task of a client that reads slowly waits for it, and keeps its turn until then.
const UNREAD: usize = 64;

/// How long a client that does not read may delay the last event of its task.
const LAST_EVENT: Duration = Duration::from_secs(60);

/// How long a worker that holds much memory is kept for the next task.
const IDLE: Duration = Duration::from_secs(2);

/// Bytes of memory that an idle worker may hold for longer.
const IDLE_MEMORY: u64 = 256 << 20;

const CANCELLED: &str = "Cancelled.";
const STOPPING: &str = "The companion is stopping; nothing of this task was scored. Send it again when it is back.";
const CUT: &str = "The companion was stopped while this task was being scored. Send it again when it is back.";

impl Queue {
    /// An empty one.
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

    /// Takes a task and tells what happens to it.
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
        let (told, events) = mpsc::channel(UNREAD);
        // There is room for the first event.
        _ = told.try_send(Event::Queued { job, before });
        let cancel = Arc::new(Notify::new());
        locked(&self.open).insert(job, Arc::clone(&cancel));
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            queue.drive(&received.task, &told, &cancel).await;
            locked(&queue.open).remove(&job);
        });
        Ok(events)
    }

    /// Whether names, numbers and memory say that a task can be scored; tasks scored at the same time share the memory that
    /// is available. Neither text nor weights are made here: that is for the worker.
    ///
    /// # Errors
    /// What of the task cannot be used, or be run.
    pub fn check(&self, task: &Task) -> untrained_core::Result<()> {
        let memory = memory::available() / self.limits.workers;
        let on = |engine| task.check_on(engine, memory);
        match self.device {
            Choice::Cpu => on(Engine::Kernel),
            Choice::Wgpu | Choice::Cuda => on(Engine::GPU),
            // A worker that chooses its device may run on either.
            Choice::Auto => on(Engine::Kernel).or_else(|error| on(Engine::GPU).map_err(|_| error)),
        }
    }

    /// Cancels a task; whether there is one under this number.
    pub fn cancel(&self, job: u64) -> bool {
        let found = locked(&self.open).get(&job).cloned();
        found.inspect(|cancel| cancel.notify_one()).is_some()
    }

    /// Begins nothing any more, and ends what is still being scored after `grace`.
    pub fn stop(self: &Arc<Self>, grace: Duration) {
        self.stage.send_replace(Stage::Finishing);
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            queue.stage.send_replace(Stage::Over);
        });
    }

    /// Whether a task was cut at the end.
    pub fn cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    /// Waits for a turn, then scores; ends early when that is wanted, or nobody listens any more.
    async fn drive(self: &Arc<Self>, task: &Task, told: &Sender<Event>, cancel: &Notify) {
        let turn = tokio::select! {
            turn = self.turns.acquire() => turn.map_err(|_| STOPPING),
            () = cancel.notified() => Err(CANCELLED),
            () = self.reached(Stage::Finishing) => Err(STOPPING),
            () = told.closed() => Err(CANCELLED),
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let ended = match turn {
            Err(why) => Err(why.to_owned()),
            Ok(_turn) => tokio::select! {
                ended = tokio::time::timeout(self.limits.time, self.score(task, told)) =>
                    ended.unwrap_or_else(|_| Err(format!("Stopped after {} s, the limit of a task.", self.limits.time.as_secs()))),
                () = cancel.notified() => Err(CANCELLED.to_owned()),
                () = self.reached(Stage::Over) => {
                    self.cut.store(true, Ordering::SeqCst);
                    Err(CUT.to_owned())
                }
                () = told.closed() => Err(CANCELLED.to_owned()),
            },
        };
        if let Err(why) = ended {
            // A client that is gone, or does not read, need not be told.
            _ = told.send_timeout(Event::Problem(why), LAST_EVENT).await;
        }
    }

    /// Has a worker score the task. The worker is kept when it comes to its end, and ended otherwise.
    async fn score(self: &Arc<Self>, task: &Task, told: &Sender<Event>) -> Result<(), String> {
        let failed = |error: anyhow::Error| format!("{error:#}");
        let (mut worker, mut event) = self.begin(task).await.map_err(failed)?;
        while !event.is_last() {
            _ = told.send(event).await;
            event = worker.next().await.map_err(failed)?;
        }
        self.keep(worker);
        _ = told.send(event).await;
        Ok(())
    }

    /// Keeps a worker for the next task, for a short time only when it holds much memory.
    fn keep(self: &Arc<Self>, mut worker: Worker) {
        worker.idle_since = Instant::now();
        locked(&self.idle).push(worker);
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            locked(&queue.idle).retain(|worker| worker.idle_since.elapsed() < IDLE || worker.memory() <= IDLE_MEMORY);
        });
    }

    /// A worker that has begun the task, and what it told first. One that was kept may have died meanwhile: where it tells
    /// nothing, a new one begins.
    async fn begin(&self, task: &Task) -> anyhow::Result<(Worker, Event)> {
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

    async fn reached(&self, stage: Stage) {
        // The sender lives as long as the queue.
        _ = self.stage.subscribe().wait_for(|now| *now >= stage).await;
    }
}

/// A lock is never held where something could fail.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
