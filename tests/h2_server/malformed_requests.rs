//! Contract 6.1-1: a request that is wrong costs its own stream, and frames that are wrong cost the connection; the service
//! sees neither, and nothing panics.

use bytes::Bytes;
use h2::Reason;

use crate::messages::{connect_head, head, kind, reason};
use crate::server::{server, tuned, Server};
use crate::support::scripted_h2::{encode, Frame};

type Head<'a> = Vec<(&'a str, &'a str)>;

fn without<'a>(name: &str, mut fields: Head<'a>) -> Head<'a> {
    fields.retain(|(known, _)| *known != name);
    fields
}

fn with<'a>(name: &'a str, value: &'a str, mut fields: Head<'a>) -> Head<'a> {
    fields.push((name, value));
    fields
}

fn but<'a>(name: &'a str, value: &'a str, fields: Head<'a>) -> Head<'a> {
    let mut fields = without(name, fields);
    fields.insert(0, (name, value));
    fields
}

/// Sends each head on a stream of its own, and expects it to be reset before the service hears of it.
async fn assert_resets(server: &mut Server, heads: Vec<Head<'_>>) {
    let mut stream = 1;
    for fields in heads {
        server.peer.send_last_headers(stream, &fields).await;
        let frames = server.peer.settled_frames().await;
        let reset = Frame::Reset {
            stream,
            code: Reason::PROTOCOL_ERROR,
        };
        assert_eq!(frames, [reset], "{fields:?}");
        assert!(!server.hyper.has_calls(), "{fields:?}");
        stream += 2;
    }
    assert!(!server.hyper.has_ended());
    server.assert_usable(stream).await;
}

// Contract 6.1-1 (RFC 9113, sections 8.2 and 8.3).
#[tokio::test(start_paused = true)]
async fn a_malformed_head_resets_its_stream_only() {
    let get = || head("GET", &[]);
    let mut late = get();
    late.insert(0, ("a", "1"));
    let heads = vec![
        without(":method", get()),
        without(":scheme", get()),
        without(":path", get()),
        but(":path", "", get()),
        but(":path", "no slash", get()),
        but(":authority", "not an authority", get()),
        with(":status", "200", get()),
        with(":path", "/again", get()),
        with("connection", "close", get()),
        with("keep-alive", "timeout=5", get()),
        with("proxy-connection", "close", get()),
        with("transfer-encoding", "chunked", get()),
        with("upgrade", "websocket", get()),
        with("te", "gzip", get()),
        with("content-length", "x", get()),
        late,
    ];
    assert_resets(&mut server().await, heads).await;
}

// Contract 6.1-1, 6.4-1 (RFC 9113, section 8.5).
#[tokio::test(start_paused = true)]
async fn a_malformed_connect_resets_its_stream_only() {
    let connect = || connect_head(&[]);
    let heads = vec![
        without(":authority", connect()),
        but(":scheme", "http", connect()),
        but(":path", "/", connect()),
        but(":authority", "not an authority", connect()),
        with("connection", "close", connect()),
    ];
    assert_resets(&mut server().await, heads).await;
}

// Contract 6.1-1: what is no method is no header block to h2.
#[tokio::test(start_paused = true)]
async fn a_method_that_is_no_token_ends_the_connection() {
    let code = code_for(Frame::Headers {
        stream: 3,
        block: encode(&head("not a token", &[])),
        end_stream: true,
        end_headers: true,
    });
    assert_eq!(code.await, Reason::PROTOCOL_ERROR);
}

// Contract 6.4-1 (RFC 8441, section 4).
#[tokio::test(start_paused = true)]
async fn a_malformed_extended_connect_resets_its_stream_only() {
    let mut server = tuned(|builder| {
        builder.enable_connect_protocol();
    })
    .await;
    let extended = || but(":protocol", "websocket", head("CONNECT", &[]));
    let heads = vec![
        without(":scheme", extended()),
        without(":path", extended()),
        but(":method", "GET", extended()),
    ];
    assert_resets(&mut server, heads).await;
}

// Contract 6.1-1 (RFC 9113, section 8.1).
#[tokio::test(start_paused = true)]
async fn malformed_trailers_fail_the_body_and_reset_the_stream() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    let trailers = [("sum", "42"), ("connection", "close")];
    server.peer.send_last_headers(1, &trailers).await;
    assert_eq!(server.peer.expect_reset(1).await, Reason::PROTOCOL_ERROR);
    let frame = http_body_util::BodyExt::frame(call.request.body_mut()).await;
    frame.expect("not a clean end").expect_err("not a frame");
    server.assert_usable(3).await;
}

// Contract 6.1-1: trailers that do not end the stream.
#[tokio::test(start_paused = true)]
async fn a_second_head_within_a_request_resets_the_stream() {
    let mut server = server().await;
    let _call = server.post(1, &[]).await;
    server.peer.send_headers(1, &[("sum", "42")]).await;
    assert_eq!(server.peer.expect_reset(1).await, Reason::PROTOCOL_ERROR);
    server.assert_usable(3).await;
}

/// A frame of any kind.
fn frame(kind: u8, flags: u8, stream: u32, payload: &'static [u8]) -> Frame {
    Frame::Other {
        kind,
        flags,
        stream,
        payload: Bytes::from_static(payload),
    }
}

/// Has `broken` end a connection on which a request is being served.
async fn code_for(broken: Frame) -> Reason {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.peer.send(broken).await;
    let (_, code) = server.peer.expect_goaway().await;
    let error = server.hyper.ended().await.expect_err("a broken peer");
    assert_eq!(kind(&error), "Http2");
    assert_eq!(reason(&error), Some(code));
    call.answer.abandoned().await;
    let body = http_body_util::BodyExt::frame(call.request.body_mut()).await;
    body.expect("not a clean end").expect_err("not a frame");
    assert_eq!(server.hyper.executor.live(), 0);
    code
}

// Contract 6.1-1, 2.4-19 (RFC 9113, sections 5.1 and 6).
#[tokio::test(start_paused = true)]
async fn frames_in_the_wrong_place_end_the_connection() {
    let block = encode(&head("GET", &[]));
    let even = Frame::Headers {
        stream: 2,
        block: block.clone(),
        end_stream: true,
        end_headers: true,
    };
    let on_zero = Frame::Headers {
        stream: 0,
        block,
        end_stream: true,
        end_headers: true,
    };
    for broken in [
        even,
        on_zero,
        frame(0x0, 0, 0, b"DATA on the connection"),
        frame(0x0, 0, 9, b"DATA on an idle stream"),
        frame(0x3, 0, 9, &[0, 0, 0, 8]),
        frame(0x3, 0, 0, &[0, 0, 0, 8]),
        frame(0x4, 0, 1, &[]),
        frame(0x5, 4, 1, &[0, 0, 0, 2]),
        frame(0x6, 0, 1, b"12345678"),
        frame(0x8, 0, 9, &[0, 0, 0, 1]),
        frame(0x9, 4, 1, b"CONTINUATION of nothing"),
    ] {
        let code = code_for(broken.clone()).await;
        assert_eq!(code, Reason::PROTOCOL_ERROR, "{broken:?}");
    }
}

// Contract 6.1-1 (RFC 9113, sections 4.2 and 6).
#[tokio::test(start_paused = true)]
async fn frames_of_the_wrong_size_end_the_connection() {
    for broken in [
        frame(0x3, 0, 1, b"123"),
        frame(0x4, 0, 0, b"12345"),
        frame(0x4, 1, 0, b"123456"),
        frame(0x6, 0, 0, b"1234567"),
        frame(0x8, 0, 0, b"123"),
    ] {
        let code = code_for(broken.clone()).await;
        let expected = [Reason::FRAME_SIZE_ERROR, Reason::PROTOCOL_ERROR];
        assert!(expected.contains(&code), "{broken:?}: {code:?}");
    }
}

// Contract 6.1-1 (RFC 9113, section 4.3).
#[tokio::test(start_paused = true)]
async fn a_header_block_that_cannot_be_decoded_ends_the_connection() {
    let code = code_for(Frame::Headers {
        stream: 3,
        block: Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0xff]),
        end_stream: true,
        end_headers: true,
    });
    // The latter is what the RFC asks for, the former what h2 says.
    assert!(matches!(
        code.await,
        Reason::PROTOCOL_ERROR | Reason::COMPRESSION_ERROR
    ));
}

// Contract 6.1-1 (RFC 9113, section 6.9.1).
#[tokio::test(start_paused = true)]
async fn a_window_that_overflows_is_an_error_of_its_owner() {
    let mut server = server().await;
    let _call = server.post(1, &[]).await;
    server.peer.grant(1, (1 << 31) - 1).await;
    let reset = server.peer.expect_reset(1).await;
    assert_eq!(reset, Reason::FLOW_CONTROL_ERROR);
    server.assert_usable(3).await;
    server.peer.grant(0, (1 << 31) - 1).await;
    let (_, code) = server.peer.expect_goaway().await;
    assert_eq!(code, Reason::FLOW_CONTROL_ERROR);
}

// Contract 6.1-1 (RFC 9113, sections 4.1 and 5.3.2): what is not known, or has lost its meaning, is passed over.
#[tokio::test(start_paused = true)]
async fn unknown_frames_and_priorities_are_ignored() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    for ignored in [
        frame(0x42, 0xff, 0, b"unknown"),
        frame(0x42, 0xff, 1, b"unknown"),
        frame(0x2, 0, 1, &[0, 0, 0, 0, 7]),
        frame(0x2, 0, 9, &[0, 0, 0, 0, 7]),
        frame(0x4, 0, 0, &[0x42, 0x42, 0, 0, 0, 0]),
    ] {
        server.peer.send(ignored).await;
    }
    server.peer.send_last_data(1, "unharmed").await;
    assert_eq!(call.read().await, "unharmed");
    assert!(server.peer.settled_frames().await.is_empty());
    server.assert_usable(3).await;
}

// Contract 6.1-1: padding is taken off, and given back to the windows.
#[tokio::test(start_paused = true)]
async fn padding_is_not_part_of_the_body() {
    let mut server = server().await;
    let mut call = server.post(1, &[("content-length", "4")]).await;
    server
        .peer
        .send(Frame::Data {
            stream: 1,
            payload: Bytes::from_static(b"data"),
            padding: Some(200),
            end_stream: true,
        })
        .await;
    assert_eq!(call.read().await, "data");
}
