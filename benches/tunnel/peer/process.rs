//! The other process, as the measuring one sees it.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::ARGUMENT;
use crate::heap::leave_out_this_thread;
use crate::load::Load;

/// Longest that any answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The process that holds the client and the origins. Ended when this is dropped.
pub struct Peers {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
    sessions: usize,
}

/// How a run went, as the client saw it.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    pub time: Duration,
    /// DATA frames received.
    pub frames: u64,
}

/// A session's number.
#[derive(Clone, Copy, Debug)]
pub struct Session(usize);

impl Peers {
    pub fn start() -> io::Result<Peers> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take().expect("standard input is a pipe");
        let lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
        let (answer, answers) = mpsc::channel();
        std::thread::spawn(move || {
            leave_out_this_thread();
            for line in lines {
                if line.map(|line| answer.send(line)).is_err() {
                    return;
                }
            }
        });
        Ok(Peers {
            child,
            requests,
            answers,
            sessions: 0,
        })
    }

    /// Opens a connection to the proxy, and the load's tunnels.
    pub fn open(&mut self, protocol: &str, proxy: SocketAddr, load: Load) -> Session {
        assert_eq!(
            self.ask(&format!("open {protocol} {proxy} {load}")),
            "opened"
        );
        self.sessions += 1;
        Session(self.sessions - 1)
    }

    /// Has `amount` carried.
    pub fn run(&mut self, Session(session): Session, amount: u64) -> Ran {
        let answer = self.ask(&format!("run {session} {amount}"));
        let ran = answer.strip_prefix("ran ").and_then(|ran| {
            let (nanoseconds, frames) = ran.split_once(' ')?;
            Some(Ran {
                time: Duration::from_nanos(nanoseconds.parse().ok()?),
                frames: frames.parse().ok()?,
            })
        });
        ran.expect("the peers tell how a run went")
    }

    /// Closes every session.
    pub fn close(&mut self) {
        assert_eq!(self.ask("close"), "closed");
        self.sessions = 0;
    }

    fn ask(&mut self, request: &str) -> String {
        self.requests
            .write_all(format!("{request}\n").as_bytes())
            .expect("the peers are there");
        self.answers
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|err| panic!("the peers did not answer `{request}`: {err}"))
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
