//! What the user of hyper does, on either side: as plain data, the same for both builds.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use http_body::{Body, Frame, SizeHint};

use crate::observation::{Actor, Event, Fields};
use crate::sim::{Nap, World};

/// Field lines of a message, or of trailers, in order.
pub type Lines = Vec<(&'static str, String)>;

/// The lines that `http` takes.
pub fn header_map(lines: &Lines) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    map
}

pub fn fields(map: &HeaderMap) -> Fields {
    let text = |value: &HeaderValue| value.as_bytes().escape_ascii().to_string();
    map.iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}

// ----- bodies to send -----

/// What a body says of its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    Unknown,
    True,
    /// Said whatever the truth is.
    Exact(u64),
    AtMost(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Data(Bytes),
    Trailers(Lines),
    /// With the HTTP/2 reason that is found in the error, if any.
    Fail(Option<u32>),
    /// Milliseconds.
    Pause(u64),
    Never,
    Panic,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyPlan {
    pub hint: Hint,
    /// Whether it says that it is at its end when it is.
    pub says_end: bool,
    pub pieces: Vec<Piece>,
}

impl BodyPlan {
    pub fn empty() -> Self {
        BodyPlan {
            hint: Hint::True,
            says_end: true,
            pieces: Vec::new(),
        }
    }

    /// One frame, of which all is known.
    pub fn full(data: impl Into<Bytes>) -> Self {
        BodyPlan {
            pieces: vec![Piece::Data(data.into())],
            ..Self::empty()
        }
    }

    /// Frames of which nothing is known beforehand.
    pub fn frames(pieces: Vec<Piece>) -> Self {
        BodyPlan {
            hint: Hint::Unknown,
            says_end: false,
            pieces,
        }
    }

    /// Bytes in all data frames.
    pub fn data_len(&self) -> u64 {
        let data = self.pieces.iter().map(|piece| match piece {
            Piece::Data(data) => data.len() as u64,
            _ => 0,
        });
        data.sum()
    }

    /// Whether hyper takes it for absent.
    pub fn is_absent(&self) -> bool {
        self.says_end && !self.pieces.iter().any(gives_a_frame)
    }

    pub fn exact_size(&self) -> Option<u64> {
        match self.hint {
            Hint::True => Some(self.data_len()),
            Hint::Exact(size) => Some(size),
            Hint::Unknown | Hint::AtMost(_) => None,
        }
    }
}

fn gives_a_frame(piece: &Piece) -> bool {
    !matches!(piece, Piece::Pause(_))
}

/// The error of a body that fails.
#[derive(Debug)]
pub struct BodyFailure(Option<h2::Error>);

impl fmt::Display for BodyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body broke")
    }
}

impl Error for BodyFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_ref().map(|error| error as _)
    }
}

pub type BoxError = Box<dyn Error + Send + Sync>;

/// An error of the user's with the reason in its sources.
pub fn failure(reason: Option<u32>) -> BoxError {
    Box::new(BodyFailure(
        reason.map(|code| h2::Reason::from(code).into()),
    ))
}

/// A [`BodyPlan`] at work.
pub struct PlannedBody {
    plan: BodyPlan,
    next: usize,
    nap: Option<Nap>,
    world: World,
    actor: Actor,
}

impl PlannedBody {
    pub fn new(plan: BodyPlan, number: usize, world: World) -> Self {
        PlannedBody {
            plan,
            next: 0,
            nap: None,
            world,
            actor: Actor::SentBody(number),
        }
    }

    fn rest(&self) -> &[Piece] {
        &self.plan.pieces[self.next.min(self.plan.pieces.len())..]
    }
}

impl Drop for PlannedBody {
    fn drop(&mut self) {
        self.world.log.note(self.actor, Event::Dropped);
    }
}

impl Body for PlannedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        loop {
            let Some(piece) = this.rest().first().cloned() else {
                this.world.log.note(this.actor, Event::End);
                return Poll::Ready(None);
            };
            match piece {
                Piece::Pause(time) => {
                    let clock = &this.world.clock;
                    let nap = this
                        .nap
                        .get_or_insert_with(|| clock.sleep(Duration::from_millis(time)));
                    if Pin::new(nap).poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    this.nap = None;
                    this.next += 1;
                }
                Piece::Never => return Poll::Pending,
                Piece::Panic => panic!("the body panics"),
                Piece::Data(data) => {
                    this.next += 1;
                    this.world
                        .log
                        .text(this.actor, format!("gave {} bytes", data.len()));
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Piece::Trailers(lines) => {
                    this.next += 1;
                    this.world.log.text(this.actor, "gave trailers");
                    return Poll::Ready(Some(Ok(Frame::trailers(header_map(&lines)))));
                }
                Piece::Fail(reason) => {
                    this.next = this.plan.pieces.len();
                    this.world.log.text(this.actor, "failed");
                    return Poll::Ready(Some(Err(failure(reason))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.plan.says_end && !self.rest().iter().any(gives_a_frame)
    }

    fn size_hint(&self) -> SizeHint {
        let given: u64 = self.plan.pieces[..self.next].iter().map(data_len).sum();
        match self.plan.hint {
            Hint::Unknown => SizeHint::default(),
            Hint::True => SizeHint::with_exact(self.plan.data_len() - given),
            Hint::Exact(size) => SizeHint::with_exact(size.saturating_sub(given)),
            Hint::AtMost(size) => {
                let mut hint = SizeHint::new();
                hint.set_upper(size.saturating_sub(given));
                hint
            }
        }
    }
}

fn data_len(piece: &Piece) -> u64 {
    match piece {
        Piece::Data(data) => data.len() as u64,
        _ => 0,
    }
}

// ----- received bodies -----

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadPlan {
    /// Milliseconds before the first frame is asked for.
    pub pause: u64,
    /// And between two.
    pub between: u64,
    pub usage: Usage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    All,
    /// So many frames, then it is dropped.
    Frames(usize),
    /// Dropped when the pause is over.
    Drop,
    /// Never polled, and kept.
    Keep,
}

impl ReadPlan {
    pub const ALL: ReadPlan = ReadPlan {
        pause: 0,
        between: 0,
        usage: Usage::All,
    };
}

// ----- upgrades -----

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpgradePlan {
    /// Not even taken out of the message.
    Ignore,
    /// Taken, and dropped at once.
    Forget,
    /// Awaited in a task of its own, and used.
    Use(Vec<TunnelAction>),
    /// Awaited, and taken apart.
    Downcast,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelAction {
    /// Up to so many bytes.
    Read(usize),
    ReadToEnd,
    Write(Bytes),
    Flush,
    Shutdown,
    Pause(u64),
}

// ----- services -----

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePlan {
    pub read: ReadPlan,
    pub order: Order,
    /// Milliseconds before the answer.
    pub delay: u64,
    pub answer: Answer,
    pub upgrade: UpgradePlan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    ReadThenAnswer,
    /// The body is read in a task of its own.
    AnswerBesideReading,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Response(ResponsePlan),
    /// The response's body is the request's.
    Echo(ResponsePlan),
    Fail(Option<u32>),
    Panic,
    Never,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponsePlan {
    pub status: u16,
    pub version: Version,
    pub fields: Lines,
    pub reason: Option<&'static str>,
    /// Whether it gets the extensions of the request, as a proxy passes them on.
    pub keeps_extensions: bool,
    pub body: BodyPlan,
}

impl ResponsePlan {
    pub fn ok(body: BodyPlan) -> Self {
        ResponsePlan {
            status: 200,
            version: Version::HTTP_11,
            fields: Vec::new(),
            reason: None,
            keeps_extensions: false,
            body,
        }
    }
}

impl ServicePlan {
    /// Reads all, and answers with an empty body.
    pub fn plain() -> Self {
        ServicePlan {
            read: ReadPlan::ALL,
            order: Order::ReadThenAnswer,
            delay: 0,
            answer: Answer::Response(ResponsePlan::ok(BodyPlan::empty())),
            upgrade: UpgradePlan::Ignore,
        }
    }
}

// ----- callers -----

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPlan {
    pub wait: Wait,
    pub request: RequestPlan,
    /// By `try_send_request`.
    pub tries: bool,
    /// With a callback for interim responses.
    pub informational: bool,
    /// Milliseconds after which the response's future is dropped.
    pub cancel: Option<u64>,
    /// The next call does not wait for this one's end.
    pub background: bool,
    pub read: ReadPlan,
    pub upgrade: UpgradePlan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    No,
    Ready,
    /// For the script's word.
    Go,
    Pause(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPlan {
    pub method: &'static str,
    pub uri: &'static str,
    pub version: Version,
    pub fields: Lines,
    /// Words for an extended CONNECT.
    pub protocol: Option<&'static str>,
    pub body: BodyPlan,
}

impl RequestPlan {
    pub fn get() -> Self {
        RequestPlan {
            method: "GET",
            uri: "/",
            version: Version::HTTP_11,
            fields: Vec::new(),
            protocol: None,
            body: BodyPlan::empty(),
        }
    }
}

impl CallPlan {
    /// Sends when ready, and reads all.
    pub fn plain(request: RequestPlan) -> Self {
        CallPlan {
            wait: Wait::Ready,
            request,
            tries: false,
            informational: false,
            cancel: None,
            background: false,
            read: ReadPlan::ALL,
            upgrade: UpgradePlan::Ignore,
        }
    }
}
