//! What is so once nothing more can happen of itself.

use crate::model::{Model, RECEIVE_WINDOW};
use crate::support::virtual_timer::run_until_idle;
use crate::tunnel::{Call, Tunnel};

impl Model {
    /// Lets everything happen that can, and checks that it did.
    pub async fn rest(&mut self) {
        loop {
            run_until_idle().await;
            let read = self.link.to_peer.delivered();
            if self.is_reading {
                self.read_socket(usize::MAX);
            }
            if self.link.to_peer.delivered() == read {
                break;
            }
        }
        assert!(!self.link.hyper.has_ended(), "the connection ended");
        // A connection that cannot write its acknowledgements stops reading.
        if self.link.to_hyper.buffered() > 0 || !self.unacknowledged.is_empty() {
            assert!(!self.is_reading, "the connection does not read");
            return;
        }
        for tunnel in &mut self.tunnels {
            tunnel.is_reset_known = tunnel.reset_sent.is_some();
        }
        self.check_flushes();
        if self.is_reading {
            self.check_progress();
            self.check_credit();
        }
    }

    /// Window is all that a flush waits for, read socket or not.
    fn check_flushes(&self) {
        let tunnels = self.tunnels.iter();
        let accepted: usize = tunnels.map(|tunnel| tunnel.accepted).sum();
        if accepted as i64 > self.connection_granted {
            return;
        }
        for tunnel in self.tunnels.iter().filter(|tunnel| !tunnel.is_reset()) {
            let allowed = self.initial_window + tunnel.granted;
            assert!(
                tunnel.asleep() != Some(Call::Flush) || tunnel.accepted as i64 > allowed,
                "a flush sleeps though window is open"
            );
        }
    }

    /// Credit goes back for what was read or thrown away. h2 gathers up to half a window before it says so.
    fn check_credit(&self) {
        let unread = |tunnel: &Tunnel| if tunnel.is_held() { tunnel.unread() } else { 0 };
        // Where nobody reads any more, a stream's own window is not given back for ever.
        for tunnel in self.tunnels.iter().filter(|tunnel| tunnel.is_held()) {
            let owed = tunnel.sent - tunnel.credit.min(tunnel.sent);
            assert!(
                tunnel.is_reset() || tunnel.end_sent || owed <= RECEIVE_WINDOW / 2 + unread(tunnel),
                "{owed} bytes of a stream's window are kept"
            );
        }
        let owed = self.owed();
        let unread: usize = self.tunnels.iter().map(unread).sum();
        assert!(
            owed <= RECEIVE_WINDOW / 2 + unread,
            "{owed} bytes of the connection's window are kept, {unread} unread"
        );
    }

    fn check_progress(&self) {
        assert!(self.parser.is_between_frames(), "half a frame");
        let connection_left = self.connection_granted - self.arrived;
        for tunnel in &self.tunnels {
            if tunnel.is_reset() {
                continue;
            }
            let allowed = self.initial_window + tunnel.granted;
            let accepted = tunnel.accepted as i64;
            assert!(
                tunnel.arrived as i64 >= accepted.min(allowed) || connection_left == 0,
                "{} of {accepted} bytes arrived, where {allowed} are allowed and the connection has {connection_left} left",
                tunnel.arrived,
            );
            let is_out = tunnel.arrived == tunnel.accepted;
            if tunnel.let_go.is_some() {
                assert_eq!(tunnel.end_seen, is_out, "END_STREAM");
            }
            let waiting = tunnel.accepted - tunnel.arrived;
            match tunnel.asleep() {
                Some(Call::Write(_)) => {
                    assert!(waiting >= self.frame, "room for a writer that sleeps");
                }
                Some(Call::Flush) => assert!(waiting > 0, "a flush sleeps for nothing"),
                Some(Call::Shutdown) => assert!(!is_out, "a shutdown sleeps for nothing"),
                None => {}
            }
        }
    }
}
