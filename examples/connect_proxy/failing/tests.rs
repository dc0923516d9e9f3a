use std::collections::VecDeque;

use tokio::io::{copy_bidirectional, duplex, AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::*;

/// A target that sends what it is told to, and takes everything or nothing.
struct Target {
    sends: VecDeque<io::Result<&'static [u8]>>,
    takes: bool,
}

impl AsyncRead for Target {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(bytes) = self.sends.pop_front().transpose()? {
            buf.put_slice(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Target {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(match self.takes {
            true => Ok(bytes.len()),
            false => Err(io::ErrorKind::BrokenPipe.into()),
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Carries bytes between a client and a target. Gives how that ended, and what the target's meter has.
async fn carry(client: DuplexStream, target: Target) -> (io::Result<(u64, u64)>, Arc<Meter>) {
    let (client_meter, target_meter) = (Meter::new(), Meter::new());
    let client = Metered::new(client, client_meter);
    let mut client = NotEndedBy::new(Arc::clone(&target_meter), client);
    let mut target = FailsLate::new(Metered::new(target, Arc::clone(&target_meter)));
    (
        copy_bidirectional(&mut client, &mut target).await,
        target_meter,
    )
}

#[tokio::test]
async fn bytes_before_a_failure_reach_a_client_that_is_slow() {
    let (client, mut far) = duplex(3);
    let reset = io::ErrorKind::ConnectionReset;
    let target = Target {
        sends: VecDeque::from([Ok(b"last " as &[u8]), Ok(b"words"), Err(reset.into())]),
        takes: true,
    };
    let reading = async {
        let mut words = [0; 10];
        far.read_exact(&mut words).await.expect("all of it comes");
        words
    };
    let ((carried, meter), words) = tokio::join!(carry(client, target), reading);
    assert_eq!(&words, b"last words");
    assert_eq!(carried.map_err(|error| error.kind()), Err(reset));
    assert_eq!(meter.failure(), Some(reset));
}

#[tokio::test]
async fn what_a_target_sends_is_carried_although_it_takes_nothing() {
    let (client, mut far) = duplex(3);
    let reset = io::ErrorKind::ConnectionReset;
    let target = Target {
        sends: VecDeque::from([Ok(b"too large" as &[u8]), Err(reset.into())]),
        takes: false,
    };
    let asking = async {
        let (mut reader, mut writer) = tokio::io::split(&mut far);
        let mut answer = [0; 9];
        let (asked, read) =
            tokio::join!(writer.write_all(&[0; 100]), reader.read_exact(&mut answer));
        // The end may come before all of it is asked.
        drop(asked);
        read.expect("all of it comes");
        answer
    };
    let ((carried, meter), answer) = tokio::join!(carry(client, target), asking);
    assert_eq!(&answer, b"too large");
    carried.expect_err("the target failed");
    assert!(meter.failure().is_some());
    assert_eq!(meter.written(), 0);
}

#[tokio::test]
async fn an_end_that_is_none_of_a_failure_is_passed_on() {
    let (client, mut far) = duplex(100);
    let target = Target {
        sends: VecDeque::from([Ok(b"all" as &[u8])]),
        takes: true,
    };
    let asking = async {
        far.write_all(b"question").await.expect("there is room");
        far.shutdown().await.expect("the other end is there");
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).await.expect("it ends");
        answer
    };
    let ((carried, meter), answer) = tokio::join!(carry(client, target), asking);
    assert_eq!(answer, b"all");
    assert_eq!(carried.expect("nothing failed"), (8, 3));
    assert_eq!(meter.failure(), None);
}
