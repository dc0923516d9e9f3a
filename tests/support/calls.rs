//! A service that leaves every answer to the test.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::Service;
use tokio::sync::{mpsc, oneshot};

use crate::support::bodies::TestBody;
use crate::support::virtual_timer::expect_soon;

pub type BoxError = Box<dyn Error + Send + Sync>;
type Outcome = Result<Response<TestBody>, BoxError>;

/// One call of the service, not yet answered.
#[derive(Debug)]
pub struct Call {
    pub request: Request<Incoming>,
    pub answer: Answer,
}

impl Call {
    /// Drops the request and answers.
    pub fn respond(self, response: Response<TestBody>) {
        self.answer.respond(response);
    }

    /// The whole body of the request.
    pub async fn read(&mut self) -> Bytes {
        let body = expect_soon("the request's body", self.request.body_mut().collect()).await;
        body.expect("the body arrives whole").to_bytes()
    }
}

/// What the service's future waits for. Dropped, it makes the service fail.
#[derive(Debug)]
pub struct Answer(oneshot::Sender<Outcome>);

impl Answer {
    pub fn respond(self, response: Response<TestBody>) {
        let sent = self.0.send(Ok(response));
        assert!(sent.is_ok(), "the service's future waits for the answer");
    }

    /// Answers if the service's future still waits, and tells whether it did.
    pub fn try_respond(self, response: Response<TestBody>) -> bool {
        self.0.send(Ok(response)).is_ok()
    }

    pub fn fail(self, error: impl Into<BoxError>) {
        let sent = self.0.send(Err(error.into()));
        assert!(sent.is_ok(), "the service's future waits for the answer");
    }

    /// Whether the service's future has been dropped.
    pub fn is_abandoned(&self) -> bool {
        self.0.is_closed()
    }

    /// Resolves when the service's future has been dropped.
    pub async fn abandoned(&mut self) {
        expect_soon("the end of the service's future", self.0.closed()).await;
    }
}

/// Hands every request to the test as a [`Call`], and waits for the test's answer.
#[derive(Clone, Debug)]
pub struct HandingService(mpsc::UnboundedSender<Call>);

/// A [`HandingService`] and the calls it hands over.
pub fn handing_service() -> (HandingService, mpsc::UnboundedReceiver<Call>) {
    let (handed, calls) = mpsc::unbounded_channel();
    (HandingService(handed), calls)
}

impl Service<Request<Incoming>> for HandingService {
    type Response = Response<TestBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Outcome> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (answer, outcome) = oneshot::channel();
        // A test that has ended takes no more calls.
        let _ = self.0.send(Call {
            request,
            answer: Answer(answer),
        });
        Box::pin(async move {
            outcome
                .await
                .unwrap_or_else(|_| Err("the test gave no answer".into()))
        })
    }
}
