//! hyper as the server.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::{split, AsyncReadExt, AsyncWriteExt};

use super::message::{send, write, Messages};
use super::script::{Content, Framing, Script, Usage};
use super::support::bodies::{test_body, Frames, TestBody};
use super::support::gate::wire;
use super::support::tokio_rt::TokioIo;
use super::support::virtual_timer::{expect_soon, run_until_idle};

pub fn body(content: &Content) -> TestBody {
    let pieces = content.pieces.iter().cloned().map(Bytes::from);
    match content.framing {
        Framing::Length => test_body(Full::new(Bytes::from(content.data()))),
        Framing::Chunked => test_body(Frames::of(pieces)),
    }
}

/// What the service has read, by the number of the request.
type Log = Arc<Mutex<Vec<(usize, Vec<u8>)>>>;

async fn serve(
    request: Request<Incoming>,
    script: Script,
    log: Log,
) -> Result<Response<TestBody>, Infallible> {
    let number = request.headers()["x-n"].to_str().expect("a number");
    let number: usize = number.parse().expect("a number");
    let exchange = &script.exchanges[number];
    let mut incoming = request.into_body();
    let note = move |data: Vec<u8>| log.lock().expect("not poisoned").push((number, data));
    match exchange.usage {
        Usage::ReadAll => note(read(incoming).await),
        Usage::Drop => note(Vec::new()),
        Usage::ReadOneFrame => {
            let frame = incoming.frame().await;
            let data = frame.map(|frame| frame.expect("the body is well"));
            let data = data.and_then(|frame| frame.into_data().ok());
            note(data.map(Vec::from).unwrap_or_default());
        }
        Usage::ReadLater => drop(tokio::spawn(async move { note(read(incoming).await) })),
    }
    let response = Response::builder().header("x-n", number);
    Ok(response.body(body(&exchange.response)).expect("a response"))
}

async fn read(body: Incoming) -> Vec<u8> {
    let body = body.collect().await.expect("the body is well");
    body.to_bytes().to_vec()
}

/// Sends all requests in one go, and holds the answers and what the service saw to the script.
pub async fn play(script: &Script) {
    let (far, near) = wire();
    far.outgoing().set_buffer(script.transport.buffer);
    far.incoming().set_buffer(script.transport.buffer);
    let log = Log::default();
    let service = {
        let (script, log) = (script.clone(), log.clone());
        service_fn(move |request| serve(request, script.clone(), log.clone()))
    };
    let mut builder = Builder::new();
    builder.pipeline_flush(script.transport.pipeline_flush);
    if let Some(writev) = script.transport.writev {
        builder.writev(writev);
    }
    let connection = tokio::spawn(builder.serve_connection(TokioIo::new(near), service));

    let (reader, mut writer) = split(far);
    let sending = {
        let script = script.clone();
        tokio::spawn(async move {
            let last = script.exchanges.len() - 1;
            let mut bytes = Vec::new();
            for (number, exchange) in script.exchanges.iter().enumerate() {
                let start = "POST / HTTP/1.1";
                bytes.extend(write(start, number, &exchange.request, number == last));
            }
            send(&mut writer, &bytes, &script).await;
            // Its direction stays open: the server is the one to close.
            writer
        })
    };

    let mut messages = Messages::new(reader);
    let receiving = async {
        for (number, exchange) in script.exchanges.iter().enumerate() {
            let head = messages.head().await.expect("every request is answered");
            assert_eq!(head.status(), 200);
            assert_eq!(head.get("x-n"), Some(&*number.to_string()));
            let data = messages.body(&head).await;
            assert!(
                data == exchange.response.data(),
                "the body of answer {number}"
            );
        }
        assert!(messages.head().await.is_none(), "no answer too many");
    };
    expect_soon("all answers", receiving).await;
    let ended = expect_soon("the connection's end", connection).await;
    ended.expect("no panic").expect("the connection ends well");
    expect_soon("the peer's end", sending)
        .await
        .expect("no panic");
    // What the connection has handed over may still be in the hands of its readers.
    run_until_idle().await;
    check(script, &log.lock().expect("not poisoned"));
}

fn check(script: &Script, log: &[(usize, Vec<u8>)]) {
    let mut numbers: Vec<usize> = log.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    let all: Vec<usize> = (0..script.exchanges.len()).collect();
    assert_eq!(numbers, all, "each request is served once");
    for (number, seen) in log {
        let exchange = &script.exchanges[*number];
        let sent = exchange.request.data();
        match exchange.usage {
            Usage::ReadAll | Usage::ReadLater => assert!(*seen == sent, "the body of {number}"),
            Usage::Drop | Usage::ReadOneFrame => assert!(sent.starts_with(seen)),
        }
    }
}

/// Sends bytes that need not make sense, then the end.
pub async fn survive(noise: &[Vec<u8>]) {
    let (far, near) = wire();
    let service = service_fn(|request: Request<Incoming>| async move {
        let _ = request.into_body().collect().await;
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"answer"))))
    });
    let connection = Builder::new().serve_connection(TokioIo::new(near), service);
    let connection = tokio::spawn(connection.with_upgrades());
    let (mut reader, mut writer) = split(far);
    for piece in noise {
        if writer.write_all(piece).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let _ = writer.shutdown().await;
    let mut answers = Vec::new();
    let _ = expect_soon("the server's end", reader.read_to_end(&mut answers)).await;
    let _ = expect_soon("the connection's end", connection)
        .await
        .expect("no panic");
}
