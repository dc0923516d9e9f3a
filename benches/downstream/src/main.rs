//! A server of axum's, asked by reqwest over HTTP/1 and over HTTP/2.

use std::error::Error;

use axum::body::Bytes;
use axum::routing::{get, post};
use axum::Router;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let routes = Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/echo", post(|body: Bytes| async { body }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, routes).await });

    for client in [
        reqwest::Client::builder().http1_only().build()?,
        reqwest::Client::builder().http2_prior_knowledge().build()?,
    ] {
        let hello = client.get(format!("http://{address}/hello")).send().await?;
        let version = hello.version();
        let echo = client.post(format!("http://{address}/echo")).body("echo");
        let echo = echo.send().await?.text().await?;
        println!("{} and {echo} by {version:?}", hello.text().await?);
    }
    Ok(())
}
