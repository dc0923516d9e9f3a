//! The passing of time.
//!
//! Invariant: `Sleep::__type_id` cannot be overridden or called outside this crate, because nobody
//! else can name its argument. So it tells the truth about the concrete type, and the pinned
//! downcast in [`crate::rt::io`] may rely on it. That downcast lives there because it needs
//! `unsafe`.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// Makes [`Sleep`]s.
///
/// Give one to a connection builder to use its timeouts. It is an object-safe trait: connections
/// share one `Arc<dyn Timer + Send + Sync>`.
///
/// # Example
///
/// ```
/// # use std::future::Future;
/// # use std::pin::Pin;
/// # use std::task::{Context, Poll};
/// # use std::time::{Duration, Instant};
/// # struct RuntimeSleep;
/// # impl RuntimeSleep {
/// #     fn until(_: Instant) -> Self { RuntimeSleep }
/// #     fn reset(self: Pin<&mut Self>, _: Instant) {}
/// # }
/// # impl Future for RuntimeSleep {
/// #     type Output = ();
/// #     fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> { Poll::Ready(()) }
/// # }
/// use hyper::rt::{Sleep, Timer};
///
/// impl Sleep for RuntimeSleep {}
///
/// struct MyTimer;
///
/// impl Timer for MyTimer {
///     fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
///         self.sleep_until(Instant::now() + duration)
///     }
///
///     fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
///         Box::pin(RuntimeSleep::until(deadline))
///     }
///
///     // Optional: spares an allocation where the runtime can move a deadline.
///     fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: Instant) {
///         if let Some(sleep) = sleep.as_mut().downcast_mut_pin::<RuntimeSleep>() {
///             sleep.reset(new_deadline);
///         }
///     }
/// }
/// ```
pub trait Timer {
    /// A future that is ready once `duration` has passed from now.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>>;

    /// A future that is ready once `deadline` has been reached; at once if that has happened
    /// already.
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>>;

    /// The current time of this timer's clock, which [`sleep_until`](Timer::sleep_until) measures
    /// against.
    ///
    /// The default is [`Instant::now`]. A timer whose clock can be paused or set, for tests,
    /// returns that one's time.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Moves the deadline of `sleep`, elapsed or not, to `new_deadline`.
    ///
    /// `sleep` was made by this timer and is the very object it returned. The default replaces it
    /// by a new one; a timer that can re-use its sleeps gets at them with `<dyn
    /// Sleep>::downcast_mut_pin`.
    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: Instant) {
        *sleep = self.sleep_until(new_deadline);
    }
}

/// A future that is ready once a deadline has passed.
///
/// Implement it, with an empty body, for the futures your [`Timer`] returns. Dropping one cancels
/// it.
pub trait Sleep: Send + Sync + Future<Output = ()> {
    /// The concrete type behind a `dyn Sleep`. Sealed: see the module header.
    #[doc(hidden)]
    fn __type_id(&self, _: private::Sealed) -> TypeId
    where
        Self: 'static,
    {
        TypeId::of::<Self>()
    }
}

impl dyn Sleep {
    /// Whether the concrete type behind this trait object is `T`.
    pub fn is<T>(&self) -> bool
    where
        T: Sleep + 'static,
    {
        self.__type_id(private::Sealed::new()) == TypeId::of::<T>()
    }
}

mod private {
    /// Proof that a call comes from this crate.
    #[allow(missing_debug_implementations)]
    pub struct Sealed(());

    impl Sealed {
        pub(super) fn new() -> Sealed {
            Sealed(())
        }
    }
}

#[cfg(test)]
mod tests;
