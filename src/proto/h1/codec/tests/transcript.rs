//! Feeds a codec, plays the driver's part, and writes down what happens.

use std::error::Error as _;
use std::fmt::Write;

use bytes::BytesMut;
use http::{response, HeaderMap};

use crate::body::length::BodyLength;
use crate::ext::header_case::HeaderCase;
use crate::ext::ReasonPhrase;
use crate::proto::h1::codec::{Codec, Eof, Event, Received, Receiving};
use crate::proto::h1::config::Config;
use crate::proto::h1::role::Role;

/// What happened, an event a line. Pieces of data that follow one another are one.
pub(super) fn transcript<'a, R: Played>(
    config: &Config,
    play: R::Play,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<String> {
    let mut codec = Codec::<R>::new(*config);
    let mut buf = BytesMut::new();
    let mut log = Log::default();
    R::act(play, &mut codec);
    let mut outcome = Ok(());
    for piece in pieces {
        buf.extend_from_slice(piece);
        if outcome.is_ok() {
            outcome = drain::<R>(&mut codec, play, &mut buf, &mut log);
        }
    }
    if outcome.is_ok() {
        finish(&mut codec, &mut buf, &mut log);
    }
    if !buf.is_empty() && codec.is_switched() {
        log.line(format!("left over {}", text(&buf)));
    }
    log.lines
}

/// Takes events until there are no more, and fails once receiving has.
fn drain<R: Played>(
    codec: &mut Codec<R>,
    play: R::Play,
    buf: &mut BytesMut,
    log: &mut Log,
) -> Result<(), ()> {
    loop {
        match codec.receive(buf) {
            Ok(Event::NeedMore) => return Ok(()),
            Ok(Event::Held) => {
                if !R::act(play, codec) {
                    return Ok(());
                }
            }
            Ok(Event::Head(received)) => log.line(R::describe(&received)),
            Ok(Event::Informational(head)) => {
                log.line(format!("interim {}", describe_response(&head)));
            }
            Ok(Event::Data(data)) => {
                assert!(!data.is_empty(), "a piece of data is never empty");
                log.data(&data);
            }
            Ok(Event::Trailers(fields)) => log.line(format!("trailers{}", describe_map(&fields))),
            Ok(Event::End) => log.line("end".to_owned()),
            Ok(Event::BodyFailed(error)) => log.line(describe_failure(&error)),
            Err(error) => {
                log.line(format!("error {:?}", error.kind()));
                return Err(());
            }
        }
    }
}

fn finish<R: Role>(codec: &mut Codec<R>, buf: &mut BytesMut, log: &mut Log) {
    if codec.receiving() == Receiving::Closed {
        let how = if codec.is_switched() {
            "switched"
        } else {
            "closed"
        };
        log.line(how.to_owned());
        return;
    }
    log.line(match codec.receive_eof(buf) {
        Ok(Eof::Clean) => "eof".to_owned(),
        Ok(Eof::BodyEnd) => "end by eof".to_owned(),
        Ok(Eof::BodyFailed(error)) => describe_failure(&error),
        Err(error) => format!("error {:?}", error.kind()),
    });
}

fn describe_failure(error: &crate::Error) -> String {
    let cause = error.source().expect("a failed body has a cause");
    let io = cause
        .downcast_ref::<std::io::Error>()
        .expect("the cause is an io::Error");
    format!("body failed {:?}: {io}", io.kind())
}

#[derive(Default)]
struct Log {
    lines: Vec<String>,
    is_in_data: bool,
}

impl Log {
    fn line(&mut self, line: String) {
        self.is_in_data = false;
        self.lines.push(line);
    }

    fn data(&mut self, data: &[u8]) {
        if self.is_in_data {
            let line = self.lines.last_mut().expect("data has begun");
            write!(line, "{}", text(data)).expect("a String grows");
        } else {
            self.line(format!("data {}", text(data)));
            self.is_in_data = true;
        }
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// A role, and what its driver does between messages.
pub(super) trait Played: Role {
    type Play: Copy;

    /// Moves the other half on. Whether there was anything to do.
    fn act(play: Self::Play, codec: &mut Codec<Self>) -> bool
    where
        Self: Sized;

    fn describe(received: &Received<Self::Incoming>) -> String;
}

/// How a server answers every request.
#[cfg(feature = "server")]
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    With(u16),
}

#[cfg(feature = "server")]
impl Played for crate::proto::h1::role::Server {
    type Play = Answer;

    fn act(Answer::With(status): Answer, codec: &mut Codec<Self>) -> bool {
        if codec.sending() != crate::proto::h1::codec::Sending::Head {
            return false;
        }
        let mut head = http::Response::new(()).into_parts().0;
        head.status = status.try_into().expect("a status");
        codec
            .send_head(
                head,
                crate::body::length::Content::None,
                &mut BytesMut::new(),
            )
            .expect("an empty response can be sent");
        true
    }

    fn describe(received: &Received<http::request::Parts>) -> String {
        let head = &received.head;
        let mut line = format!("{} {} {:?}", head.method, head.uri, head.version);
        line += &describe_map(&head.headers);
        line += &describe_body(received.body);
        if received.expects_continue {
            line += " expects 100";
        }
        if received.upgrade {
            line += " offers upgrade";
        }
        line + &describe_case(&head.extensions, &head.headers)
    }
}

/// What a client asks for, again and again.
#[cfg(feature = "client")]
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask {
    Get,
    Head,
    Connect,
}

#[cfg(feature = "client")]
impl Played for crate::proto::h1::role::Client {
    type Play = Ask;

    fn act(ask: Ask, codec: &mut Codec<Self>) -> bool {
        // The first request only: what comes unasked is part of what is tested.
        if !codec.is_idle() || codec.has_received {
            return false;
        }
        let mut head = http::Request::new(()).into_parts().0;
        head.method = match ask {
            Ask::Get => http::Method::GET,
            Ask::Head => http::Method::HEAD,
            Ask::Connect => http::Method::CONNECT,
        };
        codec
            .send_head(
                head,
                crate::body::length::Content::None,
                &mut BytesMut::new(),
            )
            .expect("an empty request can be sent");
        true
    }

    fn describe(received: &Received<response::Parts>) -> String {
        let mut line = describe_response(&received.head);
        line += &describe_body(received.body);
        if received.upgrade {
            line += " switches";
        }
        line
    }
}

fn describe_response(head: &response::Parts) -> String {
    let mut line = format!("{} {:?}", head.status.as_u16(), head.version);
    if let Some(phrase) = head.extensions.get::<ReasonPhrase>() {
        write!(line, " ({})", text(phrase.as_bytes())).expect("a String grows");
    }
    line += &describe_map(&head.headers);
    line + &describe_case(&head.extensions, &head.headers)
}

fn describe_map(fields: &HeaderMap) -> String {
    fields.iter().fold(String::new(), |line, (name, value)| {
        line + &format!(" [{name}: {}]", text(value.as_bytes()))
    })
}

fn describe_body(body: BodyLength) -> String {
    match body {
        BodyLength::EMPTY => String::new(),
        BodyLength::Exact(length) => format!(" + {length}"),
        BodyLength::Chunked => " + chunks".to_owned(),
        BodyLength::CloseDelimited => " + all".to_owned(),
    }
}

fn describe_case(extensions: &http::Extensions, headers: &HeaderMap) -> String {
    let Some(case) = extensions.get::<HeaderCase>() else {
        return String::new();
    };
    let mut spellings = Vec::new();
    for name in headers.keys() {
        let recorded = (0..).map_while(|nth| case.spelling(name, nth));
        spellings.extend(recorded.map(text));
    }
    format!(" spelt {}", spellings.join(", "))
}

/// Feeds `input` in every way, and holds each against `expected`.
pub(super) fn check<R: Played>(config: &Config, play: R::Play, input: &[u8], expected: &[&str]) {
    let whole = transcript::<R>(config, play, [input]);
    assert_eq!(whole, expected, "{}", text(input));
    same_for_every_split::<R>(config, play, input, &whole);
}

pub(super) fn same_for_every_split<R: Played>(
    config: &Config,
    play: R::Play,
    input: &[u8],
    whole: &[String],
) {
    let bytewise = transcript::<R>(config, play, input.chunks(1));
    assert_eq!(bytewise, whole, "a byte at a time: {}", text(input));
    for cut in 1..input.len() {
        let (first, second) = input.split_at(cut);
        let split = transcript::<R>(config, play, [first, second]);
        assert_eq!(split, whole, "cut at {cut}: {}", text(input));
    }
}
