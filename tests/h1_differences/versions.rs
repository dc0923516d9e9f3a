//! ODD 14: a message of a version that HTTP/1 cannot write is written in the nearest that it can (RFC 9110, section 6.2), as
//! one of HTTP/2 always was. So a proxy may pass on what came over HTTP/3, and nothing panics.

use http::{Request, Version};

use crate::support::bodies::empty_body;
use crate::support::responses::text;
use crate::support::scripted_h1::{Client, Server};

const NEAREST: [(Version, &str); 3] = [
    (Version::HTTP_2, "HTTP/1.1"),
    (Version::HTTP_3, "HTTP/1.1"),
    (Version::HTTP_09, "HTTP/1.0"),
];

// ODD 14.
#[tokio::test(start_paused = true)]
async fn a_response_of_a_foreign_version_is_written_in_the_nearest() {
    for (version, written) in NEAREST {
        let mut server = Server::start();
        let mut response = text("hello");
        *response.version_mut() = version;
        let call = server.get().await;
        call.respond(response);
        let head = server.peer.expect_head().await;
        assert_eq!(head.start_line, format!("{written} 200 OK"));
        server.peer.expect_text("hello").await;
        server.assert_usable().await;
    }
}

// ODD 14.
#[tokio::test(start_paused = true)]
async fn a_request_of_a_foreign_version_is_written_in_the_nearest() {
    for (version, written) in NEAREST {
        let mut client = Client::start();
        let mut request = Request::new(empty_body());
        *request.version_mut() = version;
        let exchange = client.send(request);
        let text = format!("GET / {written}\r\n\r\n");
        client.peer.expect_text(&text).await;
        client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(exchange.response().await.status(), 204);
    }
}
