//! Everything that is not measured, in a process of its own: the client and the origins.
//!
//! A line on standard input asks for something, a line on standard output says that it is done:
//!
//! ```text
//! open <h2|tcp> <proxy> <load>   ->  opened        sessions are numbered from 0
//! run <session> <amount>         ->  ran <nanoseconds> <frames>
//! close                          ->  closed        all sessions; numbers start again
//! ```
//!
//! The amount is in bytes, of all tunnels together, or in rounds; frames are those of DATA that the
//! client received. The process is the same whatever is
//! measured, and cheap: plain blocking sockets, and frames written by hand.

mod frames;
mod h2_client;
mod origin;
mod pacer;
mod process;
mod tcp_client;

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::time::Instant;

use self::h2_client::H2Client;
use self::origin::Origins;
pub use self::process::{Peers, Ran, Session};
use self::tcp_client::TcpClient;
use crate::load::{Load, Work};

/// The argument that makes the program run as this process.
pub const ARGUMENT: &str = "--tunnel-peers";

/// One row's connection, or connections, with the origins behind it.
trait Client {
    /// Has `amount` carried, and returns when the last byte has arrived.
    fn run(&mut self, amount: u64) -> io::Result<()>;

    /// DATA frames received so far.
    fn frames(&self) -> u64;
}

/// Serves standard input until it ends.
pub fn serve() -> io::Result<()> {
    let mut sessions: Vec<Box<dyn Client>> = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match command {
            "open" => {
                sessions.push(open(rest)?);
                "opened".to_owned()
            }
            "run" => {
                let (session, amount) = rest.split_once(' ').ok_or_else(|| unknown(&line))?;
                let session: usize = number(session)?;
                let amount = number(amount)?;
                let session = sessions.get_mut(session).ok_or_else(|| unknown(&line))?;
                let frames = session.frames();
                let start = Instant::now();
                session.run(amount)?;
                let time = start.elapsed().as_nanos();
                format!("ran {time} {}", session.frames() - frames)
            }
            "close" => {
                sessions.clear();
                "closed".to_owned()
            }
            _ => return Err(unknown(&line)),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn open(arguments: &str) -> io::Result<Box<dyn Client>> {
    let mut arguments = arguments.splitn(3, ' ');
    let (Some(protocol), Some(proxy), Some(load)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err(unknown("open without its arguments"));
    };
    let proxy: SocketAddr = proxy.parse().map_err(invalid)?;
    let load: Load = load.parse().map_err(invalid)?;
    let origins = Origins::listen()?;
    Ok(match protocol {
        "h2" => Box::new(H2Client::open(proxy, load, origins)?),
        "tcp" => Box::new(TcpClient::open(proxy, load, origins)?),
        _ => return Err(unknown(protocol)),
    })
}

fn number<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> io::Result<T> {
    text.parse().map_err(invalid)
}

fn invalid(err: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, err)
}

fn unknown(what: &str) -> io::Error {
    invalid(format!("not understood: {what}"))
}

/// How many connections the origins of a load get.
fn connections(load: Load) -> usize {
    match load.work {
        Work::PingPong => 0,
        Work::Download | Work::Upload => load.tunnels,
    }
}
