//! What a client may have answered that reads no answers.

use crate::support::responses::empty;
use crate::support::scripted_h1::Server;
use crate::support::virtual_timer::run_until_idle;

/// hyper's `max_buf_size` here, in bytes: so much may wait to be written.
const LIMIT: usize = 8192;
const SOCKET: usize = 1000;
const ANSWER: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";

// Contract 3.1-10, 4.7-15: answers without a body fill the buffer like bodies do.
#[tokio::test(start_paused = true)]
async fn requests_are_not_taken_while_the_answers_before_them_fill_the_buffer() {
    const REQUESTS: usize = 1000;
    let mut server = Server::tuned(|builder| {
        builder.max_buf_size(LIMIT);
    });
    server.peer.from_hyper().set_buffer(SOCKET);
    let pipeline = "GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(REQUESTS);
    server.peer.send(pipeline).await;
    let mut answered = 0;
    run_until_idle().await;
    while let Some(call) = server.hyper.waiting_call() {
        call.respond(empty());
        answered += 1;
        run_until_idle().await;
    }
    let due = (LIMIT + SOCKET).div_ceil(ANSWER.len());
    assert!((due..=due + 1).contains(&answered), "{answered}, not {due}");

    server.peer.from_hyper().set_buffer(usize::MAX);
    run_until_idle().await;
    while let Some(call) = server.hyper.waiting_call() {
        call.respond(empty());
        answered += 1;
        run_until_idle().await;
    }
    assert_eq!(answered, REQUESTS);
}
