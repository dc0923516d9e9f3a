//! The client of the plain relay: a connection for each tunnel, the origin's address in its first line.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use super::origin::{Connected, Origins};
use super::pacer::Pacer;
use super::{connections, invalid, Client};
use crate::load::{Load, Pace, Work, FRAME};
use crate::socket::{pace, prepare};

/// Most that one read or write moves.
const CHUNK: usize = 256 << 10;
/// The same for a client that is slow.
const SLOW_CHUNK: usize = 64 << 10;

pub struct TcpClient {
    load: Load,
    sockets: Vec<TcpStream>,
    origins: Connected,
}

impl TcpClient {
    pub fn open(proxy: SocketAddr, load: Load, origins: Origins) -> io::Result<TcpClient> {
        let address = origins.address()?;
        let sockets = (0..load.tunnels)
            .map(|_| {
                let mut socket = TcpStream::connect(proxy)?;
                prepare(&socket)?;
                pace(&socket, load.pace)?;
                writeln!(socket, "{address}")?;
                Ok(socket)
            })
            .collect::<io::Result<Vec<_>>>()?;
        let origins = origins.accept(connections(load), load)?;
        Ok(TcpClient {
            load,
            sockets,
            origins,
        })
    }
}

impl Client for TcpClient {
    fn frames(&self) -> u64 {
        0
    }

    fn run(&mut self, amount: u64) -> io::Result<()> {
        let load = self.load;
        let each = amount / load.tunnels as u64;
        match load.work {
            Work::Download => {
                self.origins.send(each)?;
                on_all(&mut self.sockets, |socket| {
                    download(socket, each, load.pace)
                })
            }
            Work::Upload => {
                let goal = self.origins.received().total() + each * load.tunnels as u64;
                on_all(&mut self.sockets, |socket| {
                    upload(socket, each, load.write_size.min(FRAME))
                })?;
                self.origins.received().wait_for(goal);
                Ok(())
            }
            Work::PingPong => {
                let message = vec![b'p'; load.write_size];
                let mut answer = message.clone();
                for _ in 0..amount {
                    self.sockets[0].write_all(&message)?;
                    self.sockets[0].read_exact(&mut answer)?;
                }
                Ok(())
            }
        }
    }
}

fn on_all(
    sockets: &mut [TcpStream],
    run: impl Fn(&mut TcpStream) -> io::Result<()> + Sync,
) -> io::Result<()> {
    if let [socket] = sockets {
        return run(socket);
    }
    let run = &run;
    thread::scope(|scope| {
        let running: Vec<_> = sockets
            .iter_mut()
            .map(|socket| scope.spawn(move || run(socket)))
            .collect();
        running
            .into_iter()
            .try_for_each(|thread| thread.join().expect("a client's thread does not panic"))
    })
}

fn download(socket: &mut TcpStream, amount: u64, pace: Pace) -> io::Result<()> {
    let chunk = match pace {
        Pace::Full => CHUNK,
        Pace::PerFrame(_) | Pace::PerChunk(_) => SLOW_CHUNK,
    };
    let mut buffer = vec![0; chunk];
    let mut pacer = Pacer::new();
    let mut left = amount;
    while left > 0 {
        let read = socket.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left = left
            .checked_sub(read as u64)
            .ok_or_else(|| invalid("more bytes than were sent"))?;
        match pace {
            Pace::Full => {}
            Pace::PerFrame(time) => pacer.charge(time.mul_f64(read as f64 / FRAME as f64)),
            Pace::PerChunk(time) => pacer.charge(time.mul_f64(read as f64 / SLOW_CHUNK as f64)),
        }
    }
    Ok(())
}

/// Writes pieces of `write_size`, several with one call where they are small: what a proxy reads is the
/// same, as TCP keeps no record of pieces.
fn upload(socket: &mut TcpStream, amount: u64, write_size: usize) -> io::Result<()> {
    let pieces = (64 << 10) / write_size;
    let buffer = vec![b'u'; pieces.min(512) * write_size];
    let mut left = amount;
    while left > 0 {
        let now = left.min(buffer.len() as u64) as usize;
        socket.write_all(&buffer[..now])?;
        left -= now as u64;
    }
    Ok(())
}
