//! An executor for one thread with a clock of its own: what runs, and in which order, depends on nothing but the scenario.
//!
//! - Tasks are polled in the order in which they were woken. A panic ends its task and is noted, no more.
//! - Time stands still until the driver moves it, timer by timer.
//! - [`Sim::settle`] returns when nothing can happen without the driver; so everything has a place in time: the step of the
//!   script that brought it about, and the clock.

use std::any::Any;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crate::observation::{Actor, Event, Log};

/// Polls between two actions of the driver beyond which hyper counts as spinning.
const MOST_POLLS: usize = 200_000;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The executor. Dropped tasks may still speak to it, so it is told to [`stop`](Sim::stop) before it goes.
pub struct Sim {
    tasks: Rc<Tasks>,
    clock: Clock,
    log: Log,
}

struct Tasks {
    slots: RefCell<Vec<Slot>>,
    ready: Arc<ReadyQueue>,
}

struct Slot {
    actor: Actor,
    task: Option<Task>,
    waker: Arc<TaskWaker>,
}

#[derive(Default)]
struct ReadyQueue(Mutex<VecDeque<usize>>);

struct TaskWaker {
    slot: usize,
    queued: AtomicBool,
    ready: Arc<ReadyQueue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            lock(&self.ready.0).push_back(self.slot);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What tasks need of their simulation.
#[derive(Clone)]
pub struct World {
    pub spawner: Spawner,
    pub clock: Clock,
    pub log: Log,
}

impl World {
    pub async fn pause(&self, milliseconds: u64) {
        if milliseconds > 0 {
            self.clock.sleep(Duration::from_millis(milliseconds)).await;
        }
    }
}

/// Starts tasks; does nothing once its [`Sim`] has stopped.
#[derive(Clone)]
pub struct Spawner(Weak<Tasks>);

impl Spawner {
    pub fn spawn(&self, actor: Actor, future: impl Future<Output = ()> + 'static) {
        let Some(tasks) = self.0.upgrade() else {
            return;
        };
        let mut slots = tasks.slots.borrow_mut();
        let waker = Arc::new(TaskWaker {
            slot: slots.len(),
            queued: AtomicBool::new(false),
            ready: tasks.ready.clone(),
        });
        waker.clone().wake();
        slots.push(Slot {
            actor,
            task: Some(Box::pin(future)),
            waker,
        });
    }
}

impl Sim {
    pub fn new(log: Log) -> Self {
        Sim {
            tasks: Rc::new(Tasks {
                slots: RefCell::default(),
                ready: Arc::default(),
            }),
            clock: Clock::default(),
            log,
        }
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    pub fn world(&self) -> World {
        World {
            spawner: Spawner(Rc::downgrade(&self.tasks)),
            clock: self.clock.clone(),
            log: self.log.clone(),
        }
    }

    /// Polls whatever is ready until nothing is.
    pub fn settle(&self) {
        for _ in 0..MOST_POLLS {
            let Some(slot) = lock(&self.tasks.ready.0).pop_front() else {
                return;
            };
            self.poll(slot);
        }
        self.log.note(Actor::Connection, Event::Spins);
        lock(&self.tasks.ready.0).clear();
    }

    fn poll(&self, slot: usize) {
        let (actor, task, waker) = {
            let mut slots = self.tasks.slots.borrow_mut();
            let slot = &mut slots[slot];
            (slot.actor, slot.task.take(), slot.waker.clone())
        };
        waker.queued.store(false, Ordering::Relaxed);
        let Some(mut task) = task else { return };
        let waker = Waker::from(waker);
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
            (polled, task)
        }));
        match polled {
            Ok((Poll::Pending, task)) => self.tasks.slots.borrow_mut()[slot].task = Some(task),
            Ok((Poll::Ready(()), _)) => {}
            Err(panic) => self.log.note(actor, Event::Panicked(panic_text(&*panic))),
        }
    }

    /// Lets time pass, one timer after the other, with all that they set off.
    pub fn pass(&self, time: Duration) {
        let end = self.clock.elapsed() + time;
        while self.clock.fire_next(end) {
            self.log.set_time(self.clock.elapsed());
            self.settle();
        }
        self.log.set_time(self.clock.elapsed());
    }

    /// Drops all tasks; nothing is noted from here on.
    pub fn stop(self) {
        self.log.close();
        let slots = self.tasks.slots.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(slots)));
    }
}

/// What a panic says.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "something else".to_owned())
}

/// Virtual time. It starts at an instant that all runs of the process share.
#[derive(Clone, Default)]
pub struct Clock(Arc<Mutex<Timers>>);

#[derive(Default)]
struct Timers {
    elapsed: Duration,
    set: BTreeMap<(Duration, u64), Waker>,
    count: u64,
}

impl Clock {
    pub fn epoch() -> Instant {
        static EPOCH: OnceLock<Instant> = OnceLock::new();
        *EPOCH.get_or_init(Instant::now)
    }

    pub fn elapsed(&self) -> Duration {
        lock(&self.0).elapsed
    }

    pub fn now(&self) -> Instant {
        Self::epoch() + self.elapsed()
    }

    /// Is done when `time` has passed; at once if that is none.
    pub fn sleep(&self, time: Duration) -> Nap {
        Nap {
            until: self.elapsed().saturating_add(time),
            entry: None,
            clock: self.clone(),
        }
    }

    pub fn sleep_until(&self, deadline: Instant) -> Nap {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    /// Moves to the next timer that is due by `end`, or else to `end`.
    fn fire_next(&self, end: Duration) -> bool {
        let mut timers = lock(&self.0);
        let next = timers.set.first_entry();
        match next.filter(|next| next.key().0 <= end) {
            Some(next) => {
                let ((due, _), waker) = next.remove_entry();
                timers.elapsed = due.max(timers.elapsed);
                drop(timers);
                waker.wake();
                true
            }
            None => {
                timers.elapsed = end;
                false
            }
        }
    }
}

/// A sleep on a [`Clock`].
pub struct Nap {
    until: Duration,
    entry: Option<(Duration, u64)>,
    clock: Clock,
}

impl Future for Nap {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut timers = lock(&clock.0);
        if timers.elapsed >= self.until {
            return Poll::Ready(());
        }
        // Of two that end together the one that was begun first is first, however often it is looked at.
        let until = self.until;
        let entry = *self.entry.get_or_insert_with(|| {
            timers.count += 1;
            (until, timers.count)
        });
        timers.set.insert(entry, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Nap {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            let waker = lock(&self.clock.0).set.remove(&entry);
            drop(waker);
        }
    }
}
