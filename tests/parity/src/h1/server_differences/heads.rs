//! Lines of heads that a server writes otherwise.

use http::Version;

use super::plans::lengths;
use crate::differences::{find, Difference, How};
use crate::edit::{start_of_head, Edit};
use crate::h1::scenario::ServerScenario;
use crate::h1::seen::{
    a_request_failed, close_is_ours, close_is_published, has_unread_body, is_rejection, members,
    status, value, without_empty_coding,
};
use crate::seen::{answers_with, has_sent};

pub const HEADS: &[Difference<ServerScenario>] = &[
    Difference {
        id: "§8.15 no content",
        what: "204 and 1xx carry no `content-length`",
        how: How::Edits(|_, lines| {
            let has_none = matches!(status(lines.start), 101 | 204);
            let is_length = value(lines.published, "content-length").is_some();
            (has_none && is_length).then_some(Edit::Remove)
        }),
    },
    Difference {
        id: "§8.15 304",
        what: "304 keeps the caller's `content-length` whatever the body is",
        how: How::Edits(|_, lines| {
            let kept = value(lines.ours, "content-length").is_some();
            (status(lines.start) == 304 && kept).then_some(Edit::Insert)
        }),
    },
    Difference {
        id: "§8.15 illegal",
        what: "a `content-length` that is none is not written",
        how: How::Edits(|scenario, lines| {
            let illegal = value(lines.published, "content-length")?;
            let is_number = !illegal.is_empty() && illegal.iter().all(u8::is_ascii_digit);
            let is_one_of_many = answers_with(&scenario.services, |plan| {
                let lengths = lengths(plan);
                lengths.iter().any(|length| *length != lengths[0])
            });
            let says_close = answers_with(&scenario.services, |plan| {
                plan.fields.iter().any(|(name, _)| *name == "connection")
            });
            let is_here = value(lines.ours, "connection").is_none()
                || says_close
                || has_sent(&scenario.steps, b"HEAD ");
            (is_here && (!is_number || is_one_of_many)).then_some(match value(lines.ours, "content-length") {
                Some(_) => Edit::Replace,
                None => Edit::Remove,
            })
        }),
    },
    Difference {
        id: "§8.15 illegal",
        what: "and what the length is, is written in its place",
        how: How::Edits(|scenario, lines| {
            let is_ours = value(lines.ours, "content-length").is_some()
                && value(lines.published, "content-length").is_none();
            let was_illegal = answers_with(&scenario.services, |plan| {
                let lengths = lengths(plan);
                let illegal = |length: &&str| length.parse::<u64>().is_err();
                lengths.iter().any(|length| illegal(length) || *length != lengths[0])
            });
            let is_due = value(lines.published, "connection").is_none();
            (is_ours && was_illegal && is_due).then_some(Edit::Insert)
        }),
    },
    Difference {
        id: "§4.7-9",
        what: "an empty `transfer-encoding` leaves no empty member",
        how: How::Edits(|_, lines| without_empty_coding(lines)),
    },
    Difference {
        id: "§4.7-9 stray",
        what: "no `, chunked` behind `connection` or `trailer`",
        how: How::Edits(|_, lines| {
            let names = ["connection", "trailer"];
            let is_list = |name: &&str| value(lines.published, name).is_some();
            names.iter().find(|name| is_list(name))?;
            let rest = lines.published.strip_suffix(b", chunked\r\n")?;
            Some(Edit::Become([rest, b"\r\n"].concat()))
        }),
    },
    Difference {
        id: "§8.25",
        what: "the 500 in place of a 1xx, and an answer to a request that failed, say `close`",
        how: How::Edits(|scenario, lines| {
            let is_in_place = answers_with(&scenario.services, |plan| plan.status < 200);
            let due = status(lines.start) == 500 && is_in_place
                || a_request_failed(lines.all)
                || has_unread_body(lines.all, None);
            let promised = value(lines.published, "connection");
            let promised = promised.and_then(|said| said.strip_suffix(b"keep-alive"));
            let ours = value(lines.ours, "connection");
            match promised.filter(|_| due) {
                Some(b"") if ours.is_none() => Some(Edit::Remove),
                Some(said) if ours.is_some() && said.strip_suffix(b", ") == ours => Some(Edit::Replace),
                _ => due.then(|| close_is_ours(lines)).flatten(),
            }
        }),
    },
    Difference {
        id: "§8.28",
        what: "a response of HTTP/1.0 that ends with the connection says `close`",
        how: How::Edits(|scenario, lines| {
            let due = answers_with(&scenario.services, |plan| plan.version != Version::HTTP_11)
                && lines.start.starts_with(b"HTTP/1.0");
            due.then(|| close_is_ours(lines)).flatten()
        }),
    },
    Difference {
        id: "§8.28",
        what: "a response that ends with the connection says so to a client of 1.0 that asked for more",
        how: How::Edits(|_, lines| {
            let ours = value(lines.ours, "connection").and_then(|value| value.strip_suffix(b"close"));
            let published = value(lines.published, "connection");
            let published = published.and_then(|value| value.strip_suffix(b"keep-alive"));
            let replaced = ours.is_some()
                && ours == published
                && lines.start.starts_with(b"HTTP/1.0");
            let said = value(lines.published, "connection").unwrap_or_default();
            let asked = said.to_ascii_lowercase();
            match replaced {
                true => Some(Edit::Replace),
                false if find(&asked, b"keep-alive").is_some() => close_is_ours(lines),
                false => None,
            }
        }),
    },
    Difference {
        id: "§8.28",
        what: "and no `keep-alive` follows a `close` that the caller gave",
        how: How::Edits(|_, lines| {
            let published = value(lines.published, "connection")?;
            let said = published.strip_suffix(b", keep-alive")?;
            let closes = members(said).iter().any(|said| said.eq_ignore_ascii_case(b"close"));
            (closes && value(lines.ours, "connection") == Some(said)).then_some(Edit::Replace)
        }),
    },
    Difference {
        id: "§8.14 keep-alive",
        what: "a response of HTTP/2 is one of 1.1 also to a client of 1.0 that keeps the connection",
        how: How::Edits(|scenario, lines| {
            let due = answers_with(&scenario.services, |plan| plan.version > Version::HTTP_11)
                && lines.start.starts_with(b"HTTP/1.0");
            let ours = value(lines.ours, "connection")?;
            let rest = ours.strip_suffix(b", keep-alive");
            let is_missing = value(lines.published, "connection").is_none();
            match rest == value(lines.published, "connection") {
                true if due && rest.is_some() => Some(Edit::Replace),
                _ if due && ours == b"keep-alive" && is_missing => Some(Edit::Insert),
                _ => None,
            }
        }),
    },
    Difference {
        id: "§4.9-2",
        what: "what agrees to an upgrade says neither `close` nor `keep-alive`",
        how: How::Edits(|scenario, lines| {
            let agrees = match status(lines.start) {
                101 => true,
                200..=299 => has_sent(&scenario.steps, b"CONNECT "),
                _ => false,
            };
            let published = value(lines.published, "connection")?;
            let rest = published.strip_suffix(b"keep-alive");
            let rest = rest.filter(|_| agrees && lines.start.starts_with(b"HTTP/1.0"));
            match rest {
                Some(b"") => Some(Edit::Remove),
                Some(rest) if rest.strip_suffix(b", ") == value(lines.ours, "connection") => {
                    Some(Edit::Replace)
                }
                _ => agrees.then(|| close_is_published(lines)).flatten(),
            }
        }),
    },
    Difference {
        id: "§8.3 said",
        what: "where the rest of a request is read, the answer does not say `close`",
        how: How::Edits(|_, lines| {
            let unread = has_unread_body(lines.all, None);
            unread.then(|| close_is_published(lines)).flatten()
        }),
    },
    Difference {
        id: "§4.2-2",
        what: "a rejection is of HTTP/1.1 and says `close`, also after an exchange in 1.0",
        how: How::Edits(|_, lines| {
            let (ours, published) = (start_of_head(lines.ours), start_of_head(lines.published));
            if let (Some(ours @ [..]), Some(published)) = (ours, published) {
                let same = ours.get(8..) == published.get(8..) && is_rejection(ours);
                return (same && published.starts_with(b"HTTP/1.0")).then_some(Edit::Replace);
            }
            is_rejection(lines.start).then(|| close_is_ours(lines)).flatten()
        }),
    },
];
