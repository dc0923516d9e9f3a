//! Bodies: those that are sent, and how received ones are read.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::errors::view;
use super::hyper::body::Incoming;
use crate::observation::{Actor, Event};
use crate::plan::{fields, BoxError, PlannedBody, ReadPlan, Usage};
use crate::sim::World;

pub enum SentBody {
    Planned(PlannedBody),
    Passed(Incoming),
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            SentBody::Planned(body) => Pin::new(body).poll_frame(cx),
            SentBody::Passed(body) => {
                let frame = ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            SentBody::Planned(body) => body.is_end_stream(),
            SentBody::Passed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            SentBody::Planned(body) => body.size_hint(),
            SentBody::Passed(body) => body.size_hint(),
        }
    }
}

pub fn hint(body: &Incoming) -> Event {
    let hint = body.size_hint();
    let (lower, upper) = (hint.lower(), hint.upper());
    Event::Hint(format!("{lower}..{upper:?} end {}", body.is_end_stream()))
}

/// Reads as planned, and notes all there is to see.
pub async fn receive(number: usize, mut body: Incoming, plan: ReadPlan, world: World) {
    let note = |event| world.log.note(Actor::ReceivedBody(number), event);
    note(hint(&body));
    world.pause(plan.pause).await;
    let frames = match plan.usage {
        Usage::All => usize::MAX,
        Usage::Frames(frames) => frames,
        Usage::Drop => 0,
        Usage::Keep => return std::future::pending().await,
    };
    for _ in 0..frames {
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        let Some(frame) = frame else {
            note(Event::End);
            break;
        };
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => note(Event::Data(data.to_vec())),
            Ok(Err(frame)) => match frame.into_trailers() {
                Ok(trailers) => note(Event::Trailers(fields(&trailers))),
                Err(_) => note(Event::Note("a frame of another kind".to_owned())),
            },
            Err(error) => {
                note(Event::Error(view(&error)));
                let again = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
                let again = again.map(|frame| frame.map(|_| ()).map_err(|error| view(&error)));
                note(Event::Note(format!("then {again:?}")));
                break;
            }
        }
        note(hint(&body));
        world.pause(plan.between).await;
    }
}
