//! Servers that say more than they were asked for, so that the next caller gets an answer meant for nobody (response
//! splitting, response queue poisoning: RFC 9112, section 11.1). Contract 5.3, 5.4-4, 5.4-5, 5.5.

use http::{Method, Request};

use crate::asked::ask;
use crate::support::bodies::empty_body;
use crate::support::errors::kind;
use crate::support::heap::mark;
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Delivery};
use crate::support::virtual_timer::run_until_idle;

/// Complete responses of every kind of framing that leaves a connection usable.
const COMPLETE: [&str; 5] = [
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n",
];

/// What comes on top.
const SURPLUS: [&str; 6] = [
    "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "\r\n",
    "x",
    "\0",
];

// Contract 5.3-1: it is delivered to nobody, together with the response or behind it.
#[tokio::test(start_paused = true)]
async fn what_comes_on_top_of_a_response_ends_the_connection() {
    for response in COMPLETE {
        for surplus in SURPLUS {
            for at_once in [true, false] {
                println!("{response:?} {surplus:?} {at_once}");
                let mut client = Client::start();
                let exchange = client.get().await;
                let first = if at_once {
                    format!("{response}{surplus}")
                } else {
                    response.to_owned()
                };
                client.peer.deliver(Delivery::Whole, first).await;
                let response = exchange.response().await;
                let reading = Reading::of(response.into_body()).await;
                assert!(["", "ok"].contains(&&*reading.whole()));
                run_until_idle().await;
                if !at_once {
                    client.peer.deliver(Delivery::Whole, surplus).await;
                }
                assert!(!client.requests().is_ready());
                let error = client.ended().await.expect_err("unasked for");
                assert_eq!(kind(&error), "UnexpectedMessage");
                let next = client.send(Request::new(empty_body()));
                assert_eq!(kind(&next.failure().await), "Canceled");
            }
        }
    }
}

// Contract 5.3-1, 5.3-2: an answer that is there before its question.
#[tokio::test(start_paused = true)]
async fn an_answer_before_its_request_is_never_the_answer() {
    for how in Delivery::EXTREMES {
        let mut client = Client::start();
        run_until_idle().await;
        client.peer.deliver(how, COMPLETE[1]).await;
        let early = client.send(Request::new(empty_body()));
        assert_eq!(kind(&early.failure().await), "Canceled");
        assert_eq!(client.peer.settled_text().await, "", "it was not sent");
    }
}

// Contract 5.4-4: any number is passed over, at no cost in memory, and the last word is the response's.
#[tokio::test(start_paused = true)]
async fn informational_responses_without_end_cost_nothing_and_keep_nobody_waiting() {
    const UNIT: &str = "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n";
    let mut client = Client::start();
    let exchange = client.get().await;
    let flood = UNIT.repeat(1000);
    let mark = mark();
    for _ in 0..20 {
        client.peer.deliver(Delivery::Whole, &flood).await;
    }
    assert!(!exchange.is_finished());
    // The wire's own buffer, and hyper's for reading.
    assert!(mark.peak() <= 256 << 10, "{} bytes", mark.peak());
    client.peer.send(COMPLETE[1]).await;
    assert_eq!(exchange.response().await.status(), 200);
}

// Contract 5.4-4, 3.2-2: each has the limits of a head.
#[tokio::test(start_paused = true)]
async fn an_informational_response_is_no_way_around_the_limits() {
    let fields = "x: y\r\n".repeat(101);
    let huge = format!("x: {}\r\n", "y".repeat(500_000));
    for fields in [&fields, &huge] {
        let wire = format!("HTTP/1.1 103 Early Hints\r\n{fields}\r\n{}", COMPLETE[1]);
        let asked = ask(|_| {}, Method::GET, Delivery::Whole, wire).await;
        asked.assert_failed("Parse(TooLarge)");
    }
}

// Contract 5.4-5, 5.6-1: a switch of protocols nobody asked for leaves no connection behind that could be used for HTTP.
#[tokio::test(start_paused = true)]
async fn a_switch_nobody_asked_for_ends_http() {
    for method in [Method::GET, Method::POST, Method::HEAD] {
        for more in ["", COMPLETE[1]] {
            let wire = format!("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n{more}");
            let mut client = Client::start();
            let mut request = Request::new(empty_body());
            *request.method_mut() = method.clone();
            let exchange = client.send(request);
            client.peer.settled_text().await;
            client.peer.deliver(Delivery::Whole, wire).await;
            let response = exchange.response().await;
            assert_eq!(response.status(), 101);
            assert_eq!(Reading::of(response.into_body()).await.whole(), "");
            run_until_idle().await;
            assert!(!client.requests().is_ready());
        }
    }
}

// Contract 5.4-1: what begins like a response and is none.
#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_response_fail_the_request() {
    for wire in [
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 -10 OK\r\n\r\n",
        "HTTP/1.1 0x1 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1\t200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "<html></html>\r\n\r\n",
        "\0\0\x12\x04\0\0\0\0\0",
    ] {
        for how in Delivery::EXTREMES {
            println!("{wire:?} {how:?}");
            let asked = ask(|_| {}, Method::GET, how, wire).await;
            let error = asked.outcome.expect_err("no response");
            assert!(error.starts_with("Parse("), "{error}");
            assert!(!asked.kept);
        }
    }
}
