//! Received bodies, read to their end whatever it is.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use tokio::task::JoinHandle;

use crate::support::virtual_timer::expect_soon;

/// All that a body gave.
#[derive(Debug, Default)]
pub struct Reading {
    pub data: Vec<u8>,
    /// Length of each data frame.
    pub frames: Vec<usize>,
    pub trailers: Option<HeaderMap>,
    /// What came instead of the end.
    pub error: Option<hyper::Error>,
}

impl Reading {
    pub async fn of(mut body: Incoming) -> Self {
        let mut reading = Reading::default();
        while let Some(frame) = body.frame().await {
            match frame.map(|frame| frame.into_data()) {
                Ok(Ok(data)) => {
                    assert!(reading.trailers.is_none(), "no data comes after trailers");
                    reading.frames.push(data.len());
                    reading.data.extend_from_slice(&data);
                }
                Ok(Err(other)) => {
                    let trailers = other.into_trailers();
                    let trailers = trailers.expect("a frame is data or trailers");
                    let before = reading.trailers.replace(trailers);
                    assert!(before.is_none(), "trailers come once");
                }
                Err(error) => {
                    reading.error = Some(error);
                    break;
                }
            }
        }
        // What has ended stays so.
        assert!(body.frame().await.is_none());
        reading
    }

    /// Reads in a task.
    pub fn start(body: Incoming) -> ReadingTask {
        ReadingTask(tokio::spawn(Self::of(body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    /// The data of a body that ended well.
    pub fn whole(self) -> String {
        assert!(self.error.is_none(), "{:?}", self.error);
        self.text()
    }

    pub fn failure(self) -> hyper::Error {
        self.error.expect("the body fails")
    }
}

/// A body that is being read.
#[derive(Debug)]
pub struct ReadingTask(JoinHandle<Reading>);

impl ReadingTask {
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    pub async fn finish(self) -> Reading {
        let reading = expect_soon("the end of the body", self.0).await;
        reading.expect("reading a body does not panic")
    }
}

/// The next frame of a body; `None` at its end.
pub async fn next_frame(body: &mut Incoming) -> Option<hyper::Result<Frame<Bytes>>> {
    expect_soon("the next frame", body.frame()).await
}

/// The next data of a body.
pub async fn next_data(body: &mut Incoming) -> Bytes {
    let frame = next_frame(body).await.expect("more to come");
    let frame = frame.expect("no failure");
    frame.into_data().expect("data")
}

/// `name: value` for each field, in the map's order.
pub fn lines(headers: &HeaderMap) -> Vec<String> {
    let line = |(name, value): (_, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        format!("{name}: {value}")
    };
    headers.iter().map(line).collect()
}
