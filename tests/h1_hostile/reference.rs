//! What a stream of bytes means: RFC 9112 with the choices of the behaviour contract, read in the plainest way.
//!
//! Everything is there before reading starts, so there is no state and no waiting; nothing is shared with the crate under
//! test but `http`'s idea of a URI.

/// A message as its recipient gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `GET /path HTTP/1.1`, or `HTTP/1.1 200`.
    pub start: String,
    /// Names in lower case, in order, content-length left out: it may be collapsed or removed.
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    /// Those that may be trailers.
    pub trailers: Vec<(String, Vec<u8>)>,
    pub end: BodyEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    Complete,
    /// Cut short or malformed.
    Bad,
    /// Lenient and strict readers differ; nothing is said about this body's end or anything behind it.
    Unsaid,
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At the end of the stream, between messages.
    Clean,
    /// With a message after which the connection is not used again.
    Closed,
    /// With bytes that are no head.
    Refused,
    /// Inside a head, which may or may not be found malformed already.
    InHead,
    /// See [`BodyEnd::Unsaid`].
    Unsaid,
}

/// All that a server gets from a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests {
    pub messages: Vec<Message>,
    pub ending: Ending,
}

/// What a client gets in answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Response {
        message: Message,
        /// Whether the connection may be used again.
        kept: bool,
    },
    /// No response, for bytes that are none or for want of bytes.
    None,
    Upgrade,
}

/// Most fields of a head, and trailers of a body.
const MOST_FIELDS: usize = 100;

const NEVER_TRAILERS: [&str; 12] = [
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "host",
    "max-forwards",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
];

type Field = (String, Vec<u8>);

// ----- lines -----

/// A head that ends within the stream.
struct RawHead<'a> {
    lines: Vec<&'a [u8]>,
    rest: &'a [u8],
}

/// Takes the lines up to the empty one, those before the first line left out; `None` if the stream ends first.
fn take_head(mut rest: &[u8]) -> Option<RawHead<'_>> {
    let mut lines = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = &rest[..end];
        rest = &rest[end + 1..];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.is_empty(), lines.is_empty()) {
            (true, true) => {}
            (true, false) => return Some(RawHead { lines, rest }),
            (false, _) => lines.push(line),
        }
    }
}

/// Whether there is nothing but empty lines, of which the last may not be whole.
fn is_blank(mut stream: &[u8]) -> bool {
    loop {
        stream = match stream {
            [] | [b'\r'] => return true,
            [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => rest,
            _ => return false,
        };
    }
}

fn is_token(bytes: &[u8]) -> bool {
    let symbols = b"!#$%&'*+-.^_`|~";
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || symbols.contains(byte);
    !bytes.is_empty() && bytes.iter().all(token)
}

fn is_text(bytes: &[u8]) -> bool {
    let text = |byte: &u8| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f);
    bytes.iter().all(text)
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

fn parse_fields(lines: &[&[u8]]) -> Option<Vec<Field>> {
    let field = |line: &&[u8]| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let valid = is_token(name) && is_text(value);
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        valid.then(|| (name, trim(value).to_vec()))
    };
    let fields: Option<Vec<_>> = lines.iter().map(field).collect();
    fields.filter(|fields| fields.len() <= MOST_FIELDS)
}

fn without_length(fields: &[Field]) -> Vec<Field> {
    let kept = fields.iter().filter(|(name, _)| name != "content-length");
    kept.cloned().collect()
}

// ----- what fields say -----

fn values<'a>(fields: &'a [Field], name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
    let same = move |field: &&Field| field.0 == name;
    fields.iter().filter(same).map(|(_, value)| &**value)
}

/// The members of a list, without those of lines with bytes beyond ASCII, which are no tokens.
fn items<'a>(fields: &'a [Field], name: &'a str) -> Vec<String> {
    let lines = values(fields, name).filter(|value| value.is_ascii());
    lines
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|item| String::from_utf8_lossy(trim(item)).to_ascii_lowercase())
        .collect()
}

fn persists(version: &str, fields: &[Field]) -> bool {
    let tokens = items(fields, "connection");
    let has = |token: &str| tokens.iter().any(|known| known == token);
    !has("close") && (version == "HTTP/1.1" || has("keep-alive"))
}

fn is_chunked(fields: &[Field]) -> bool {
    let last = values(fields, "transfer-encoding").last().unwrap_or(b"");
    let coding = last.rsplit(|byte| *byte == b',').next().unwrap_or(b"");
    last.is_ascii() && trim(coding).eq_ignore_ascii_case(b"chunked")
}

/// The number that `digits` make, if it is a usable length.
fn length(digits: &[u8]) -> Option<u64> {
    let number = std::str::from_utf8(digits).ok()?;
    let decimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number: u64 = number.parse().ok().filter(|_| decimal)?;
    (number < u64::MAX - 1).then_some(number)
}

// ----- bodies -----

#[derive(Clone, Copy)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

struct Body<'a> {
    data: Vec<u8>,
    trailers: Vec<Field>,
    end: BodyEnd,
    rest: &'a [u8],
}

impl<'a> Body<'a> {
    fn take(framing: Framing, stream: &'a [u8]) -> Self {
        let mut body = Body {
            data: Vec::new(),
            trailers: Vec::new(),
            end: BodyEnd::Complete,
            rest: stream,
        };
        match framing {
            Framing::Length(length) => {
                let there = stream
                    .len()
                    .min(usize::try_from(length).unwrap_or(usize::MAX));
                body.data = stream[..there].to_vec();
                body.rest = &stream[there..];
                if (there as u64) < length {
                    body.end = BodyEnd::Bad;
                }
            }
            Framing::UntilClose => {
                body.data = stream.to_vec();
                body.rest = &[];
            }
            Framing::Chunked => match body.take_chunks() {
                Some(end) => body.end = end,
                None => body.end = BodyEnd::Bad,
            },
        }
        body
    }

    /// `None` if the body does not end well.
    fn take_chunks(&mut self) -> Option<BodyEnd> {
        loop {
            let size = self.take_chunk_line()?;
            if size == 0 {
                return self.take_trailers();
            }
            let there = self
                .rest
                .len()
                .min(usize::try_from(size).unwrap_or(usize::MAX));
            self.data.extend_from_slice(&self.rest[..there]);
            self.rest = &self.rest[there..];
            if (there as u64) < size {
                return None;
            }
            self.rest = self.rest.strip_prefix(b"\r\n")?;
        }
    }

    fn take_chunk_line(&mut self) -> Option<u64> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let line = self.rest[..end].strip_suffix(b"\r")?;
        self.rest = &self.rest[end + 1..];
        if line.contains(&b'\r') {
            return None;
        }
        let digits = line
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        let (number, more) = line.split_at(digits);
        let more = more.split(|byte| *byte == b';').next().unwrap_or(b"");
        if !trim(more).is_empty() {
            return None;
        }
        let number = std::str::from_utf8(number).ok()?;
        u64::from_str_radix(number, 16).ok()
    }

    fn take_trailers(&mut self) -> Option<BodyEnd> {
        let mut lines = Vec::new();
        loop {
            let end = self.rest.iter().position(|byte| *byte == b'\n')?;
            let line = &self.rest[..end];
            self.rest = &self.rest[end + 1..];
            let Some(line) = line.strip_suffix(b"\r") else {
                // A bare LF among trailers: some take it for a line's end, and some do not.
                return Some(BodyEnd::Unsaid);
            };
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let fields = parse_fields(&lines)?;
        let may = |field: &Field| !NEVER_TRAILERS.contains(&&*field.0);
        self.trailers = fields.into_iter().filter(may).collect();
        Some(BodyEnd::Complete)
    }
}

// ----- requests -----

/// What a server gets from `stream`, which ends behind its last byte.
pub fn read_requests(mut stream: &[u8]) -> Requests {
    let mut messages = Vec::new();
    let ending = loop {
        if is_blank(stream) {
            break Ending::Clean;
        }
        let Some(head) = take_head(stream) else {
            break Ending::InHead;
        };
        let Some(request) = RequestHead::parse(&head.lines) else {
            break Ending::Refused;
        };
        let body = Body::take(request.framing, head.rest);
        messages.push(Message {
            start: request.start,
            fields: request.fields,
            body: body.data,
            trailers: body.trailers,
            end: body.end,
        });
        match body.end {
            BodyEnd::Unsaid => break Ending::Unsaid,
            BodyEnd::Bad => break Ending::Closed,
            BodyEnd::Complete if !request.persists => break Ending::Closed,
            BodyEnd::Complete => stream = body.rest,
        }
    };
    Requests { messages, ending }
}

struct RequestHead {
    start: String,
    fields: Vec<Field>,
    framing: Framing,
    persists: bool,
}

impl RequestHead {
    fn parse(lines: &[&[u8]]) -> Option<Self> {
        let (line, fields) = lines.split_first()?;
        let parts: Vec<_> = line.split(|byte| *byte == b' ').collect();
        let [method, target, version] = parts[..] else {
            return None;
        };
        let visible = |byte: &u8| *byte > 0x20 && *byte != 0x7f;
        if !is_token(method) || target.is_empty() || !target.iter().all(visible) {
            return None;
        }
        let version = match version {
            b"HTTP/1.0" => "HTTP/1.0",
            b"HTTP/1.1" => "HTTP/1.1",
            _ => return None,
        };
        let target: http::Uri = std::str::from_utf8(target).ok()?.parse().ok()?;
        let fields = parse_fields(fields)?;
        let (framing, ambiguous) = request_framing(version, &fields)?;
        let method = String::from_utf8_lossy(method);
        Some(RequestHead {
            start: format!("{method} {target} {version}"),
            framing,
            persists: persists(version, &fields) && !ambiguous,
            fields: without_length(&fields),
        })
    }
}

/// How the body of a request ends, and whether it says so in two ways (RFC 9112, section 6.1).
fn request_framing(version: &str, fields: &[Field]) -> Option<(Framing, bool)> {
    let mut declared = None;
    let mut coded = false;
    for (name, value) in fields {
        match &**name {
            "transfer-encoding" if version == "HTTP/1.0" => return None,
            "transfer-encoding" => coded = true,
            // What stands behind a transfer-encoding is of no consequence.
            "content-length" if coded => {}
            "content-length" => {
                let length = length(value)?;
                if declared.is_some_and(|before| before != length) {
                    return None;
                }
                declared = Some(length);
            }
            _ => {}
        }
    }
    if !coded {
        return Some((Framing::Length(declared.unwrap_or(0)), false));
    }
    let both = values(fields, "content-length").next().is_some();
    is_chunked(fields).then_some((Framing::Chunked, both))
}

// ----- responses -----

/// What a client gets from `stream` in answer to a request of `method`; then the stream ends.
pub fn read_answer(method: &str, mut stream: &[u8]) -> Answer {
    loop {
        let Some(head) = take_head(stream) else {
            return Answer::None;
        };
        let Some(response) = ResponseHead::parse(&head.lines) else {
            return Answer::None;
        };
        match response.status {
            101 => return Answer::Upgrade,
            100..=199 => stream = head.rest,
            _ => return response.with_body(method, head.rest),
        }
    }
}

struct ResponseHead {
    version: &'static str,
    status: u16,
    fields: Vec<Field>,
}

impl ResponseHead {
    fn parse(lines: &[&[u8]]) -> Option<Self> {
        let (line, fields) = lines.split_first()?;
        let version = match line.get(..9)? {
            b"HTTP/1.0 " => "HTTP/1.0",
            b"HTTP/1.1 " => "HTTP/1.1",
            _ => return None,
        };
        let status = line.get(9..12)?;
        let phrase = match &line[12..] {
            [] => &[],
            [b' ', phrase @ ..] => phrase,
            _ => return None,
        };
        if !status.iter().all(u8::is_ascii_digit) || !is_text(phrase) {
            return None;
        }
        let status: u16 = std::str::from_utf8(status).ok()?.parse().ok()?;
        let fields = parse_fields(fields)?;
        (status >= 100).then_some(ResponseHead {
            version,
            status,
            fields,
        })
    }

    fn with_body(self, method: &str, stream: &[u8]) -> Answer {
        if method == "CONNECT" && (200..300).contains(&self.status) {
            return Answer::Upgrade;
        }
        let framing = match self.framing(method) {
            Some(framing) => framing,
            None => return Answer::None,
        };
        let body = Body::take(framing, stream);
        let kept = match framing {
            Framing::UntilClose => false,
            // Bytes behind the response, which nobody asked for, end the connection as well.
            _ => persists(self.version, &self.fields) && body.rest.is_empty(),
        };
        Answer::Response {
            message: Message {
                start: format!("{} {}", self.version, self.status),
                fields: without_length(&self.fields),
                body: body.data,
                trailers: body.trailers,
                end: body.end,
            },
            kept: kept && body.end == BodyEnd::Complete,
        }
    }

    /// `None` if the response cannot be read.
    fn framing(&self, method: &str) -> Option<Framing> {
        let coded = values(&self.fields, "transfer-encoding").next().is_some();
        let bodyless = method == "HEAD" || [204, 304].contains(&self.status);
        if bodyless {
            return Some(Framing::Length(0));
        }
        if coded {
            return match (self.version, is_chunked(&self.fields)) {
                ("HTTP/1.0", _) => None,
                (_, true) => Some(Framing::Chunked),
                (_, false) => Some(Framing::UntilClose),
            };
        }
        let mut declared = None;
        for item in values(&self.fields, "content-length").flat_map(|v| v.split(|b| *b == b',')) {
            let length = length(trim(item))?;
            if declared.is_some_and(|before| before != length) {
                return None;
            }
            declared = Some(length);
        }
        Some(declared.map_or(Framing::UntilClose, Framing::Length))
    }
}
