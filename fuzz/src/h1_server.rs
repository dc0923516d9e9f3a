//! Bytes a client might send. What the service gets of them is what a second reading of them says, message by message, and
//! each is answered once; see the suite `h1_hostile`.

use crate::options;
use crate::server::{play, Appetite, Script, Setup};

pub fn run(input: &[u8]) {
    let (options, input) = options::split(input);
    let [small_buffer, half_close, pipeline_flush, reads_little, reads_nothing] = options.bits;
    play(&Script {
        input: input.to_vec(),
        pieces: options.pieces,
        appetite: match (reads_nothing, reads_little) {
            (true, _) => Appetite::Nothing,
            (false, true) => Appetite::OneFrame,
            (false, false) => Appetite::All,
        },
        setup: Setup {
            small_buffer,
            half_close,
            pipeline_flush,
            vectored: !pipeline_flush,
        },
    });
}
