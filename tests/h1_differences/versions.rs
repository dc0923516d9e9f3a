//! ODD 14: a version HTTP/1 cannot write is the user's error, not a panic.

use http::{Request, Version};

use crate::support::bodies::empty_body;
use crate::support::responses::text;
use crate::support::scripted_h1::{Client, Server};

const FOREIGN: [Version; 2] = [Version::HTTP_09, Version::HTTP_3];

// ODD 14.
#[tokio::test(start_paused = true)]
async fn a_response_of_a_foreign_version_is_the_services_fault() {
    for version in FOREIGN {
        let mut server = Server::start();
        let mut response = text("hello");
        *response.version_mut() = version;
        let said = server.answer("GET / HTTP/1.1\r\n\r\n", response).await;
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 500 "),
            "{said}"
        );
        assert!(server.peer.has_ended());
        let error = server.hyper.ended().await.expect_err("the service's fault");
        assert!(error.is_user(), "{error:?}");
    }
}

// ODD 14.
#[tokio::test(start_paused = true)]
async fn a_request_of_a_foreign_version_is_the_callers_fault() {
    for version in FOREIGN {
        let mut client = Client::start();
        let mut request = Request::new(empty_body());
        *request.version_mut() = version;
        let error = client.send(request).failure().await;
        assert!(error.is_user(), "{error:?}");
        assert_eq!(client.peer.settled_text().await, "");
        client.close();
        client
            .ended()
            .await
            .expect("no failure of the connection's");
    }
}
