//! Scripts that failed once.

use crate::server::{play, Appetite, Script, Setup};

fn server(input: &[u8], pieces: &[usize], appetite: Appetite) {
    play(&Script {
        input: input.to_vec(),
        pieces: pieces.to_vec(),
        appetite,
        setup: Setup {
            small_buffer: false,
            half_close: false,
            pipeline_flush: false,
            vectored: true,
        },
    });
}

/// The classics of request smuggling, each with its hidden request (RFC 9112, section 11.2).
#[test]
fn no_request_is_hidden_in_another() {
    let hidden = "GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n";
    let heads = [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
        "content-length: 4\r\ntransfer-encoding: identity\r\n",
        "content-length: 4\r\ntransfer-encoding : chunked\r\n",
        "content-length: 4\r\ntransfer-encoding:\x0bchunked\r\n",
        "content-length: 4\r\n transfer-encoding: chunked\r\n",
        "content-length: 4\r\ntransfer-encoding: chunked\r\ntransfer-encoding: x\r\n",
        "content-length: 4\r\nx: y\rtransfer-encoding: chunked\r\n",
        "content-length: 4\r\ncontent-length: 0\r\n",
        "content-length: 4, 0\r\n",
        "content-length: +4\r\n",
        "content-length: 4\r\n",
        "transfer-encoding: chunked\r\n",
    ];
    for head in heads {
        for version in ["HTTP/1.1", "HTTP/1.0"] {
            for body in ["0\r\n\r\n", "1d\r\n0\r\n\r\n", "4\r\nabcd\r\n0\r\n\r\n", ""] {
                let input = format!("POST / {version}\r\n{head}\r\n{body}{hidden}");
                for pieces in [&[][..], &[1]] {
                    for appetite in [Appetite::All, Appetite::OneFrame, Appetite::Nothing] {
                        server(input.as_bytes(), pieces, appetite);
                    }
                }
            }
        }
    }
}

/// A CR that no LF follows is no empty line, so what it begins is refused.
#[test]
fn a_bare_cr_before_a_request_is_no_empty_line() {
    for input in [
        &b"\r\r"[..],
        b"\n\n\r\r",
        b"\r\n\r\r\n",
        b"\r\rGET / HTTP/1.1\r\n\r\n",
    ] {
        for pieces in [&[][..], &[1]] {
            server(input, pieces, Appetite::All);
        }
    }
}

/// A list with bytes beyond ASCII is none, whatever its members: what it was meant to say, nobody knows.
#[test]
fn a_list_with_bytes_beyond_ascii_says_nothing() {
    for field in [
        &b"Transfer-Encoding: \x97gzip, chunked"[..],
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: \xff, chunked",
        b"Connection: \xe9, close",
        b"Connection: close\r\nConnection: \xe9",
    ] {
        let rest = b"\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        let input = [b"POST / HTTP/1.1\r\n", field, rest].concat();
        for pieces in [&[][..], &[1]] {
            server(&input, pieces, Appetite::All);
        }
    }
}
