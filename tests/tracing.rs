//! With the feature `tracing`, what becomes of connections, streams and tunnels is told as it happens.

#[path = "support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

use crate::support::scripted_h1::Server;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::run_until_idle;

/// What hyper tells on this thread, a line for each event: the spans it is in, and its fields.
#[derive(Clone, Default)]
struct Told {
    next: Arc<AtomicU64>,
    spans: Arc<Mutex<HashMap<u64, Span>>>,
    lines: Arc<Mutex<Vec<String>>>,
}

/// Its parent, and its name with its fields.
type Span = (Option<u64>, String);

impl Told {
    fn listen() -> (Told, DefaultGuard) {
        let told = Told::default();
        let guard = tracing::subscriber::set_default(told.clone());
        (told, guard)
    }

    /// The lines so far, with durations left out.
    fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().expect("no test panics meanwhile");
        lines.iter().map(|line| without_duration(line)).collect()
    }

    fn path(&self, id: Option<u64>) -> String {
        let Some(id) = id else {
            return String::new();
        };
        let spans = self.spans.lock().expect("no test panics meanwhile");
        let (parent, text) = spans[&id].clone();
        drop(spans);
        format!("{}{text}: ", self.path(parent))
    }
}

/// The clock that stalls are measured by is not the tests' own.
fn without_duration(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.split_once('=') {
        Some(("stalled_us", _)) => "stalled_us=<time>",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        }
        .expect("a string grows");
    }
}

impl Subscriber for Told {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "hyper" && *metadata.level() <= tracing::Level::DEBUG
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut text = Text(attributes.metadata().name().to_owned());
        attributes.record(&mut text);
        let parent = attributes.parent().map(Id::into_u64);
        let mut spans = self.spans.lock().expect("no test panics meanwhile");
        spans.insert(id, (parent, text.0));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.spans.lock().expect("no test panics meanwhile");
        let (_, text) = spans.get_mut(&span.into_u64()).expect("a span of ours");
        let mut more = Text(std::mem::take(text));
        values.record(&mut more);
        *text = more.0;
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let path = self.path(event.parent().map(Id::into_u64));
        let line = format!("{path}{}", text.0.trim_start());
        self.lines
            .lock()
            .expect("no test panics meanwhile")
            .push(line);
    }

    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

both_roles!(a_tunnel_tells_its_life, a_tunnel_that_fails_says_why,);

fn side(role: Role) -> &'static str {
    match role {
        Role::Server => "server",
        Role::Client => "client",
    }
}

async fn a_tunnel_tells_its_life(role: Role) {
    let (told, _guard) = Told::listen();
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let id = tunnel.stream;
    link.peer.send_data(id, "from afar").await;
    let mut buf = [0; 9];
    let read = tunnel.upgraded.read_exact(&mut buf).await;
    read.expect("they have arrived");

    // All the window there is, and a frame; then it stands still until there is more. The peer reads nothing meanwhile.
    let window = 65_535;
    let bytes = vec![b'x'; window + 20_000];
    let writer = tokio::spawn(async move {
        let written = tunnel.upgraded.write_all(&bytes).await;
        written.expect("there is window in the end");
        tunnel
            .upgraded
            .shutdown()
            .await
            .expect("and for the end, too");
    });
    run_until_idle().await;
    link.peer.grant(id, 30_000).await;
    link.peer.grant(0, 30_000).await;
    run_until_idle().await;
    writer.await.expect("no panic");
    link.peer.settled_frames().await;
    link.peer.send_last_data(id, "").await;
    run_until_idle().await;

    let connection = format!("connection role=\"{}\" protocol=\"HTTP/2\"", side(role));
    let stream = format!("{connection}: stream method=CONNECT id={id}");
    let tunnel = format!("{stream}: tunnel");
    let expected = [
        format!("{connection}: connection opened"),
        format!("{stream}: stream opened"),
        format!("{tunnel}: tunnel opened"),
        format!("{tunnel}: tunnel stalled held=81919"),
        format!("{tunnel}: tunnel resumed stalled_us=<time>"),
        format!("{tunnel}: tunnel closed sent=85535 received=9 stalls=1"),
        format!("{stream}: stream closed"),
    ];
    assert_eq!(told.lines(), expected);
}

async fn a_tunnel_that_fails_says_why(role: Role) {
    let (told, _guard) = Told::listen();
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer
        .reset(tunnel.stream, h2::Reason::INTERNAL_ERROR)
        .await;
    run_until_idle().await;
    let written = tunnel.upgraded.write_all(&[b'x'; 100_000]).await;
    written.expect_err("it was reset");
    drop(tunnel);
    run_until_idle().await;
    let lines = told.lines();
    let closed = lines.iter().find(|line| line.contains("tunnel closed"));
    let closed = closed.expect("its end is told");
    assert!(
        closed.contains("failure=\"Reset(INTERNAL_ERROR)\""),
        "{closed}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_http1_tells_its_requests_and_its_end() {
    let (told, _guard) = Told::listen();
    let mut server = Server::start();
    let call = server.request("GET / HTTP/1.1\r\n\r\n").await;
    call.respond(support::responses::empty());
    let call = server
        .request("DELETE / HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await;
    call.respond(support::responses::empty());
    server.hyper.ended().await.expect("a good end");

    let mut server = Server::start();
    server.peer.send("no request\r\n\r\n").await;
    server.hyper.ended().await.expect_err("a bad one");

    let connection = "connection role=\"server\" protocol=\"HTTP/1\"";
    let expected = [
        format!("{connection}: connection opened"),
        format!("{connection}: request method=GET"),
        format!("{connection}: request method=DELETE"),
        format!("{connection}: connection closed"),
        format!("{connection}: connection opened"),
    ];
    let mut lines = told.lines();
    let last = lines.pop().expect("its end is told");
    assert!(
        last.contains("connection closed error=hyper::Error(Parse("),
        "{last}"
    );
    assert_eq!(lines, expected);
}
