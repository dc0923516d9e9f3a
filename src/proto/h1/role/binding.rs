//! What a codec asks of its role: the functions about heads, and who begins.

use bytes::{Bytes, BytesMut};

use crate::body::length::Content;
use crate::error::kind::{Parse, User};
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::located::LineAt;
use crate::proto::h1::head::message::{Located, Outgoing, Parsed};
use crate::proto::h1::state::{First, KeepAlive};

/// What tells a server's codec from a client's.
pub(crate) trait Role {
    /// The head of a message that is received.
    type Incoming;
    /// The head of a message that is sent.
    type Outgoing;
    /// Where the parts of a head's first line stand.
    type FirstLine;
    /// What the heads leave to be known later.
    type Exchange: Default;

    const FIRST: First;

    /// What the first bytes of a message say, empty lines apart, before its head is complete.
    fn first_bytes(bytes: &[u8], config: &Config, exchange: &Self::Exchange) -> FirstBytes;

    /// Finds the parts of the head that `buf` begins with, if it is complete, and puts its field lines
    /// into `found`. The head has `lines` line feeds at most.
    ///
    /// # Errors
    ///
    /// What is wrong with the head, or with its beginning.
    fn locate(
        buf: &[u8],
        lines: usize,
        config: &Config,
        found: &mut Vec<LineAt>,
    ) -> Result<Option<Located<Self::FirstLine>>, Parse>;

    /// Understands a head whose parts were located.
    fn understand(
        head: &Bytes,
        first_line: Self::FirstLine,
        fields: &[LineAt],
        config: &Config,
        exchange: &mut Self::Exchange,
    ) -> Result<Parsed<Self::Incoming>, Parse>;

    /// What stands for the head of a message that has none.
    fn headless(exchange: &mut Self::Exchange) -> Result<Parsed<Self::Incoming>, Parse>;

    /// Writes a head to the end of `dst`. `keep_alive` is what the connection would do by itself.
    fn encode(
        head: &Self::Outgoing,
        content: Content,
        exchange: &mut Self::Exchange,
        keep_alive: KeepAlive,
        config: &Config,
        dst: &mut BytesMut,
    ) -> Result<Outgoing, User>;
}

/// What can be told from the first bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstBytes {
    /// A head begins here.
    Head,
    /// A body begins here.
    #[cfg_attr(
        not(feature = "client"),
        allow(dead_code, reason = "only responses of HTTP/0.9 have no head")
    )]
    NoHead,
    /// More of them are needed.
    Undecided,
    #[cfg_attr(
        not(feature = "server"),
        allow(dead_code, reason = "only servers look for another protocol")
    )]
    Refused(Parse),
}
