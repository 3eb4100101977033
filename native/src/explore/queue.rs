//! The queue: tasks wait their turn, each is scored by a worker, and whoever asked hears of it as it happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{Notify, Semaphore, watch};
use untrained_core::memory::Engine;
use untrained_core::task::{Event, Task};

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

const CANCELLED: &str = "Cancelled.";
const STOPPING: &str = "The companion is stopping; nothing of this task was scored. Send it again when it is back.";
const CUT: &str = "The companion was stopped while this task was being scored. Send it again when it is back.";

impl Queue {
    /// An empty one.
    pub fn new(device: Choice, limits: Limits) -> Self {
        Self {
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

    /// Takes a task and tells what happens to it; none when too many wait or the companion is stopping.
    pub fn take(self: &Arc<Self>, task: Task) -> Option<Receiver<Event>> {
        if *self.stage.borrow() != Stage::Serving {
            return None;
        }
        let room = |waiting| (waiting < self.limits.waiting).then_some(waiting + 1);
        let before = self.waiting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, room).ok()?;
        let job = 1 + self.last.fetch_add(1, Ordering::SeqCst);
        let (told, events) = mpsc::channel(UNREAD);
        // There is room for the first event.
        _ = told.try_send(Event::Queued { job, before });
        let cancel = Arc::new(Notify::new());
        locked(&self.open).insert(job, Arc::clone(&cancel));
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            queue.drive(&task, &told, &cancel).await;
            locked(&queue.open).remove(&job);
        });
        Some(events)
    }

    /// What runs the tasks; unknown where a worker chooses between the processor and a graphics card.
    pub fn engine(&self) -> Option<Engine> {
        match self.device {
            Choice::Cpu => Some(Engine::Kernel),
            Choice::Auto => None,
            Choice::Wgpu | Choice::Cuda => Some(Engine::CARD),
        }
    }

    /// Bytes a task may take: tasks that are scored at the same time share what is available.
    pub fn memory(&self) -> usize {
        memory::available() / self.limits.workers
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
    async fn drive(&self, task: &Task, told: &Sender<Event>, cancel: &Notify) {
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
            // Whoever is gone need not be told.
            _ = told.send(Event::Problem(why)).await;
        }
    }

    /// Has a worker score the task. The worker is kept when it comes to its end, and ended otherwise.
    async fn score(&self, task: &Task, told: &Sender<Event>) -> Result<(), String> {
        let failed = |error: anyhow::Error| {
            format!("The worker failed ({error:#}): the task may need more memory than there is.")
        };
        let (mut worker, mut event) = self.begin(task).await.map_err(failed)?;
        while !event.is_last() {
            _ = told.send(event).await;
            event = worker.next().await.map_err(failed)?;
        }
        locked(&self.idle).push(worker);
        _ = told.send(event).await;
        Ok(())
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
        let mut worker = Worker::start(self.device)?;
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
