//! A proxy on hyper, as one would write it. Compiled for each hyper that is measured: `subject` is
//! the crate.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Empty;
use tokio::net::TcpStream;

use super::subject::body::Incoming;
use super::subject::server::conn::http2;
use super::subject::service::service_fn;
use super::subject::upgrade;
use super::subject::{Error, Result};
use crate::load::Load;
use crate::proxy::relay::{relay, ByteStream};
use crate::proxy::{CONNECTION_WINDOW, SEND_BUFFER, STREAM_WINDOW};

#[path = "../../support/tokio_rt.rs"]
mod tokio_rt;
use self::tokio_rt::{TokioExecutor, TokioIo, TokioTimer};

pub async fn serve(client: TcpStream, load: Load) -> Result<()> {
    http2::Builder::new(TokioExecutor)
        .timer(TokioTimer)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_concurrent_streams(200)
        .serve_connection(
            TokioIo(client),
            service_fn(move |request| connect(request, load)),
        )
        .await
}

async fn connect(mut request: Request<Incoming>, load: Load) -> Result<Response<Empty<Bytes>>> {
    let origin = request
        .uri()
        .authority()
        .filter(|_| request.method() == Method::CONNECT)
        .and_then(|authority| authority.as_str().parse().ok());
    let mut response = Response::new(Empty::new());
    let Some(origin) = origin else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let upgrade = upgrade::on(&mut request);
    tokio::spawn(async move {
        let tunnel = TokioIo(upgrade.await?);
        // How a relay ends is seen by its client.
        let _ = relay(ByteStream(tunnel), origin, load).await;
        Ok::<(), Error>(())
    });
    Ok(response)
}
