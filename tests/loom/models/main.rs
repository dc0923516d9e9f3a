//! Every interleaving of the send pipe: no wake-up is lost, no byte is sent twice.
//!
//! Each model has three threads: the user of the tunnel, the tunnel's task, and the connection with
//! its peer. It fails where
//! - all of them wait (a lost wake-up), or one is woken again and again without getting anywhere,
//! - what the peer gets is not what was accepted, in order, once, with one END_STREAM behind it,
//! - DATA goes to h2 that no window was granted for,
//! - more is held than the limit.
//!
//! A handle does nothing while it waits for an [arrival](send_pipe::Handle::arrival_of): whatever it
//! did might wake the task, and so make up for a wake-up that was lost.
//!
//! In all of them the task's first poll may come before the user's first call, amid it or after it.
//!
//! The search ends at two preemptions (turns that are taken from a thread which could have gone on),
//! or three where the models are small enough; `LOOM_MAX_PREEMPTIONS` asks for another bound. Run
//! them with `--release`.

mod ending;
mod failing;
mod flushing;
mod moving;
mod socket;
mod window;
