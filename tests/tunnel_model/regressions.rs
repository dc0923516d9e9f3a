//! Scripts that failed once.

use crate::run::play;
use crate::script::{Ending, Op, Run, Script, Setup};
use crate::support::tunnels::{Role, Timer};

fn setup() -> Setup {
    Setup {
        limit: 1 << 20,
        stream_window: 0,
        connection_window: 1 << 24,
        socket_buffer: 64 << 10,
        timer: Timer::Tokio,
        tunnels: 1,
    }
}

fn play_as_both(setup: Setup, steps: &[(Op, Run)]) {
    for role in [Role::Server, Role::Client] {
        play(
            role,
            &Script {
                setup: setup.clone(),
                steps: steps.to_vec(),
                ending: Ending::Delivered,
            },
        );
    }
}

/// A writer that came between h2's news of window and the task that was told of it moved the bytes itself, and then
/// slept in front of the room this had made.
#[test]
fn a_writer_ahead_of_the_task_sees_the_room_it_made() {
    for polls in 0..4 {
        let steps = [
            (Op::Write { t: 0, n: 16 << 10 }, Run::UntilIdle),
            (Op::Grant { t: 0, n: 100 }, Run::Tasks(polls)),
            (Op::Write { t: 0, n: 1 }, Run::UntilIdle),
        ];
        play_as_both(setup(), &steps);
    }
}
