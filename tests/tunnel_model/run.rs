//! Plays a script.

use std::task::Poll;
use std::time::Duration;

use h2::Reason;
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::ending::end;
use crate::model::{frame, Model, RECEIVE_WINDOW};
use crate::pattern;
use crate::script::{Op, Run, Script, Setup};
use crate::support::heap::{self, Mark};
use crate::support::tunnels::{ClientBuilder, Link, Options, Role, ServerBuilder};
use crate::support::virtual_timer::run_until_idle;
use crate::tunnel::{Call, Tunnel};

/// What a tunnel may cost beyond its limit, in bytes of heap.
const TUNNEL_EXTRA: usize = 32 << 10;

/// What the connection may cost, the model's own memory included.
const CONNECTION_EXTRA: usize = 160 << 10;

/// Runs `script` with hyper in `role`.
///
/// # Panics
///
/// If anything happens that the model does not allow.
pub fn play(role: Role, script: &Script) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        // The script comes in between any two polls of tasks.
        .event_interval(1)
        .build();
    let runtime = runtime.expect("a runtime needs no more than this thread");
    runtime.block_on(async {
        let mut model = open(role, &script.setup).await;
        // Each tunnel is a task.
        let idle = model.link.executor.live() - script.setup.tunnels;
        pattern::prepare();
        let heap = Heap::new();
        for (op, run) in &script.steps {
            let step = heap.step();
            apply(&mut model, op).await;
            follow(&mut model, *run).await;
            step.check(&model, script);
        }
        end(&mut model, script, idle).await;
    });
}

async fn open(role: Role, setup: &Setup) -> Model {
    fn server(builder: &mut ServerBuilder) {
        builder.initial_stream_window_size(RECEIVE_WINDOW as u32);
        builder.initial_connection_window_size(RECEIVE_WINDOW as u32);
    }
    fn client(builder: &mut ClientBuilder) {
        builder.initial_stream_window_size(RECEIVE_WINDOW as u32);
        builder.initial_connection_window_size(RECEIVE_WINDOW as u32);
    }
    let mut options = Options::new()
        .stream_window(setup.stream_window)
        .connection_window(setup.connection_window)
        .max_send_buf_size(setup.limit)
        .tune(server, client);
    options.timer = setup.timer;
    let mut link = Link::raw(role, &options).await;
    let mut tunnels = Vec::new();
    for _ in 0..setup.tunnels {
        let tunnel = link.tunnel().await;
        let frame = frame(setup.limit);
        tunnels.push(Tunnel::new(
            tunnel.upgraded,
            tunnel.stream,
            setup.timer,
            frame,
        ));
    }
    assert_eq!(link.peer.settled_frames().await, []);
    link.to_hyper.set_buffer(usize::MAX);
    link.to_peer.set_buffer(setup.socket_buffer.max(1));
    run_until_idle().await;
    Model::new(link, role, setup, tunnels)
}

async fn apply(model: &mut Model, op: &Op) {
    let count = model.tunnels.len();
    match *op {
        Op::Write { t, n } => drop(model.poll(t % count, Call::Write(n))),
        Op::Fill { t, n, times } => {
            for _ in 0..times {
                if model.poll(t % count, Call::Write(n)).is_pending() {
                    break;
                }
            }
        }
        Op::Flush { t } => drop(model.poll(t % count, Call::Flush)),
        Op::Shutdown { t } => drop(model.poll(t % count, Call::Shutdown)),
        Op::Drop { t } => model.tunnels[t % count].drop_handle(),
        Op::Read { t, n } => {
            let mut buf = [0; 4096];
            let n = n.min(buf.len());
            model.tunnels[t % count].poll_read(&mut buf[..n]);
        }
        Op::Grant { t, n } => model.grant(t % count, n),
        Op::GrantConnection { n } => model.grant_connection(n),
        Op::Send { t, n } => model.send_data(t % count, n),
        Op::HalfClose { t } => model.half_close(t % count),
        Op::Reset { t, code } => model.reset(t % count, Reason::from(code)),
        Op::InitialWindow { n } => model.set_initial_window(n),
        Op::StopReading { buffer } => {
            model.is_reading = false;
            model.link.to_peer.set_buffer(buffer);
        }
        Op::Trickle { n } => {
            model.is_reading = false;
            model.read_socket(n);
        }
        Op::KeepReading => keep_reading(model),
        Op::Pass { seconds } => sleep(Duration::from_secs(seconds)).await,
        Op::Probe => {
            model.rest().await;
            let tunnels = model.tunnels.iter_mut();
            tunnels.for_each(|tunnel| tunnel.probe(model.is_reading));
        }
    }
}

/// The peer reads its socket from now on.
pub fn keep_reading(model: &mut Model) {
    model.is_reading = true;
    model.link.to_peer.set_buffer(64 << 10);
}

async fn follow(model: &mut Model, run: Run) {
    match run {
        Run::Tasks(polls) => {
            for _ in 0..polls {
                tokio::task::yield_now().await;
            }
            if model.is_reading {
                model.read_socket(usize::MAX);
            }
        }
        Run::UntilIdle => model.rest().await,
    }
}

/// Heap of the whole case, and of each step.
struct Heap(Mark);

struct StepHeap {
    before: isize,
    mark: Mark,
}

impl Heap {
    fn new() -> Self {
        Heap(heap::mark())
    }

    fn step(&self) -> StepHeap {
        StepHeap {
            before: self.0.grown(),
            mark: heap::mark(),
        }
    }
}

impl StepHeap {
    fn check(self, model: &Model, script: &Script) {
        let peak = self.before + self.mark.peak() as isize;
        let tunnels = model.tunnels.len() * (model.limit + TUNNEL_EXTRA);
        let sockets = 2 * (64 << 10) + 2 * model.most_under_way;
        let unread = 2 * model.owed();
        let bound = tunnels + sockets + unread + CONNECTION_EXTRA;
        assert!(
            peak <= bound as isize,
            "{peak} bytes of heap, where {bound} were to be the most: {:?}",
            script.setup
        );
    }
}

/// A [`Poll`] that the script does not wait for.
fn drop(_: Poll<()>) {}
