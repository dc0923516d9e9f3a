//! Contract 5.4-4, 1.4-7: responses before the response.

use std::sync::{Arc, Mutex};

use hyper::ext::on_informational;

use crate::messages::{get, request};
use crate::support::bodies::empty_body;
use crate::support::reading::lines;
use crate::support::scripted_h1::{Client, Delivery};

const FINAL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const INTERIM: &str = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nx: y\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\nlink: b\r\n\r\n";

// Contract 5.4-4.
#[tokio::test(start_paused = true)]
async fn informational_responses_are_passed_over() {
    for how in Delivery::EXTREMES {
        for interim in [
            "HTTP/1.1 100 Continue\r\n\r\n",
            INTERIM,
            "HTTP/1.1 199 Odd\r\n\r\n",
        ] {
            let mut client = Client::start();
            let exchange = client.get().await;
            client.peer.deliver(how, format!("{interim}{FINAL}")).await;
            assert_eq!(exchange.response().await.status(), 200);
            client.assert_usable().await;
        }
    }
}

// Contract 5.4-4: however many.
#[tokio::test(start_paused = true)]
async fn any_number_of_informational_responses_is_passed_over() {
    let mut client = Client::start();
    let exchange = client.get().await;
    let many = "HTTP/1.1 102 Processing\r\n\r\n".repeat(1_000);
    client.peer.send(many + FINAL).await;
    assert_eq!(exchange.response().await.status(), 200);
    client.assert_usable().await;
}

// Contract 5.4-4: wherever a read ends.
#[tokio::test(start_paused = true)]
async fn informational_responses_may_be_cut_anywhere() {
    let bytes = format!("HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n{FINAL}");
    for how in Delivery::all(bytes.len()) {
        let mut client = Client::start();
        let exchange = client.get().await;
        client.peer.deliver(how, &bytes).await;
        assert_eq!(exchange.response().await.status(), 200);
    }
}

// Contract 5.4-4: framing fields of an informational response frame nothing.
#[tokio::test(start_paused = true)]
async fn an_informational_response_has_no_body() {
    let mut client = Client::start();
    let exchange = client.get().await;
    let interim = "HTTP/1.1 103 Early Hints\r\ncontent-length: 5\r\n\r\n";
    client.peer.send(format!("{interim}{FINAL}")).await;
    assert_eq!(exchange.response().await.status(), 200);
    client.assert_usable().await;
}

// Contract 5.4-4, 1.4-7.
#[tokio::test(start_paused = true)]
async fn the_callback_sees_each_of_them_in_order() {
    for how in Delivery::EXTREMES {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        let mut request = get();
        on_informational(&mut request, move |response| {
            let line = format!(
                "{:?} {} {:?}",
                response.version(),
                response.status().as_u16(),
                lines(response.headers())
            );
            log.lock().expect("no panic").push(line);
        });
        let mut client = Client::start();
        let exchange = client.send(request);
        client.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
        client.peer.deliver(how, INTERIM).await;
        assert_eq!(
            *seen.lock().expect("no panic"),
            [
                "HTTP/1.1 100 []",
                "HTTP/1.1 102 [\"x: y\"]",
                "HTTP/1.1 103 [\"link: a\", \"link: b\"]"
            ]
        );
        assert!(!exchange.is_finished());
        client.peer.deliver(how, FINAL).await;
        assert_eq!(exchange.response().await.status(), 200);
        assert_eq!(seen.lock().expect("no panic").len(), 3);
        // Contract 5.4-4: the callback is gone.
        assert_eq!(Arc::strong_count(&seen), 1);
    }
}

// Contract 5.4-4: it belongs to its request.
#[tokio::test(start_paused = true)]
async fn the_callback_of_one_request_does_not_see_those_of_the_next() {
    let seen = Arc::new(Mutex::new(0));
    let count = seen.clone();
    let mut request = get();
    on_informational(&mut request, move |_| {
        *count.lock().expect("no panic") += 1;
    });
    let mut client = Client::start();
    let exchange = client.send(request);
    client.peer.settled_text().await;
    client.peer.send(FINAL).await;
    exchange.response().await;
    crate::support::virtual_timer::run_until_idle().await;
    let exchange = client.get().await;
    client.peer.send(format!("{INTERIM}{FINAL}")).await;
    exchange.response().await;
    assert_eq!(*seen.lock().expect("no panic"), 0);
}

// Contract 1.4-7.
#[tokio::test(start_paused = true)]
async fn the_last_callback_holds() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut request = request(http::Method::GET, empty_body());
    for name in ["first", "second"] {
        let log = seen.clone();
        on_informational(&mut request, move |_| {
            log.lock().expect("no panic").push(name);
        });
    }
    let mut client = Client::start();
    let exchange = client.send(request);
    client.peer.settled_text().await;
    client
        .peer
        .send(format!("HTTP/1.1 103 Early Hints\r\n\r\n{FINAL}"))
        .await;
    exchange.response().await;
    assert_eq!(*seen.lock().expect("no panic"), ["second"]);
}

// Contract 5.4-4, 1.4-4: a clone of the extensions keeps it.
#[tokio::test(start_paused = true)]
async fn a_callback_survives_the_cloning_of_its_extensions() {
    let seen = Arc::new(Mutex::new(0));
    let count = seen.clone();
    let mut original = get();
    on_informational(&mut original, move |_| {
        *count.lock().expect("no panic") += 1;
    });
    let mut copy = get();
    *copy.extensions_mut() = original.extensions().clone();
    let mut client = Client::start();
    let exchange = client.send(copy);
    client.peer.settled_text().await;
    client
        .peer
        .send(format!("HTTP/1.1 103 Early Hints\r\n\r\n{FINAL}"))
        .await;
    exchange.response().await;
    assert_eq!(*seen.lock().expect("no panic"), 1);
}
