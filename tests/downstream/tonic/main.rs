//! tonic: gRPC, its server and its channel, with messages that are plain text, so that no compiler of protocols is needed.
//!
//! Contract 9-8, 9-9, 2.3-4, 2.3-5.

mod calls;
mod codec;
mod failures;
mod service;
mod time;

use codec::TextCodec;
use hyper_downstream::listen;
use hyper_util::rt::TokioIo;
use service::Talk;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt};
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, IntoRequest, IntoStreamingRequest, Response, Status, Streaming};

/// The client that a compiler would have written.
#[derive(Clone)]
struct Client(Channel);

impl Client {
    /// Of a server with the service [`Talk`] on loopback.
    async fn over_loopback(server: Server, talk: Talk) -> Self {
        let (listener, address) = listen().await;
        let mut server = server;
        let router = server.add_service(talk);
        tokio::spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URI");
        Client(endpoint.connect().await.expect("a connection"))
    }

    /// Of the same in memory, for time that is skipped.
    async fn over_a_pipe(server: Server, endpoint: Endpoint, talk: Talk) -> Self {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (sender, incoming) = mpsc::channel::<Result<DuplexStream, std::io::Error>>(1);
        sender.send(Ok(far)).await.expect("room for one");
        let mut server = server;
        let router = server.add_service(talk);
        tokio::spawn(async move {
            // No other connection comes, and the server waits for one as long as it runs.
            let _more = sender;
            router
                .serve_with_incoming(ReceiverStream::new(incoming))
                .await
        });
        Self::connect(endpoint, near).await
    }

    /// Of whatever is at the other end of `near`.
    async fn connect(endpoint: Endpoint, near: DuplexStream) -> Self {
        let mut near = Some(near);
        let connector = tower::service_fn(move |_| {
            let near = near.take().ok_or(std::io::ErrorKind::ConnectionRefused);
            std::future::ready(near.map(TokioIo::new).map_err(std::io::Error::from))
        });
        let channel = endpoint.connect_with_connector(connector).await;
        Client(channel.expect("a connection"))
    }

    async fn ready(&self) -> Grpc<Channel> {
        let mut grpc = Grpc::new(self.0.clone());
        grpc.ready().await.expect("a channel");
        grpc
    }

    async fn unary(
        &self,
        method: &'static str,
        request: impl IntoRequest<String>,
    ) -> Result<Response<String>, Status> {
        let path = http::uri::PathAndQuery::from_static(method);
        let request = request.into_request();
        self.ready().await.unary(request, path, TextCodec).await
    }

    async fn server_streaming(
        &self,
        method: &'static str,
        request: impl IntoRequest<String>,
    ) -> Result<Response<Streaming<String>>, Status> {
        let path = http::uri::PathAndQuery::from_static(method);
        let request = request.into_request();
        let mut grpc = self.ready().await;
        grpc.server_streaming(request, path, TextCodec).await
    }

    async fn client_streaming(
        &self,
        method: &'static str,
        requests: impl Stream<Item = String> + Send + 'static,
    ) -> Result<Response<String>, Status> {
        let path = http::uri::PathAndQuery::from_static(method);
        let requests = requests.into_streaming_request();
        let mut grpc = self.ready().await;
        grpc.client_streaming(requests, path, TextCodec).await
    }

    async fn streaming(
        &self,
        method: &'static str,
        requests: impl Stream<Item = String> + Send + 'static,
    ) -> Result<Response<Streaming<String>>, Status> {
        let path = http::uri::PathAndQuery::from_static(method);
        let requests = requests.into_streaming_request();
        self.ready()
            .await
            .streaming(requests, path, TextCodec)
            .await
    }
}

/// Every message of `stream`, and how it ended.
async fn all(mut stream: Streaming<String>) -> (Vec<String>, Code) {
    let mut messages = Vec::new();
    while let Some(message) = stream.next().await {
        match message {
            Ok(message) => messages.push(message),
            Err(status) => return (messages, status.code()),
        }
    }
    (messages, Code::Ok)
}
