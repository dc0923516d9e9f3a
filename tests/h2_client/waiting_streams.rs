//! Contract 6.3-2, 6.3-9, 6.3-11: the one request that h2 holds until the peer allows another stream. It counts as begun, and
//! so fails as its connection does.

use std::io::ErrorKind;
use std::time::Duration;

use h2::Reason;
use hyper::client::conn::TrySendError;
use hyper::Request;

use crate::client::{failure, full, get, held, kind, link_with, post, slots, RawLink};
use crate::support::tunnels::TestBody;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

type Refused = TrySendError<Request<TestBody>>;

/// Fills the only slot, has one request wait for it, and returns how both fail once `lose` has lost the connection.
async fn failures_of(
    waiting: Request<TestBody>,
    lose: impl AsyncFnOnce(&mut RawLink),
) -> (Refused, Refused) {
    let mut options = slots(1);
    options.tune_client = |builder| {
        builder.keep_alive_interval(Duration::from_secs(10));
    };
    let mut link = link_with(&options).await;
    let in_flight = link.hyper.requests().try_send_request(get());
    link.peer.expect_request().await;
    let waiting = link.hyper.requests().try_send_request(waiting);
    run_until_idle().await;
    lose(&mut link).await;
    let failures = (failure(in_flight).await, failure(waiting).await);
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
    failures
}

/// It may have been given back as not begun; otherwise the reason is that of its connection.
fn assert_fails_alike(in_flight: &Refused, waiting: &Refused) {
    if waiting.error().is_canceled() {
        assert!(waiting.message().is_some());
        return;
    }
    assert!(waiting.message().is_none());
    assert_eq!(kind(waiting.error()), kind(in_flight.error()));
    let timeouts = [waiting.error(), in_flight.error()].map(hyper::Error::is_timeout);
    assert_eq!(timeouts[0], timeouts[1]);
}

// Contract 6.3-9.
#[tokio::test(start_paused = true)]
async fn a_lost_transport_fails_a_waiting_request_as_it_fails_the_others() {
    for waiting in [get(), post(full("body"))] {
        let (in_flight, waiting) = failures_of(waiting, async |link: &mut RawLink| {
            link.to_hyper.fail_reads(ErrorKind::ConnectionReset);
        })
        .await;
        assert_eq!(kind(in_flight.error()), "Io");
        assert_fails_alike(&in_flight, &waiting);
    }
}

// Contract 6.3-9, 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_goodbye_with_an_error_fails_a_waiting_request_as_it_fails_the_others() {
    for waiting in [get(), post(full("body"))] {
        let (in_flight, waiting) = failures_of(waiting, async |link: &mut RawLink| {
            link.peer.goaway(0, Reason::ENHANCE_YOUR_CALM).await;
        })
        .await;
        assert_eq!(kind(in_flight.error()), "Http2");
        assert_fails_alike(&in_flight, &waiting);
    }
}

// Contract 6.5-3.
#[tokio::test(start_paused = true)]
async fn a_keep_alive_timeout_fails_a_waiting_request_as_it_fails_the_others() {
    for waiting in [get(), post(full("body"))] {
        let (in_flight, waiting) = failures_of(waiting, async |link: &mut RawLink| {
            link.peer.answer_pings(false);
        })
        .await;
        assert!(in_flight.error().is_timeout());
        assert_fails_alike(&in_flight, &waiting);
    }
}

// Contract 6.3-3: a connection that is over answers everybody, even while its future is kept.
#[tokio::test(start_paused = true)]
async fn a_waiting_request_is_answered_though_the_finished_connection_is_kept() {
    let (mut client, mut peer) = held(&slots(1).peer).await;
    let in_flight = client.requests.try_send_request(get());
    let waiting = client.requests.try_send_request(get());
    let queued = client.requests.try_send_request(get());
    let connection = &mut client.connection;
    let started = async {
        tokio::select! {
            _ = &mut *connection => panic!("nothing ended the connection"),
            request = peer.expect_request() => request,
        }
    };
    let _ = started.await;
    peer.goaway(0, Reason::ENHANCE_YOUR_CALM).await;
    let ended = expect_soon("the end of the connection", connection).await;
    assert_eq!(kind(&ended.expect_err("an error code")), "Http2");
    let in_flight = failure(in_flight).await;
    let waiting = failure(waiting).await;
    assert_fails_alike(&in_flight, &waiting);
    assert!(failure(queued).await.message().is_some());
}
