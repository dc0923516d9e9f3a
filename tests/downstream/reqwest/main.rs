//! reqwest: a client on hyper-util's pool, with redirects, timeouts, proxies and retries of its own.
//!
//! Contract 9-7, and 9-1 by way of hyper-util.

mod answers;
mod failures;
mod proxies;
mod streams;
mod timeouts;

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode, Version};
use hyper_downstream::tls::{Identity, H1, H2};
use hyper_downstream::{empty, Body, BoxError};
use reqwest::{Client, ClientBuilder};

/// Long enough for an answer that is on its way, short enough to wait for one that is not.
const SHORT: Duration = Duration::from_millis(200);

fn builder(identity: &Identity) -> ClientBuilder {
    let mut tls = identity.client();
    tls.alpn_protocols = vec![H2.to_vec(), H1.to_vec()];
    Client::builder().no_proxy().tls_backend_preconfigured(tls)
}

fn client() -> ClientBuilder {
    builder(&Identity::new())
}

fn by(protocol: Version) -> Client {
    let builder = match protocol {
        Version::HTTP_2 => client().http2_prior_knowledge(),
        _ => client().http1_only(),
    };
    builder.build().expect("a client")
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}

async fn echo(request: Request<Incoming>) -> Response<Body> {
    Response::new(request.into_body().map_err(BoxError::from).boxed())
}
