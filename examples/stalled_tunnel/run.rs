//! One run: sets the parties up, leads them through the phases, and writes down what it sees.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::{self, Instant, MissedTickBehavior};

use crate::client;
use crate::memory;
use crate::meter::Meters;
use crate::options::{Options, Stall};
use crate::pattern::Fingerprint;
use crate::phase::{Phase, FINISHING, READING, RECOVERED};
use crate::proxy::Proxy;
use crate::screen::Screen;
use crate::tasks::{Context, Crew, Event, Failure, Result};
use crate::units::{GIB, KIB};
use crate::upstream;

/// Between two samples.
const SAMPLE: Duration = Duration::from_millis(20);
/// Between two rows of the table.
const ROW: Duration = Duration::from_millis(500);
/// For all tunnels to be opened.
const OPENING: Duration = Duration::from_secs(10);
/// Without any byte to the client for so long, the stall has taken hold.
const QUIET: Duration = Duration::from_millis(300);
/// How much longer than asked a stall may last that has not taken hold: tiny writes can take long
/// to use up a window.
const OVERTIME: Duration = Duration::from_secs(20);
/// With the heap grown by so much the point is made, and the stall is cut short.
const ENOUGH: u64 = GIB;
/// `SO_SNDBUF` of the proxy and `SO_RCVBUF` of the client, before the kernel doubles them. Small,
/// so that an unread socket is full at once.
const KERNEL_BUFFER: u32 = 128 * KIB as u32;

/// Byte counts are totals since the tunnels were opened, over all tunnels.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub at: Duration,
    pub phase: Phase,
    pub inbound: u64,
    pub outbound: u64,
    pub held: u64,
    pub heap: u64,
    pub rss: Option<u64>,
}

/// The times of a phase that is over.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub phase: Phase,
    pub from: Duration,
    pub to: Duration,
}

/// What the three parties say of one tunnel once they are through with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Account {
    pub sent: Option<Fingerprint>,
    pub relayed: Option<u64>,
    pub received: Option<Fingerprint>,
}

impl Account {
    fn is_closed(&self) -> bool {
        self.sent.is_some() && self.relayed.is_some() && self.received.is_some()
    }
}

#[derive(Debug)]
pub struct Record {
    pub samples: Vec<Sample>,
    pub spans: Vec<Span>,
    /// One for each tunnel. Some are open if the tail did not arrive in time.
    pub accounts: Vec<Account>,
    pub meters: Arc<Meters>,
    /// Heap before the parties were set up, in bytes.
    pub heap_before: u64,
    /// Whether the stall was ended early because memory had grown far beyond any bound.
    pub cut_short: bool,
}

pub async fn run(options: &Options, screen: &mut Screen) -> Result<Record> {
    let (crew, mut reports) = Crew::new();
    let (phase, watched) = watch::channel(Phase::Reading);
    let meters = Meters::new(options.tunnels, options.window());
    // Allocated at once, so that the record does not show in the heap it records.
    let longest = READING + options.stall_for + OVERTIME + RECOVERED + FINISHING;
    let most_samples = (longest.as_millis() / SAMPLE.as_millis()) as usize;
    let samples = Vec::with_capacity(most_samples);
    let heap_before = memory::heap();
    set_up(options, &crew, &watched, &meters).await?;

    let opened = time::timeout(OPENING, next(&mut reports)).await;
    match opened.context("the tunnels were not open after 10 s")? {
        Event::Opened => {}
        Event::Failed(failure) => return Err(failure),
        other => return Err(Failure::new(format!("out of order: {other:?}"))),
    }
    let mut lead = Lead {
        options,
        phase,
        began: Instant::now(),
        phase_from: Duration::ZERO,
        record: Record {
            samples,
            spans: Vec::new(),
            accounts: vec![Account::default(); options.tunnels],
            meters,
            heap_before,
            cut_short: false,
        },
        last_row: None,
        next_row: Duration::ZERO,
    };
    let mut ticks = time::interval(SAMPLE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let over = tokio::select! {
            event = next(&mut reports) => lead.enter(event)?,
            _ = ticks.tick() => lead.tick(screen),
        };
        if over {
            lead.close(screen);
            return Ok(lead.record);
        }
    }
}

async fn next(reports: &mut mpsc::UnboundedReceiver<Event>) -> Event {
    reports
        .recv()
        .await
        .unwrap_or_else(|| Event::Failed(Failure::new("all tasks ended before the tunnels did")))
}

async fn set_up(
    options: &Options,
    crew: &Crew,
    phase: &watch::Receiver<Phase>,
    meters: &Arc<Meters>,
) -> Result<()> {
    let upstream = upstream::bind(options.write_size)?;
    let upstream_address = upstream.local_addr().context("upstream: address")?;
    crew.spawn(upstream::serve(
        upstream,
        options.write_size,
        phase.clone(),
        crew.clone(),
    ));

    let socket = TcpSocket::new_v4().context("proxy: socket")?;
    socket
        .set_send_buffer_size(KERNEL_BUFFER)
        .context("proxy: send buffer")?;
    socket
        .bind((Ipv4Addr::LOCALHOST, 0).into())
        .context("proxy: bind")?;
    let listener = socket.listen(1).context("proxy: listen")?;
    let proxy_address = listener.local_addr().context("proxy: address")?;
    let proxy = Proxy {
        write_size: options.write_size,
        send_buf: options.send_buf,
        // Nagle's algorithm would have the proxy wait for acknowledgements of a peer whose window
        // is small. With the socket unread it is of use: else a flood of small segments can use up
        // the client's receive buffer, the kernel drops one, and the stream resumes only after
        // seconds of retransmission timeouts.
        nodelay: options.stall == Stall::Window,
        meters: meters.clone(),
        crew: crew.clone(),
    };
    crew.spawn(proxy.serve(listener));

    let socket = TcpSocket::new_v4().context("client: socket")?;
    socket
        .set_recv_buffer_size(KERNEL_BUFFER)
        .context("client: receive buffer")?;
    let socket = socket
        .connect(proxy_address)
        .await
        .context("client: connect")?;
    socket.set_nodelay(true).context("client: set_nodelay")?;
    let plan = client::Plan {
        tunnels: options.tunnels,
        window: options.window(),
        stall: options.stall,
        upstream: upstream_address,
    };
    crew.spawn(client::run(socket, plan, phase.clone(), crew.clone()));
    Ok(())
}

struct Lead<'a> {
    options: &'a Options,
    phase: watch::Sender<Phase>,
    began: Instant,
    /// When the current phase began.
    phase_from: Duration,
    record: Record,
    /// Where the last row ended, `None` before the first sample.
    last_row: Option<Sample>,
    next_row: Duration,
}

impl Lead<'_> {
    /// Takes note of what a task reports; true once all tunnels are accounted for.
    fn enter(&mut self, event: Event) -> Result<bool> {
        let accounts = &mut self.record.accounts;
        match event {
            Event::Opened => {}
            Event::Sent { tunnel, all } => accounts[tunnel].sent = Some(all),
            Event::Received { tunnel, all } => accounts[tunnel].received = Some(all),
            Event::Relayed { tunnel, bytes } => accounts[tunnel].relayed = Some(bytes),
            Event::Failed(failure) => return Err(failure),
        }
        Ok(accounts.iter().all(Account::is_closed))
    }

    /// Takes a sample, shows it, and moves on to the next phase when its time has come; true once
    /// the last phase has run out of time.
    fn tick(&mut self, screen: &mut Screen) -> bool {
        let sample = self.sample();
        self.show(screen, sample);
        let now = *self.phase.borrow();
        let so_far = sample.at - self.phase_from;
        if !self.is_over(now, so_far, sample) {
            return false;
        }
        // No row mixes two phases.
        self.row(screen, sample);
        self.end_phase(now, sample.at);
        match now.next() {
            Some(next) => {
                // Nobody watching means that a task has failed; its report is on the way.
                let _ = self.phase.send(next);
                false
            }
            None => true,
        }
    }

    fn is_over(&mut self, now: Phase, so_far: Duration, sample: Sample) -> bool {
        let lasts = now.lasts(self.options.stall_for);
        if now != Phase::Stalled {
            return so_far >= lasts;
        }
        if sample.heap.saturating_sub(self.record.heap_before) > ENOUGH {
            self.record.cut_short = true;
            return true;
        }
        so_far >= lasts && (self.is_quiet(sample) || so_far >= lasts + OVERTIME)
    }

    /// Whether the client has been sent nothing for a while.
    fn is_quiet(&self, now: Sample) -> bool {
        let earlier = self.record.samples.iter().rev();
        earlier
            .take_while(|sample| sample.at + QUIET >= now.at)
            .all(|sample| sample.outbound == now.outbound)
    }

    fn sample(&mut self) -> Sample {
        let tunnels = self.record.meters.tunnels();
        let sample = Sample {
            at: self.began.elapsed(),
            phase: *self.phase.borrow(),
            inbound: tunnels.iter().map(|tunnel| tunnel.inbound()).sum(),
            outbound: tunnels.iter().map(|tunnel| tunnel.outbound()).sum(),
            held: tunnels.iter().map(|tunnel| tunnel.held()).sum(),
            heap: memory::heap(),
            rss: memory::resident(),
        };
        self.record.samples.push(sample);
        sample
    }

    fn show(&mut self, screen: &mut Screen, sample: Sample) {
        if sample.at >= self.next_row {
            self.row(screen, sample);
            self.next_row += ROW;
        }
        screen.progress(&sample, self.phase_from);
    }

    /// A row from the end of the last one to `sample`.
    fn row(&mut self, screen: &mut Screen, sample: Sample) {
        if let Some(last) = self.last_row.replace(sample) {
            if sample.at > last.at {
                screen.row(&last, &sample);
            }
        }
    }

    fn end_phase(&mut self, phase: Phase, at: Duration) {
        self.record.spans.push(Span {
            phase,
            from: self.phase_from,
            to: at,
        });
        self.phase_from = at;
        self.next_row = at + ROW;
    }

    /// The last row, and the end of the last phase.
    fn close(&mut self, screen: &mut Screen) {
        let sample = self.sample();
        self.row(screen, sample);
        if sample.at > self.phase_from {
            self.end_phase(sample.phase, sample.at);
        }
    }
}
