//! What a client sends otherwise, and what comes of a request that cannot be sent.

use http::Version;

use super::plans::{a_body_failed, has_field, has_illegal_length, sends};
use crate::differences::{bytes, find, Difference, How};
use crate::h1::scenario::{ClientScenario, Mode};
use crate::h1::seen::concerns_only_sent_bodies;
use crate::observation::{Actor, Entry, Event};
use crate::plan::RequestPlan;
use crate::seen::{has, has_note, told, told_published};

pub const SENT: &[Difference<ClientScenario>] = &[
    Difference {
        id: "§8.14",
        what: "no version of a request panics, and codings of one of HTTP/2 are kept",
        how: How::Diverges(|scenario, at| {
            let mut seen = at.published(Actor::Connection).iter();
            let panics = seen.any(|(_, event)| {
                matches!(event, Event::Panicked(text) if text.starts_with("unexpected request version"))
            });
            let may_be_chunked = |plan: &RequestPlan| {
                let is_unknown = plan.body.exact_size().is_none();
                plan.version > Version::HTTP_11
                    && (has_field(plan, "transfer-encoding") || is_unknown)
            };
            let wire = bytes(at.ours(Actor::Wire)).to_ascii_lowercase();
            let is_asked = at.ours.0.keys().any(|actor| {
                matches!(actor, Actor::SentBody(_)) && !at.published(*actor).is_empty()
            });
            let is_chunked = find(&wire, b"chunked").is_some() || is_asked;
            let is_short = told_published(at, "BodyWriteAborted");
            panics || (is_chunked || is_short) && sends(scenario, may_be_chunked)
        }),
    },
    Difference {
        id: "§8.14 persistence",
        what: "and one of HTTP/0.9 is one of 1.0, that has not asked to stay",
        how: How::Diverges(|scenario, at| {
            let ours = bytes(at.ours.of(Actor::Wire));
            sends(scenario, |plan| plan.version == Version::HTTP_09)
                && find(&ours, b" HTTP/1.0\r\n").is_some()
                && has(at.ours(Actor::Connection), &Event::Done)
                && at.published(Actor::Connection).is_empty()
        }),
    },
    Difference {
        id: "§8.9",
        what: "what was written before a body failed is sent",
        how: How::Diverges(|_, at| {
            let (ours, published) = (
                bytes(at.ours(Actor::Wire)),
                bytes(at.published(Actor::Wire)),
            );
            let is_longer = ours.len() > published.len() && ours.starts_with(&published);
            let is_shut_down =
                at.concerns_only(&[Actor::Wire]) && has_note(at.ours(Actor::Wire), "shutdown");
            a_body_failed(at) && (is_longer || is_shut_down)
        }),
    },
    Difference {
        id: "§8.15",
        what: "a `content-length` that contradicts the body fails the message",
        how: How::Diverges(|scenario, at| {
            told(at, "UnexpectedHeader")
                && sends(scenario, |plan| has_field(plan, "content-length"))
        }),
    },
    Difference {
        id: "§4.7-11",
        what: "a body that is too short fails also where its last frame says that it is the last",
        how: How::Diverges(|_, at| told(at, "BodyWriteAborted")),
    },
    Difference {
        id: "§8.15 illegal",
        what: "and what the length is, is written at the end, and the body not cut",
        how: How::Diverges(|scenario, at| {
            let is_written = |actor: &Actor| matches!(actor, Actor::Wire | Actor::SentBody(_));
            sends(scenario, has_illegal_length) && at.concerned().iter().any(is_written)
        }),
    },
    Difference {
        id: "§5.1-3",
        what: "a coding that is not written leaves the order of the other fields",
        how: How::Diverges(|scenario, at| {
            let is_kept = |line: &[u8]| {
                let has_length = || sends(scenario, |plan| has_field(plan, "content-length"));
                let is_newer = || sends(scenario, |plan| plan.version > Version::HTTP_11);
                let may_differ = line.starts_with(b"transfer-encoding: ")
                    || line.starts_with(b"content-length: ") && has_length()
                    || line == b"connection: keep-alive\r" && is_newer();
                !may_differ
            };
            let lines = |entries: &[Entry]| {
                let bytes = bytes(entries).to_ascii_lowercase();
                let lines = bytes
                    .split(|byte| *byte == b'\n')
                    .filter(|line| is_kept(line));
                let mut lines: Vec<_> = lines.map(<[u8]>::to_vec).collect();
                lines.sort_unstable();
                lines
            };
            let writes = |entries: &[Entry]| !bytes(entries).is_empty();
            let is_cut = scenario.transport.room.is_some()
                && writes(at.ours(Actor::Wire))
                && writes(at.published(Actor::Wire));
            at.concerns_only(&[Actor::Wire])
                && (is_cut || lines(at.ours(Actor::Wire)) == lines(at.published(Actor::Wire)))
                && sends(scenario, |plan| has_field(plan, "transfer-encoding"))
        }),
    },
    Difference {
        id: "§3.1-10 exact",
        what: "a body that has given its last frame is not kept until there is room",
        how: How::Diverges(|scenario, at| {
            scenario.options.max_buf_size.is_some()
                && scenario.transport.room.is_some()
                && concerns_only_sent_bodies(at)
        }),
    },
    Difference {
        id: "§4.8-11 flush",
        what: "what was written is sent also where the transport is not shut down",
        how: How::Diverges(|scenario, at| {
            scenario.mode == Mode::WithoutShutdown
                && scenario.transport.room.is_some()
                && !at.published(Actor::Connection).is_empty()
        }),
    },
];
