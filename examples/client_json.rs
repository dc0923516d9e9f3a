//! JSON there and back: POSTs a question, reads the answer into a type.
//!
//! ```text
//! cargo run --release --features full --example client_json
//! cargo run --release --features full --example client_json -- http://127.0.0.1:3000/
//! ```
//!
//! Without an address it asks a server of its own, which counts the words of a text.

use std::error::Error;

use bytes::{Buf, Bytes};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::header::{HeaderValue, CONTENT_TYPE, HOST};
use hyper::http::uri::Scheme;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};

mod arguments;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str = "client_json [URL]";

#[derive(Debug, Deserialize, Serialize)]
struct Question {
    text: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Answer {
    words: usize,
    longest: Option<String>,
}

/// Most bytes of JSON either side takes: a body is collected in memory before it is parsed.
const LIMIT: usize = 1024 * 1024;

#[tokio::main]
async fn main() -> Result<()> {
    let url = match arguments::take(USAGE) {
        [Some(text)] => match text.parse::<Uri>() {
            Ok(url) if url.scheme() == Some(&Scheme::HTTP) => url,
            _ => arguments::refuse(&format!("not an http:// address: {text}"), USAGE),
        },
        [None] => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}/", listener.local_addr()?);
            println!("listening on {url}");
            tokio::spawn(serve(listener));
            url.parse()?
        }
    };
    let question = Question {
        text: "how much wood would a woodchuck chuck".into(),
    };
    let answer: Answer = post(&url, &question).await?;
    let longest = answer.longest.as_deref().unwrap_or("none");
    println!("{} words, the longest is {longest}", answer.words);
    Ok(())
}

/// Sends `question` as JSON and reads the answer as JSON.
async fn post<Q: Serialize, A: DeserializeOwned>(url: &Uri, question: &Q) -> Result<A> {
    let authority = url.authority().ok_or("a host is missing")?;
    let host = authority.host().trim_matches(['[', ']']);
    let port = authority.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);

    let target = url.path_and_query().map_or("/", |target| target.as_str());
    let request = Request::post(target)
        .header(HOST, authority.as_str())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::<Bytes>::from(serde_json::to_vec(question)?))?;
    let response = sender.send_request(request).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("the server answered {}", response.status()).into());
    }
    let body = Limited::new(response.into_body(), LIMIT).collect().await?;
    // `aggregate` keeps the pieces as they came; a reader goes over them without joining them first.
    Ok(serde_json::from_reader(body.aggregate().reader())?)
}

async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = server::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service_fn(count));
        tokio::spawn(connection);
    }
}

async fn count(request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let body = Limited::new(request.into_body(), LIMIT).collect().await?;
    let question: Question = match serde_json::from_slice(&body.to_bytes()) {
        Ok(question) => question,
        Err(error) => {
            let mut refusal = Response::new(Full::from(format!("{error}\n")));
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            return Ok(refusal);
        }
    };
    let words = question.text.split_whitespace();
    let answer = Answer {
        words: words.clone().count(),
        longest: words.max_by_key(|word| word.len()).map(str::to_owned),
    };
    let mut response = Response::new(Full::from(serde_json::to_vec(&answer)?));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}
