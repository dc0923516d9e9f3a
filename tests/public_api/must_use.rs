//! Contract 1.2-13: what must not be dropped unused. Each test is an expectation of the compiler's warning; without the warning it would not compile.

#![deny(unfulfilled_lint_expectations)]

use std::convert::Infallible;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::support::gate::wire;
use crate::support::tokio_rt::{TokioExecutor, TokioIo};
use crate::support::tunnels::{empty_body, TestBody};

type ClientConnection = hyper::client::conn::http2::Connection<
    TokioIo<crate::support::gate::WireEnd>,
    TestBody,
    TokioExecutor,
>;

// Contract 1.2-13.
#[tokio::test(start_paused = true)]
async fn a_client_connection_must_be_used() {
    fn only(pair: (impl Sized, ClientConnection)) -> ClientConnection {
        pair.1
    }
    let (near, far) = wire();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor, TokioIo::new(near));
    let pair = handshake.await.expect("the transport takes the preface");
    #[expect(unused_must_use)]
    {
        only(pair);
    }
    assert!(!far.incoming().is_ended() || far.incoming().taken() > 0);
}

// Contract 1.2-13.
#[tokio::test(start_paused = true)]
async fn a_server_connection_must_be_used() {
    let (near, far) = wire();
    let service = service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(empty_body()))
    });
    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor);
    #[expect(unused_must_use)]
    {
        builder.serve_connection(TokioIo::new(near), service);
    }
    assert!(far.incoming().is_ended());
}

// Contract 1.2-13.
#[test]
fn a_received_body_must_be_used() {
    fn body(response: Response<Incoming>) {
        #[expect(unused_must_use)]
        {
            response.into_body();
        }
    }
    let _: fn(Response<Incoming>) = body;
}
