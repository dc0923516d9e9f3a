//! The stand-in for a protocol that is compiled out.
//!
//! A value of [`Absent`] cannot exist, so an enum may keep one variant a protocol in every build
//! and its matches need no `cfg`.

use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

#[derive(Debug)]
pub(crate) enum Absent {}

impl Absent {
    pub(crate) fn poll_frame(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<Option<crate::Result<Frame<Bytes>>>> {
        match *self {}
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        match *self {}
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match *self {}
    }
}
