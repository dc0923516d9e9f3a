//! Bytes a server might answer with. What the caller gets of them is what a second reading of them says, and the connection is
//! used again where that is certain; see the suite `h1_hostile`.

use crate::client::{play, Script};
use crate::options;

/// Stands between the answers to one request and to the next.
const NEXT: &[u8] = b"\xff\n\xff";
const MOST_EXCHANGES: usize = 4;

pub fn run(input: &[u8]) {
    let (options, mut input) = options::split(input);
    let [small_buffer, leaves_unread, posts, asks_for_heads, connects] = options.bits;
    let first = match (posts, asks_for_heads, connects) {
        (true, ..) => "POST",
        (_, true, _) => "HEAD",
        (.., true) => "CONNECT",
        _ => "GET",
    };
    let mut exchanges = Vec::new();
    while exchanges.len() < MOST_EXCHANGES {
        let end = input.windows(NEXT.len()).position(|three| three == NEXT);
        let answer = &input[..end.unwrap_or(input.len())];
        let method = if exchanges.is_empty() { first } else { "GET" };
        exchanges.push((method, answer.to_vec()));
        match end {
            Some(end) => input = &input[end + NEXT.len()..],
            None => break,
        }
    }
    play(&Script {
        exchanges,
        pieces: options.pieces,
        reads: !leaves_unread,
        small_buffer,
    });
}
