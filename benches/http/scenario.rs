//! What is measured.

/// Bytes of a large body.
pub const MIB: usize = 1 << 20;

/// What bodies are made of: the same bytes at the same place for every row, since a copy to a socket takes longer or less
/// long by how its source is aligned.
pub static CONTENT: Aligned = Aligned([b'x'; MIB]);

#[repr(align(4096))]
pub struct Aligned(pub [u8; MIB]);
/// A body in small frames, as of server-sent events.
pub const SMALL_FRAME: usize = 100;
pub const SMALL_FRAMES: usize = 1_000;

/// How much of a body a client of HTTP/1 puts into a chunk.
const CHUNK: usize = 16 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

/// How a request's body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    Nothing,
    /// A MiB whose length is told.
    Exact,
    /// A MiB in chunks. Over HTTP/2 there is no difference.
    Chunked,
}

#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub protocol: Protocol,
    /// Which answer the service gives.
    pub path: &'static str,
    /// Fields of a request besides those it cannot do without.
    pub fields: usize,
    pub upload: Upload,
    pub connections: usize,
    /// Requests on each connection that are sent before an answer is read.
    pub in_flight: usize,
    /// Requests in a round, on all connections.
    pub requests: usize,
}

const HELLO: Scenario = Scenario {
    name: "",
    protocol: Protocol::Http1,
    path: "/hello",
    fields: 2,
    upload: Upload::Nothing,
    connections: 1,
    in_flight: 1,
    requests: 2_000,
};

const LARGE: Scenario = Scenario {
    requests: 32,
    ..HELLO
};

pub fn http1() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "h1/hello/1",
            ..HELLO
        },
        Scenario {
            name: "h1/hello/16 connections",
            connections: 16,
            requests: 4_000,
            ..HELLO
        },
        Scenario {
            name: "h1/pipelining/16",
            in_flight: 16,
            requests: 8_000,
            ..HELLO
        },
        Scenario {
            name: "h1/fields/32 and 16",
            path: "/fields",
            fields: 32,
            ..HELLO
        },
        Scenario {
            name: "h1/download/1MiB",
            path: "/exact",
            ..LARGE
        },
        Scenario {
            name: "h1/download/1MiB/chunked",
            path: "/unknown",
            ..LARGE
        },
        Scenario {
            name: "h1/upload/1MiB",
            path: "/read",
            upload: Upload::Exact,
            ..LARGE
        },
        Scenario {
            name: "h1/upload/1MiB/chunked",
            path: "/read",
            upload: Upload::Chunked,
            ..LARGE
        },
        Scenario {
            name: "h1/small frames/1000x100B",
            path: "/small",
            ..LARGE
        },
    ]
}

pub fn http2() -> Vec<Scenario> {
    const HELLO2: Scenario = Scenario {
        protocol: Protocol::Http2,
        ..HELLO
    };
    const LARGE2: Scenario = Scenario {
        protocol: Protocol::Http2,
        ..LARGE
    };
    vec![
        Scenario {
            name: "h2/hello/1",
            ..HELLO2
        },
        Scenario {
            name: "h2/hello/100 streams",
            in_flight: 100,
            requests: 4_000,
            ..HELLO2
        },
        Scenario {
            name: "h2/fields/32 and 16",
            path: "/fields",
            fields: 32,
            ..HELLO2
        },
        Scenario {
            name: "h2/download/1MiB",
            path: "/exact",
            ..LARGE2
        },
        Scenario {
            name: "h2/upload/1MiB",
            path: "/read",
            upload: Upload::Exact,
            ..LARGE2
        },
        Scenario {
            name: "h2/small frames/1000x100B",
            path: "/small",
            ..LARGE2
        },
    ]
}

pub fn named(name: &str) -> Scenario {
    let mut all = http1().into_iter().chain(http2());
    all.find(|scenario| scenario.name == name)
        .expect("both processes are the same program")
}

impl Scenario {
    /// All bytes of one request of HTTP/1.
    pub fn http1_request(&self) -> Vec<u8> {
        let method = match self.upload {
            Upload::Nothing => "GET",
            Upload::Exact | Upload::Chunked => "POST",
        };
        let mut request =
            format!("{method} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", self.path).into_bytes();
        for (name, value) in self.request_fields() {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        match self.upload {
            Upload::Nothing => request.extend_from_slice(b"\r\n"),
            Upload::Exact => {
                request.extend_from_slice(format!("Content-Length: {MIB}\r\n\r\n").as_bytes());
                request.resize(request.len() + MIB, b'x');
            }
            Upload::Chunked => {
                request.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                for _ in 0..MIB / CHUNK {
                    request.extend_from_slice(format!("{CHUNK:x}\r\n").as_bytes());
                    request.resize(request.len() + CHUNK, b'x');
                    request.extend_from_slice(b"\r\n");
                }
                request.extend_from_slice(b"0\r\n\r\n");
            }
        }
        request
    }

    pub fn request_fields(&self) -> Vec<(String, String)> {
        let mut fields = vec![
            ("user-agent".to_owned(), "measuring/1.0".to_owned()),
            ("accept".to_owned(), "*/*".to_owned()),
        ];
        for nth in 2..self.fields {
            fields.push((
                format!("x-field-{nth}"),
                format!("a value as long as such values are {nth}"),
            ));
        }
        fields
    }

    /// How often a round sends what is in flight on all connections.
    pub fn batches(&self, divisor: usize) -> usize {
        (self.requests / divisor / (self.connections * self.in_flight)).max(1)
    }
}
