//! What a codec is set up with. Buffers, timers and the transport are the driver's, and so are the
//! options about them.

use http::HeaderValue;

/// Every option of both roles; a role reads those that concern it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub(crate) limits: Limits,
    pub(crate) leniency: Leniency,
    pub(crate) case: Case,
    /// Whether the connection may serve more than one exchange.
    pub(crate) keep_alive: bool,
    /// Where a server gets the value of `date` from, for responses without one (RFC 9110, section
    /// 6.6.1). `None` leaves it out. A clock is an input here, as bytes are.
    pub(crate) date: Option<fn() -> HeaderValue>,
}

/// How much of a head, or of a trailer section, is accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Field lines in a head, and again in a trailer section.
    pub(crate) max_headers: usize,
    /// Octets of a head, start line and final empty line included; `None` for no limit but the
    /// next one. Where set, it is the limit for a trailer section too.
    pub(crate) max_header_size: Option<usize>,
    /// Octets that the driver buffers at most (`max_buf_size`, or the exact size of the read
    /// buffer): a head that is not complete within them never will be.
    pub(crate) max_buffered: usize,
}

/// What is accepted although the grammar forbids it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Leniency {
    /// Skip field lines that are no field lines.
    pub(crate) ignore_invalid_headers: bool,
    /// Servers: any number of spaces between the parts of a request line.
    pub(crate) multiple_spaces_in_request_line: bool,
    /// Clients: space between a field's name and its colon.
    pub(crate) spaces_after_header_name: bool,
    /// Clients: field values that go on in the next line (RFC 9112, section 5.2).
    pub(crate) obsolete_multiline_headers: bool,
    /// Clients: responses without a head.
    pub(crate) http09_responses: bool,
}

/// How field names are spelt on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Case {
    /// Record the spelling of received names, and use recorded spellings when writing.
    pub(crate) preserve: bool,
    /// Capitalise each word of a name that has no recorded spelling.
    pub(crate) title: bool,
}

/// Room for a first read and for 100 pages.
pub(crate) const DEFAULT_MAX_BUF_SIZE: usize = 8192 + 4096 * 100;
pub(crate) const DEFAULT_MAX_HEADERS: usize = 100;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_headers: DEFAULT_MAX_HEADERS,
            max_header_size: None,
            max_buffered: DEFAULT_MAX_BUF_SIZE,
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            limits: Limits::default(),
            leniency: Leniency::default(),
            case: Case::default(),
            keep_alive: true,
            date: None,
        }
    }
}
