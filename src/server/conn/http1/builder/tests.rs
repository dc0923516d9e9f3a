use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use http::{Request, Response};

use super::*;
use crate::rt::{ReadBufCursor, Sleep};
use crate::service::service_fn;

// Contracts 3.1-1 to 3.1-11.
#[test]
fn defaults_are_the_documented_ones() {
    let builder = Builder::new();
    let leniency = builder.config.leniency;
    assert!(!leniency.ignore_invalid_headers);
    assert!(!leniency.multiple_spaces_in_request_line);
    assert!(!builder.config.case.title);
    assert!(!builder.config.case.preserve);
    assert!(builder.config.keep_alive);
    assert!(builder.config.date.is_some());
    assert_eq!(builder.config.limits.max_headers, 100);
    assert_eq!(builder.config.limits.max_header_size, None);
    assert!(!builder.options.half_close);
    assert!(!builder.options.pipeline_flush);
    let timeout = builder.options.header_read_timeout;
    assert_eq!(timeout, Some(Duration::from_secs(30)));
    assert_eq!(builder.max_buf_size, 417_792);
    assert_eq!(builder.write_strategy, None);
}

#[test]
fn each_setter_reaches_its_own_option() {
    let set = |setter: fn(&mut Builder) -> &mut Builder| {
        let mut builder = Builder::new();
        setter(&mut builder);
        builder
    };
    assert!(set(|b| b.half_close(true)).options.half_close);
    assert!(!set(|b| b.keep_alive(false)).config.keep_alive);
    assert!(set(|b| b.title_case_headers(true)).config.case.title);
    assert!(set(|b| b.preserve_header_case(true)).config.case.preserve);
    let builder = set(|b| b.allow_multiple_spaces_in_request_line_delimiters(true));
    assert!(builder.config.leniency.multiple_spaces_in_request_line);
    let builder = set(|b| b.ignore_invalid_headers(true));
    assert!(builder.config.leniency.ignore_invalid_headers);
    assert_eq!(set(|b| b.max_headers(3)).config.limits.max_headers, 3);
    let builder = set(|b| b.max_header_size(4));
    assert_eq!(builder.config.limits.max_header_size, Some(4));
    assert_eq!(set(|b| b.max_buf_size(8192)).max_buf_size, 8192);
    assert!(set(|b| b.auto_date_header(false)).config.date.is_none());
    assert!(set(|b| b.pipeline_flush(true)).options.pipeline_flush);
    let strategy = set(|b| b.writev(true)).write_strategy;
    assert_eq!(strategy, Some(WriteStrategy::Queue));
    let builder = set(|b| b.header_read_timeout(Duration::from_secs(5)));
    let timeout = builder.options.header_read_timeout;
    assert_eq!(timeout, Some(Duration::from_secs(5)));
    let builder = set(|b| b.header_read_timeout(None));
    assert_eq!(builder.options.header_read_timeout, None);
    assert!(set(|b| b.timer(NoTime)).clock.is_set());
}

// Contract 3.1-10.
#[test]
#[should_panic(expected = "the max_buf_size cannot be smaller than the minimum")]
fn a_buffer_below_one_read_panics_in_the_setter() {
    Builder::new().max_buf_size(8191);
}

struct NoTime;

impl Timer for NoTime {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        unreachable!("no connection is polled here")
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        unreachable!("no connection is polled here")
    }
}

/// A transport that is never used.
struct Unused;

impl Read for Unused {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl Write for Unused {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

fn serve(builder: &Builder) {
    let service = service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(Incoming::empty()))
    });
    drop(builder.serve_connection(Unused, service));
}

// Contract 3.1-7.
#[test]
fn a_timeout_needs_a_timer_only_if_it_was_asked_for() {
    serve(&Builder::new());
    serve(Builder::new().header_read_timeout(None));
    serve(
        Builder::new()
            .timer(NoTime)
            .header_read_timeout(Duration::MAX),
    );
}

// Contract 3.1-7.
#[test]
#[should_panic(expected = "timeout `header_read_timeout` set, but no timer set")]
fn a_timeout_that_was_asked_for_panics_without_a_timer() {
    serve(Builder::new().header_read_timeout(Duration::from_secs(1)));
}
