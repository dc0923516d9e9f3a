//! What the client is doing; everyone watches it.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The client reads: the run warms up, and its end is the baseline for growth.
    Reading,
    /// The client does not read, or returns no window.
    Stalled,
    /// The client reads again.
    Recovered,
    /// The upstream has been told to end; what is on its way is read to the end.
    Finishing,
}

/// How long the client reads before it stalls.
pub const READING: Duration = Duration::from_millis(1500);
/// How long the client reads after the stall before the upstream is told to end.
pub const RECOVERED: Duration = Duration::from_millis(1500);
/// How long the tail may take to arrive. What has not arrived by then counts as lost.
pub const FINISHING: Duration = Duration::from_secs(30);

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Phase::Reading => "reading",
            Phase::Stalled => "stalled",
            Phase::Recovered => "recovered",
            Phase::Finishing => "finishing",
        }
    }

    pub fn lasts(self, stall_for: Duration) -> Duration {
        match self {
            Phase::Reading => READING,
            Phase::Stalled => stall_for,
            Phase::Recovered => RECOVERED,
            Phase::Finishing => FINISHING,
        }
    }

    /// The phase after this one; `Finishing` is the last.
    pub fn next(self) -> Option<Phase> {
        match self {
            Phase::Reading => Some(Phase::Stalled),
            Phase::Stalled => Some(Phase::Recovered),
            Phase::Recovered => Some(Phase::Finishing),
            Phase::Finishing => None,
        }
    }
}
