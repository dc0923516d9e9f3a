//! What servers among the examples share: where they listen, and patience with an `accept` that fails.

use std::net::{Ipv4Addr, SocketAddr};
use std::process;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::arguments::refuse;

/// Listens on `address`, or else on `port` of loopback, and prints where that is.
///
/// Port 0 is any that is free. Where listening is not possible the program ends, and says why.
pub async fn listen(address: Option<String>, port: u16, usage: &str) -> TcpListener {
    let address = match address {
        None => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        Some(text) => text
            .parse()
            .unwrap_or_else(|_| refuse(&format!("no address like 127.0.0.1:8080: {text}"), usage)),
    };
    let bound = TcpListener::bind(address).await;
    match bound.and_then(|listener| Ok((listener.local_addr()?, listener))) {
        Ok((address, listener)) => {
            println!("listening on http://{address}/");
            listener
        }
        Err(error) => {
            eprintln!("cannot listen on {address}: {error}");
            process::exit(1)
        }
    }
}

/// Waits for the next connection. Cancel safe: no connection is lost.
pub async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                // Out of file descriptors, most likely: some will be free again soon.
                eprintln!("cannot accept: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
