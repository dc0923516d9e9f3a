//! A request of hyper's, and the bytes a server answers with.

use http::{Method, Request, StatusCode};

use crate::support::bodies::empty_body;
use crate::support::errors::kind;
use crate::support::reading::{lines, Reading};
use crate::support::scripted_h1::{Client, ClientBuilder, Delivery};
use crate::support::virtual_timer::run_until_idle;

/// What came of a request.
#[derive(Debug)]
pub struct Asked {
    /// The response, or the kind of the error the request failed with.
    pub outcome: Result<Answer, String>,
    /// Whether the connection takes another request.
    pub kept: bool,
}

/// A response, read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub fields: Vec<String>,
    pub data: String,
    /// The kind of the error in place of the body's end.
    pub broken: Option<String>,
}

/// Sends a request, has the server answer with `bytes`, and close if hyper waits for more.
pub async fn ask(
    tune: impl FnOnce(&mut ClientBuilder),
    method: Method,
    how: Delivery,
    bytes: impl AsRef<[u8]>,
) -> Asked {
    let mut client = Client::tuned(tune);
    client.peer.to_hyper().set_buffer(usize::MAX);
    let mut request = Request::new(empty_body());
    if method == Method::CONNECT {
        *request.uri_mut() = "a.example:443".parse().expect("an authority");
    }
    *request.method_mut() = method;
    let exchange = client.send(request);
    client.peer.settled_text().await;
    client.peer.deliver(how, bytes).await;
    // A body is to be read before the connection can say whether it lives.
    let reading = tokio::spawn(async {
        let response = exchange.outcome().await.map_err(|error| kind(&error))?;
        let (head, body) = response.into_parts();
        let reading = Reading::of(body).await;
        Ok(Answer {
            status: head.status,
            fields: lines(&head.headers),
            data: reading.text(),
            broken: reading.error.as_ref().map(kind),
        })
    });
    run_until_idle().await;
    let kept = client.requests().is_ready();
    if !kept && !client.has_ended() {
        client.peer.eof().await;
    }
    run_until_idle().await;
    assert!(kept || client.has_ended(), "the connection is over");
    let outcome = reading.await.expect("reading does not panic");
    Asked { outcome, kept }
}

impl Asked {
    pub fn answer(self) -> Answer {
        self.outcome.expect("a response")
    }

    /// The request failed with an error of this kind, and the connection with it.
    pub fn assert_failed(self, expected: &str) {
        assert_eq!(self.outcome, Err(expected.to_owned()));
        assert!(!self.kept);
    }
}
