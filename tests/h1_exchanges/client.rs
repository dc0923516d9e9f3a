//! hyper as the client.

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::Builder;
use hyper::Request;
use tokio::io::{split, AsyncReadExt, AsyncWriteExt};

use super::message::{send, write, Messages};
use super::script::{Script, Usage};
use super::server::body;
use super::support::gate::wire;
use super::support::tokio_rt::TokioIo;
use super::support::virtual_timer::expect_soon;

/// Sends the requests one after the other, and holds them and the responses to the script. A response that is not read to
/// its end may cost the connection; then that was all.
pub async fn play(script: &Script) {
    let (near, far) = wire();
    far.outgoing().set_buffer(script.transport.buffer);
    far.incoming().set_buffer(script.transport.buffer);
    let mut builder = Builder::new();
    if let Some(writev) = script.transport.writev {
        builder.writev(writev);
    }
    let (mut requests, connection) = builder
        .handshake(TokioIo::new(near))
        .await
        .expect("a handshake never fails");
    let connection = tokio::spawn(connection);
    let peer = tokio::spawn(answer(far, script.clone()));

    for (number, exchange) in script.exchanges.iter().enumerate() {
        if expect_soon("a turn", requests.ready()).await.is_err() {
            let before = script.exchanges[number - 1].usage;
            assert!(matches!(before, Usage::Drop | Usage::ReadOneFrame));
            break;
        }
        let request = Request::post("/").header("x-n", number);
        let request = request.body(body(&exchange.request)).expect("a request");
        let response = requests.send_request(request);
        let response = expect_soon("a response", response).await;
        let response = response.expect("the request succeeds");
        assert_eq!(response.headers()["x-n"], *number.to_string());
        use_body(
            response.into_body(),
            exchange.usage,
            &exchange.response.data(),
        )
        .await;
    }
    drop(requests);
    let ended = expect_soon("the connection's end", connection).await;
    ended.expect("no panic").expect("the connection ends well");
    expect_soon("the peer's end", peer).await.expect("no panic");
}

async fn use_body(mut incoming: Incoming, usage: Usage, sent: &[u8]) {
    match usage {
        Usage::ReadAll | Usage::ReadLater => {
            let read = expect_soon("the response's body", incoming.collect()).await;
            let read = read.expect("the body is well").to_bytes();
            assert!(read == sent, "the body of the response");
        }
        Usage::ReadOneFrame => {
            let frame = expect_soon("a frame", incoming.frame()).await;
            let data = frame.and_then(|frame| frame.expect("the body is well").into_data().ok());
            assert!(sent.starts_with(&data.unwrap_or_default()));
        }
        Usage::Drop => {}
    }
}

/// The server: holds each request to the script, and answers it.
async fn answer(io: super::support::gate::WireEnd, script: Script) {
    let (reader, mut writer) = split(io);
    let mut messages = Messages::new(reader);
    for (number, exchange) in script.exchanges.iter().enumerate() {
        let Some(head) = messages.head().await else {
            return;
        };
        assert_eq!(head.start_line, "POST / HTTP/1.1");
        assert_eq!(head.get("x-n"), Some(&*number.to_string()));
        let data = messages.body(&head).await;
        assert!(
            data == exchange.request.data(),
            "the body of request {number}"
        );
        let bytes = write("HTTP/1.1 200 OK", number, &exchange.response, false);
        send(&mut writer, &bytes, &script).await;
    }
    assert!(messages.head().await.is_none(), "no request too many");
}

/// Answers a request with bytes that need not make sense, then the end.
pub async fn survive(noise: &[Vec<u8>]) {
    let (near, far) = wire();
    let (mut requests, connection) = Builder::new()
        .http09_responses(noise.len() % 2 == 1)
        .handshake(TokioIo::new(near))
        .await
        .expect("a handshake never fails");
    let connection = tokio::spawn(connection.with_upgrades());
    let user = tokio::spawn(async move {
        while requests.ready().await.is_ok() {
            let request = Request::new(Empty::<Bytes>::new());
            if let Ok(response) = requests.send_request(request).await {
                let _ = response.into_body().collect().await;
            }
        }
    });
    let (mut reader, mut writer) = split(far);
    for piece in noise {
        let mut sent = [0; 4096];
        // A request, most of the time, or the end.
        tokio::select! {
            biased;
            _ = reader.read(&mut sent) => {}
            () = tokio::task::yield_now() => {}
        }
        if writer.write_all(piece).await.is_err() {
            break;
        }
    }
    let _ = writer.shutdown().await;
    let mut rest = Vec::new();
    let _ = expect_soon("the client's end", reader.read_to_end(&mut rest)).await;
    let ended = expect_soon("the connection's end", connection).await;
    let _ = ended.expect("no panic");
    expect_soon("the user's end", user).await.expect("no panic");
}
