//! Both halves against a real h2 connection, in virtual time.

mod adaptive_window;
mod keep_alive;
mod peer;
