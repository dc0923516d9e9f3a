//! Contract 4.4, 5.5-7, 3.2-2: received bodies in the chunked coding, as in `h1_server`.

use crate::support::chunked_bodies::{cases, Case, Outcome};
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, ClientBuilder, Delivery};

async fn play(tune: fn(&mut ClientBuilder), how: Delivery, case: &Case) {
    let mut client = Client::tuned(tune);
    let response = client
        .answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let reading = Reading::start(response.expect("a response").into_body());
    if case.play(how, &mut client.peer, reading).await {
        client.assert_usable().await;
    } else {
        client.ended().await.expect("the body has the error");
        client.peer.expect_eof().await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_chunked_body_comes_to_its_end_good_or_bad() {
    for case in cases() {
        play(|_| {}, Delivery::Whole, &case).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_chunked_body_comes_to_its_end_when_dripped() {
    for case in cases() {
        play(|_| {}, Delivery::Dripped, &case).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_chunked_body_may_be_cut_anywhere() {
    let wire = "5;x=y\r\nhello\r\nB\r\n, world\r\n\r\n\r\n0\r\nx: y\r\nz: w\r\n\r\n";
    let trailers = vec!["x: y".into(), "z: w".into()];
    let case = Case {
        wire: wire.into(),
        outcome: Outcome::Complete("hello, world\r\n\r\n".into(), trailers),
    };
    for how in Delivery::all(wire.len()) {
        play(|_| {}, how, &case).await;
    }
}

// Contract 3.2-2.
#[tokio::test(start_paused = true)]
async fn max_headers_and_max_header_size_cap_trailers() {
    fn two(builder: &mut ClientBuilder) {
        builder.max_headers(2);
    }
    fn small(builder: &mut ClientBuilder) {
        builder.max_header_size(100);
    }
    fn generous(builder: &mut ClientBuilder) {
        builder.max_header_size(40_000);
    }
    let sized = |len: usize| format!("x: {}\r\n", "v".repeat(len));
    for (tune, trailers, fits) in [
        (
            two as fn(&mut ClientBuilder),
            "a: 1\r\nb: 2\r\n".into(),
            true,
        ),
        (two, "a: 1\r\nb: 2\r\nc: 3\r\n".into(), false),
        (small, sized(92), true),
        (small, sized(93), false),
        (generous, sized(30_000), true),
    ] {
        let fields = trailers.lines().map(str::to_owned).collect();
        let case = Case {
            wire: format!("0\r\n{trailers}\r\n"),
            outcome: match fits {
                true => Outcome::Complete("".into(), fields),
                false => Outcome::Malformed("".into()),
            },
        };
        for how in Delivery::EXTREMES {
            play(tune, how, &case).await;
        }
    }
}
