//! Servers on loopback.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::Body;

/// A server that runs as long as its runtime does.
pub struct Serving {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Serving {
    /// How many connections it has accepted.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// With the name `localhost`, which certificates have.
    pub fn https(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }
}

/// A listener on a free port of loopback.
pub async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

/// HTTP/1 and HTTP/2 with prior knowledge, upgrades and extended CONNECT included.
pub async fn serve<F, R>(answer: F) -> Serving
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    start(None, answer).await
}

/// The same behind TLS.
pub async fn serve_tls<F, R>(config: rustls::ServerConfig, answer: F) -> Serving
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    start(Some(TlsAcceptor::from(Arc::new(config))), answer).await
}

async fn start<F, R>(acceptor: Option<TlsAcceptor>, answer: F) -> Serving
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let (listener, address) = listen().await;
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            counted.fetch_add(1, Ordering::SeqCst);
            let (acceptor, answer) = (acceptor.clone(), answer.clone());
            tokio::spawn(async move {
                match acceptor {
                    None => connection(TokioIo::new(stream), answer).await,
                    // A client that distrusts the certificate goes away during the handshake.
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            connection(TokioIo::new(stream), answer).await;
                        }
                    }
                }
            });
        }
    });
    Serving {
        address,
        connections,
    }
}

/// Serves one connection. How it ends is for the client to see.
pub async fn connection<T, F, R>(io: T, answer: F)
where
    T: Read + Write + Unpin + Send + 'static,
    F: Fn(Request<Incoming>) -> R + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let answer = Arc::new(answer);
    let service = service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .enable_connect_protocol();
    let _ = builder.serve_connection_with_upgrades(io, service).await;
}
