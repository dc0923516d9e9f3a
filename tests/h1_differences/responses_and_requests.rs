//! Where hyper 1.12.0 forgets to say that a connection is free, or takes a tunnel for a message.

use http::{Method, Request};
use tokio::io::AsyncReadExt;

use crate::support::bodies::{empty_body, test_body};
use crate::support::scripted_h1::{Client, Delivery};
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

// Contract 5.2-2: a request whose last bytes leave after the response frees the connection all the same.
#[tokio::test(start_paused = true)]
async fn it_is_ready_again_when_the_request_is_flushed() {
    let mut client = Client::start();
    client.peer.from_hyper().set_buffer(20);
    let body = http_body_util::Full::<bytes::Bytes>::from("a body that does not fit");
    let request = Request::post("/").body(test_body(body));
    let exchange = client.send(request.expect("the parts are valid"));
    run_until_idle().await;
    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    exchange.response().await;
    run_until_idle().await;
    assert!(!client.requests().is_ready());
    client.peer.from_hyper().set_buffer(1_000);
    client.peer.settled_text().await;
    client.assert_usable().await;
}

// RFC 9110, section 9.3.6: any 2xx, this one too.
#[tokio::test(start_paused = true)]
async fn a_204_to_connect_opens_a_tunnel() {
    for how in Delivery::EXTREMES {
        let mut client = Client::upgradeable();
        let request = Request::builder()
            .method(Method::CONNECT)
            .uri("a.example:443")
            .body(empty_body());
        let exchange = client.send(request.expect("the parts are valid"));
        client.peer.settled_text().await;
        client
            .peer
            .deliver(how, "HTTP/1.1 204 No Content\r\n\r\nearly")
            .await;
        let on_upgrade = hyper::upgrade::on(exchange.response().await);
        let upgraded = expect_soon("the upgrade", on_upgrade).await;
        let mut read = [0; 5];
        let mut io = TokioIo::new(upgraded.expect("a tunnel"));
        io.read_exact(&mut read).await.expect("read");
        assert_eq!(&read, b"early");
    }
}
