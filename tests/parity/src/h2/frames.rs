//! What hyper wrote, as frames.
//!
//! Frames of different streams may stand in another order, and data in other pieces; what each stream has, and when, may not
//! differ.

use bytes::BytesMut;

use super::wire_format::frame::{Frame, PREFACE};
use super::wire_format::hpack;
use crate::edit::Stream;
use crate::observation::{Actor, Event, Observation, Stamp};

/// What says the size of the dynamic table (RFC 7541, section 6.3), and the mask of its first byte.
const SIZE_UPDATE: u8 = 0x20;
const SIZE_UPDATE_MASK: u8 = 0xe0;
/// A size that goes on in further bytes.
const SIZE_GOES_ON: u8 = 0x1f;

#[derive(Default)]
struct Decoder {
    decoder: hpack::Decoder,
    /// Updates that stood in a block by themselves, which the decoder takes for malformed.
    updates: Vec<u8>,
}

impl Decoder {
    fn decode(&mut self, block: &[u8]) -> Vec<(String, String)> {
        if has_only_updates(block) {
            self.updates.extend_from_slice(block);
            return Vec::new();
        }
        let whole = [&self.updates[..], block].concat();
        self.updates.clear();
        self.decoder.decode(&whole).0
    }
}

fn has_only_updates(block: &[u8]) -> bool {
    let mut rest = block.iter();
    while let Some(first) = rest.next() {
        if first & SIZE_UPDATE_MASK != SIZE_UPDATE {
            return false;
        }
        if first & SIZE_GOES_ON == SIZE_GOES_ON {
            let _last = rest.find(|byte| *byte & 0x80 == 0);
        }
    }
    true
}

/// Puts the frames in place of the bytes on the wire.
pub fn decode(observation: &mut Observation) {
    let stream = Stream::of(observation, Actor::Wire);
    if let Some(entries) = observation.0.get_mut(&Actor::Wire) {
        entries.retain(|(_, event)| !matches!(event, Event::Data(_)));
    }
    let mut input = BytesMut::from(&stream.bytes[..]);
    let len = input.len();
    if input.starts_with(PREFACE) {
        let _ = input.split_to(PREFACE.len());
        note(
            observation,
            0,
            stream.stamp(0),
            Event::Note("preface".to_owned()),
        );
    }
    let mut decoder = Decoder::default();
    let mut block: Option<(u32, bool, BytesMut)> = None;
    while let Some(frame) = Frame::decode(&mut input) {
        let stamp = stream.stamp(len - input.len() - 1);
        let id = frame.stream();
        match frame {
            Frame::Headers {
                block: fragment,
                end_stream,
                ..
            } if !ends_headers(&frame) => {
                block = Some((id, end_stream, BytesMut::from(&fragment[..])));
            }
            Frame::Headers {
                block: fragment,
                end_stream,
                ..
            } => headers(observation, &mut decoder, stamp, id, &fragment, end_stream),
            Frame::Continuation {
                block: fragment,
                end_headers,
                ..
            } => {
                let Some((id, end_stream, mut whole)) = block.take() else {
                    note(
                        observation,
                        id,
                        stamp,
                        Event::Note("stray CONTINUATION".to_owned()),
                    );
                    continue;
                };
                whole.extend_from_slice(&fragment);
                match end_headers {
                    true => headers(observation, &mut decoder, stamp, id, &whole, end_stream),
                    false => block = Some((id, end_stream, whole)),
                }
            }
            Frame::Data {
                payload,
                end_stream,
                ..
            } => {
                data(observation, id, stamp, &payload);
                if end_stream {
                    note(observation, id, stamp, Event::End);
                }
            }
            Frame::WindowUpdate { increment, .. } => window(observation, id, stamp, increment),
            Frame::Reset { code, .. } => {
                note(
                    observation,
                    id,
                    stamp,
                    Event::Note(format!("RST_STREAM {code:?}")),
                );
            }
            other => note(observation, id, stamp, Event::Note(format!("{other:?}"))),
        }
    }
    if !input.is_empty() {
        note(
            observation,
            0,
            stream.stamp(len - 1),
            Event::Note("part of a frame".to_owned()),
        );
    }
}

fn ends_headers(frame: &Frame) -> bool {
    matches!(
        frame,
        Frame::Headers {
            end_headers: true,
            ..
        }
    )
}

fn note(observation: &mut Observation, id: u32, stamp: Stamp, event: Event) {
    let entries = observation.0.entry(Actor::Stream(id)).or_default();
    entries.push((stamp, event));
}

fn headers(
    observation: &mut Observation,
    decoder: &mut Decoder,
    stamp: Stamp,
    id: u32,
    block: &[u8],
    end_stream: bool,
) {
    let mut fields = decoder.decode(block);
    for (name, value) in &mut fields {
        if name == "date" && value.ends_with(" GMT") {
            *value = "masked".to_owned();
        }
    }
    note(observation, id, stamp, Event::Fields(fields));
    if end_stream {
        note(observation, id, stamp, Event::End);
    }
}

/// Data at one time is one piece, whatever the frames were.
fn data(observation: &mut Observation, id: u32, stamp: Stamp, payload: &[u8]) {
    let entries = observation.0.entry(Actor::Stream(id)).or_default();
    match entries.last_mut() {
        Some((last, Event::Data(data))) if *last == stamp => data.extend_from_slice(payload),
        _ if payload.is_empty() => {}
        _ => entries.push((stamp, Event::Data(payload.to_vec()))),
    }
}

/// Increments at one time are one.
fn window(observation: &mut Observation, id: u32, stamp: Stamp, increment: u32) {
    let entries = observation.0.entry(Actor::Stream(id)).or_default();
    let at_that_time = entries
        .iter_mut()
        .rev()
        .take_while(|entry| entry.0 == stamp);
    for (_, event) in at_that_time {
        if let Some(sum) = credit(event) {
            *event = Event::Note(format!("WINDOW_UPDATE {}", sum + u64::from(increment)));
            return;
        }
    }
    // Where it stands among frames that concern the connection means nothing.
    let at = match id {
        0 => entries.partition_point(|entry| entry.0 < stamp),
        _ => entries.len(),
    };
    let update = Event::Note(format!("WINDOW_UPDATE {increment}"));
    entries.insert(at, (stamp, update));
}

/// What a WINDOW_UPDATE gives.
pub fn credit(event: &Event) -> Option<u64> {
    match event {
        Event::Note(text) => text.strip_prefix("WINDOW_UPDATE ")?.parse().ok(),
        _ => None,
    }
}
