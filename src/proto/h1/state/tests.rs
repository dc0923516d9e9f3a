use super::*;

/// The two halves in letters: Idle, Head, Body, Done, Closed.
fn halves(state: &State) -> (char, char) {
    let reading = match state.reading {
        Reading::Idle => 'I',
        Reading::Head => 'H',
        Reading::Body(_) => 'B',
        Reading::Done => 'D',
        Reading::Closed => 'C',
    };
    let writing = match state.writing {
        Writing::Idle => 'I',
        Writing::Head => 'H',
        Writing::Body(_) => 'B',
        Writing::Done => 'D',
        Writing::Closed => 'C',
    };
    (reading, writing)
}

fn server() -> State {
    State::new(First::Receive, KeepAlive::Yes)
}

fn client() -> State {
    State::new(First::Send, KeepAlive::Yes)
}

const BODY: Option<Encoder> = Some(Encoder::CloseDelimited);

#[test]
fn a_server_reads_then_writes_and_begins_again() {
    let mut state = server();
    assert_eq!(halves(&state), ('H', 'I'));
    assert!(state.is_idle());
    state.head_received(BodyLength::Chunked);
    assert_eq!(halves(&state), ('B', 'H'));
    state.head_sent(BODY);
    assert_eq!(halves(&state), ('B', 'B'));
    state.read();
    assert_eq!(halves(&state), ('D', 'B'));
    state.written();
    assert_eq!(halves(&state), ('H', 'I'));
    state.head_received(BodyLength::EMPTY);
    assert_eq!(halves(&state), ('D', 'H'));
    state.head_sent(None);
    assert_eq!(halves(&state), ('H', 'I'));
}

#[test]
fn a_client_writes_then_reads_and_begins_again() {
    let mut state = client();
    assert_eq!(halves(&state), ('I', 'H'));
    assert!(state.is_idle());
    state.head_sent(BODY);
    assert_eq!(halves(&state), ('H', 'B'));
    state.head_received(BodyLength::Chunked);
    assert_eq!(halves(&state), ('B', 'B'));
    state.written();
    assert_eq!(halves(&state), ('B', 'D'));
    state.read();
    assert_eq!(halves(&state), ('I', 'H'));
    state.head_sent(None);
    assert_eq!(halves(&state), ('H', 'D'));
    state.head_received(BodyLength::EMPTY);
    assert_eq!(halves(&state), ('I', 'H'));
}

#[test]
fn the_last_exchange_closes_and_a_switch_is_told_apart() {
    for (keep_alive, switched) in [(KeepAlive::No, false), (KeepAlive::Switch, true)] {
        for mut state in [server(), client()] {
            state.restrict(keep_alive);
            assert!(!state.is_closed());
            match state.first {
                First::Receive => {
                    state.head_received(BodyLength::EMPTY);
                    state.head_sent(None);
                }
                First::Send => {
                    state.head_sent(None);
                    state.head_received(BodyLength::EMPTY);
                }
            }
            assert!(state.is_closed());
            assert_eq!(state.is_switched(), switched);
        }
    }
}

#[test]
fn keep_alive_is_only_ever_taken_back() {
    let mut state = server();
    state.restrict(KeepAlive::Yes);
    assert_eq!(state.keep_alive(), KeepAlive::Yes);
    state.disable_keep_alive();
    state.restrict(KeepAlive::Yes);
    assert_eq!(state.keep_alive(), KeepAlive::No);
    state.restrict(KeepAlive::Switch);
    state.disable_keep_alive();
    assert_eq!(state.keep_alive(), KeepAlive::Switch, "the peer was told");
}

#[test]
fn a_half_that_is_given_up_takes_the_other_along_unless_that_has_something_to_say() {
    type Step = fn(&mut State);
    let request: Step = |state| state.head_received(BodyLength::Chunked);
    let answer: Step = |state| state.head_sent(BODY);
    let send: Step = |state| state.head_sent(BODY);
    let respond: Step = |state| state.head_received(BodyLength::Chunked);
    let read: Step = State::read;
    let written: Step = State::written;
    let stop_reading: Step = State::close_reading;
    let stop_writing: Step = State::close_writing;
    for (mut state, steps, expected) in [
        // A server completes its response, and nothing else.
        (server(), &[stop_reading][..], ('C', 'C')),
        (server(), &[request, stop_reading], ('C', 'H')),
        (server(), &[request, answer, stop_reading], ('C', 'B')),
        (
            server(),
            &[request, answer, stop_reading, written],
            ('C', 'C'),
        ),
        (
            server(),
            &[request, answer, written, stop_reading],
            ('C', 'C'),
        ),
        (server(), &[request, answer, stop_writing], ('C', 'C')),
        (server(), &[request, read, stop_writing], ('C', 'C')),
        // A client reads its response, and nothing else.
        (client(), &[stop_reading], ('C', 'C')),
        (client(), &[stop_writing], ('C', 'C')),
        (client(), &[send, stop_reading], ('C', 'C')),
        (client(), &[send, stop_writing], ('H', 'C')),
        (client(), &[send, respond, stop_writing], ('B', 'C')),
        (client(), &[send, respond, stop_writing, read], ('C', 'C')),
        (client(), &[send, respond, read, stop_writing], ('C', 'C')),
        (
            client(),
            &[send, respond, written, stop_reading],
            ('C', 'C'),
        ),
    ] {
        // What fails never ends in another protocol.
        state.restrict(KeepAlive::Switch);
        for step in steps {
            step(&mut state);
        }
        assert_eq!(halves(&state), expected);
        assert!(!state.is_switched());
        assert_eq!(state.keep_alive(), KeepAlive::No);
    }
}
