//! Plain TCP servers behind the proxy: sources that send as fast as they are read, and sinks.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::load::{Load, Work};
use crate::socket::prepare;

const CHUNK: usize = 256 << 10;

/// Where the proxy connects to.
pub struct Origins {
    listener: TcpListener,
}

impl Origins {
    pub fn listen() -> io::Result<Origins> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        prepare(&listener)?;
        Ok(Origins { listener })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Takes `count` connections, each served by a thread until its proxy closes it.
    pub fn accept(&self, count: usize, load: Load) -> io::Result<Connected> {
        let received = Arc::new(Received::default());
        let mut sources = Vec::new();
        for _ in 0..count {
            let (socket, _) = self.listener.accept()?;
            if load.work == Work::Upload {
                let received = received.clone();
                thread::spawn(move || sink(socket, &received));
            } else {
                let (amounts, asked) = mpsc::channel();
                thread::spawn(move || {
                    for amount in asked {
                        if source(&socket, amount).is_err() {
                            return;
                        }
                    }
                });
                sources.push(amounts);
            }
        }
        Ok(Connected { sources, received })
    }
}

/// The origins' connections.
pub struct Connected {
    sources: Vec<Sender<u64>>,
    received: Arc<Received>,
}

impl Connected {
    /// Has every source send so many bytes. Does not wait for it.
    pub fn send(&self, each: u64) -> io::Result<()> {
        for source in &self.sources {
            source
                .send(each)
                .map_err(|_| io::Error::other("the proxy left an origin"))?;
        }
        Ok(())
    }

    /// What the sinks have received so far.
    pub fn received(&self) -> &Received {
        &self.received
    }
}

/// Bytes that all sinks together have received.
#[derive(Debug, Default)]
pub struct Received {
    total: Mutex<u64>,
    grown: Condvar,
}

impl Received {
    pub fn total(&self) -> u64 {
        *self.total.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until there are so many, or more.
    pub fn wait_for(&self, total: u64) {
        let mut now = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        while *now < total {
            now = self.grown.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn add(&self, bytes: u64) {
        *self.total.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        self.grown.notify_all();
    }
}

fn source(mut socket: &TcpStream, amount: u64) -> io::Result<()> {
    static CHUNK_OF_BYTES: [u8; CHUNK] = [b'd'; CHUNK];
    let mut left = amount;
    while left > 0 {
        let now = left.min(CHUNK as u64) as usize;
        let sent = socket.write(&CHUNK_OF_BYTES[..now])?;
        left -= sent as u64;
    }
    Ok(())
}

fn sink(mut socket: TcpStream, received: &Received) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(read @ 1..) = socket.read(&mut buffer) {
        received.add(read as u64);
    }
}
