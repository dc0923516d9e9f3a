//! The `h2` crate used directly, with the care that its documentation asks for: data is handed over
//! only as capacity is granted, so that a stream holds no more than its send buffer, and window is
//! returned when bytes have been passed on.

use std::future::poll_fn;
use std::io;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{Method, Request, Response, StatusCode};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::load::Load;
use crate::proxy::relay::{relay, Tunnel};
use crate::proxy::{CONNECTION_WINDOW, SEND_BUFFER, STREAM_WINDOW};

pub async fn serve(client: TcpStream, load: Load) -> Result<(), h2::Error> {
    let mut connection = h2::server::Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER)
        .max_concurrent_streams(200)
        .handshake::<_, Bytes>(client)
        .await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        tokio::spawn(connect(request, respond, load));
    }
    Ok(())
}

async fn connect(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    load: Load,
) -> io::Result<()> {
    let origin = request
        .uri()
        .authority()
        .filter(|_| request.method() == Method::CONNECT)
        .and_then(|authority| authority.as_str().parse().ok());
    let mut response = Response::new(());
    let Some(origin) = origin else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        respond
            .send_response(response, true)
            .map_err(io::Error::other)?;
        return Ok(());
    };
    let send = respond
        .send_response(response, false)
        .map_err(io::Error::other)?;
    let recv = request.into_body();
    relay(Streams { send, recv }, origin, load).await
}

struct Streams {
    send: SendStream<Bytes>,
    recv: RecvStream,
}

impl Streams {
    /// What the client has sent next; its window has to be returned.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        self.recv.data().await.transpose().map_err(io::Error::other)
    }

    fn return_window(&mut self, bytes: usize) -> io::Result<()> {
        self.recv
            .flow_control()
            .release_capacity(bytes)
            .map_err(io::Error::other)
    }
}

impl Tunnel for Streams {
    async fn send(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut rest = piece;
        while !rest.is_empty() {
            self.send.reserve_capacity(rest.len());
            let mut granted = self.send.capacity();
            if granted == 0 {
                granted = poll_fn(|cx| self.send.poll_capacity(cx))
                    .await
                    .ok_or(io::ErrorKind::BrokenPipe)?
                    .map_err(io::Error::other)?;
            }
            let (now, later) = rest.split_at(granted.min(rest.len()));
            if !now.is_empty() {
                self.send
                    .send_data(Bytes::copy_from_slice(now), false)
                    .map_err(io::Error::other)?;
            }
            rest = later;
        }
        Ok(())
    }

    async fn pass_on(&mut self, origin: &mut TcpStream, _: &mut [u8]) -> io::Result<bool> {
        let Some(data) = self.next().await? else {
            return Ok(false);
        };
        origin.write_all(&data).await?;
        self.return_window(data.len())?;
        Ok(true)
    }

    async fn echo(&mut self, _: &mut [u8]) -> io::Result<bool> {
        let Some(data) = self.next().await? else {
            return Ok(false);
        };
        self.send(&data).await?;
        self.return_window(data.len())?;
        Ok(true)
    }
}
