//! One server of axum's and tonic's, asked by reqwest and by tonic: four crates that stand on hyper, and none that knows which.

use std::error::Error;

use axum::routing::get;
use axum::Router;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Endpoint;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::HealthCheckRequest;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (_reporter, health) = tonic_health::server::health_reporter();
    let routes = Router::new()
        .route("/hello", get(|| async { "hello" }))
        .merge(Routes::new(health).into_axum_router());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, routes).await });

    for client in [
        reqwest::Client::builder().http1_only().build()?,
        reqwest::Client::builder().http2_prior_knowledge().build()?,
    ] {
        let response = client.get(format!("http://{address}/hello")).send().await?;
        let version = response.version();
        println!(
            "reqwest and axum say {} by {version:?}",
            response.text().await?
        );
    }
    let channel = Endpoint::from_shared(format!("http://{address}"))?;
    let mut client = HealthClient::new(channel.connect().await?);
    let answer = client.check(HealthCheckRequest::default()).await?;
    println!("tonic says {:?}", answer.into_inner().status());
    Ok(())
}
