//! How a case ends: all that was accepted arrives, all that waited is woken, and nothing is left.

use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use crate::model::{Model, RECEIVE_WINDOW};
use crate::run::keep_reading;
use crate::script::{Ending, Script};
use crate::support::tunnels::Timer;
use crate::support::virtual_timer::expect_soon;
use crate::tunnel::{Call, Tunnel};

/// More than the linger, and once more, since a step out of the connection may start it anew.
const PAST_THE_LINGER: Duration = Duration::from_secs(65);

const PLENTY: u32 = 4 << 20;

/// Ends the case; afterwards hyper has `idle` tasks, as many as without a tunnel.
pub async fn end(model: &mut Model, script: &Script, idle: usize) {
    match script.ending {
        Ending::Lingered if script.setup.timer == Timer::Tokio => {
            model.tunnels.iter_mut().for_each(Tunnel::drop_handle);
            sleep(PAST_THE_LINGER).await;
            assert_eq!(model.link.executor.live(), idle, "tasks after the linger");
            keep_reading(model);
            model.rest().await;
        }
        Ending::Delivered => {
            open_all(model).await;
            write_on(model).await;
            read_on(model).await;
            shut_down(model).await;
            model.tunnels.iter_mut().for_each(Tunnel::drop_handle);
            model.rest().await;
        }
        Ending::Dropped | Ending::Lingered => {
            model.tunnels.iter_mut().for_each(Tunnel::drop_handle);
            open_all(model).await;
        }
    }
    (0..model.tunnels.len()).for_each(|t| model.half_close(t));
    model.rest().await;
    assert_eq!(model.link.executor.live(), idle, "tasks at the end");
    for tunnel in &model.tunnels {
        check_end(tunnel);
    }
    let owed = model.owed();
    assert!(owed <= RECEIVE_WINDOW / 2, "{owed} bytes of window lost");
    serve_another(model).await;
}

fn check_end(tunnel: &Tunnel) {
    let is_whole = tunnel.end_seen && tunnel.arrived == tunnel.accepted;
    assert!(tunnel.is_reset() || is_whole, "nothing ended the stream");
    assert!(
        is_whole || !tunnel.denied_reset,
        "a call was Ok though its bytes are lost"
    );
}

/// Opens all windows, reads the socket, and expects everything to arrive and everybody to be woken.
async fn open_all(model: &mut Model) {
    keep_reading(model);
    model.grant_connection(8 * PLENTY);
    for t in 0..model.tunnels.len() {
        model.grant(t, PLENTY);
    }
    model.rest().await;
    // A window that SETTINGS took away may be deep below zero.
    model.set_initial_window(PLENTY);
    model.rest().await;
    for tunnel in model.tunnels.iter().filter(|tunnel| !tunnel.is_reset()) {
        assert_eq!(tunnel.arrived, tunnel.accepted, "not all arrived");
    }
    for tunnel in &model.tunnels {
        let asleep = tunnel.asleep();
        assert_eq!(asleep, None, "not woken when all windows opened");
    }
}

async fn write_on(model: &mut Model) {
    for t in 0..model.tunnels.len() {
        let tunnel = &model.tunnels[t];
        let before = tunnel.accepted;
        let is_open = tunnel.is_held() && !tunnel.is_reset() && tunnel.let_go.is_none();
        for call in [Call::Write(5), Call::Flush] {
            let polled = settle(model, t, call).await;
            assert!(polled.is_ready(), "{call:?} pends though all is open");
        }
        assert_eq!(model.tunnels[t].accepted > before, is_open);
    }
    model.rest().await;
}

/// Reads all that the peer sent.
async fn read_on(model: &mut Model) {
    let mut buf = [0; 4096];
    for t in 0..model.tunnels.len() {
        model.half_close(t);
        model.rest().await;
        let tunnel = &mut model.tunnels[t];
        assert!(!tunnel.is_reader_asleep(), "a reader was not woken");
        while tunnel.poll_read(&mut buf) {}
        assert!(!tunnel.is_reader_asleep(), "the end is not told");
        if tunnel.is_held() && !tunnel.is_reset() {
            assert!(tunnel.is_all_read(), "not all is read");
        }
    }
}

async fn shut_down(model: &mut Model) {
    for t in 0..model.tunnels.len() {
        let polled = settle(model, t, Call::Shutdown).await;
        assert!(polled.is_ready(), "a shutdown pends though all is open");
    }
}

/// Polls `call` until it is done, as often as it is woken.
async fn settle(model: &mut Model, t: usize, call: Call) -> Poll<()> {
    loop {
        if model.poll(t, call).is_ready() {
            return Poll::Ready(());
        }
        model.rest().await;
        if model.tunnels[t].asleep().is_some() {
            return Poll::Pending;
        }
    }
}

/// The connection lives: another tunnel carries bytes.
async fn serve_another(model: &mut Model) {
    model.grant_connection(PLENTY);
    let link = &mut model.link;
    let mut another = expect_soon("another tunnel", link.tunnel()).await;
    link.peer.grant(another.stream, 100).await;
    let written = expect_soon("a write", another.upgraded.write_all(b"served")).await;
    written.expect("open");
    let served = link.peer.expect_bytes(another.stream, 6).await;
    assert_eq!(served, "served");
}
