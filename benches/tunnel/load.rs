//! What a row has to carry, in the words that both processes share.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The payload of a DATA frame where the peer has asked for no larger one (RFC 9113 §6.5.2).
pub const FRAME: usize = 16_384;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The proxy reads from an origin and writes to the tunnel.
    Download,
    /// The proxy reads from the tunnel and writes to an origin.
    Upload,
    /// The proxy returns what it reads; the client waits for each answer before it sends again.
    PingPong,
}

/// How the client reads what it downloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can.
    Full,
    /// So long for each DATA frame, of any size, or for each 16 KiB of a plain stream.
    PerFrame(Duration),
    /// 64 KiB, then no more until so long has passed.
    PerChunk(Duration),
}

/// What one connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    pub work: Work,
    /// Download: most bytes of one write by the proxy. Upload: most bytes of one DATA frame of the
    /// client, which are never more than [`FRAME`]. Ping-pong: bytes of one round.
    pub write_size: usize,
    /// Tunnels that carry the work, all on one HTTP/2 connection; connections of their own over TCP.
    pub tunnels: usize,
    /// Tunnels beside them on the connection whose writers wait for window that never comes.
    pub stalled: usize,
    pub pace: Pace,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let work = match self.work {
            Work::Download => "download",
            Work::Upload => "upload",
            Work::PingPong => "ping-pong",
        };
        let (pace, time) = match self.pace {
            Pace::Full => ("full", Duration::ZERO),
            Pace::PerFrame(time) => ("per-frame", time),
            Pace::PerChunk(time) => ("per-chunk", time),
        };
        let time = time.as_nanos();
        let Load {
            write_size,
            tunnels,
            stalled,
            ..
        } = self;
        write!(f, "{work} {write_size} {tunnels} {stalled} {pace} {time}")
    }
}

impl FromStr for Load {
    type Err = String;

    fn from_str(text: &str) -> Result<Load, String> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [work, write_size, tunnels, stalled, pace, time] = parts[..] else {
            return Err(format!("not a load: {text}"));
        };
        let number = |part: &str| {
            part.parse::<usize>()
                .map_err(|err| format!("not a number: {part}: {err}"))
        };
        let time = Duration::from_nanos(number(time)? as u64);
        Ok(Load {
            work: match work {
                "download" => Work::Download,
                "upload" => Work::Upload,
                "ping-pong" => Work::PingPong,
                _ => return Err(format!("not a kind of work: {work}")),
            },
            write_size: number(write_size)?,
            tunnels: number(tunnels)?,
            stalled: number(stalled)?,
            pace: match pace {
                "full" => Pace::Full,
                "per-frame" => Pace::PerFrame(time),
                "per-chunk" => Pace::PerChunk(time),
                _ => return Err(format!("not a pace: {pace}")),
            },
        })
    }
}
