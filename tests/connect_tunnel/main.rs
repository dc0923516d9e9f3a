//! The promises of HTTP/2 CONNECT tunnels, one behaviour a file.

#[path = "../support/mod.rs"]
mod support;

support::heap::counting_heap!();

mod cause;
mod leak;

// ----- bound, flow, isolation -----
mod abandoned_writes;
mod ahead_of_the_task;
mod client_collapses_and_recovers;
mod connection_window;
mod dripped_window;
mod flush_waits_for_window;
mod frame_size;
mod full_duplex;
mod grants_are_exact;
#[cfg(not(feature = "released"))]
mod held_is_told;
mod malformed_connect;
mod many_tunnels;
#[cfg(not(feature = "released"))]
mod memory_is_given_back;
mod pattern;
mod pressure;
mod round_trips_beside_bulk;
mod settings_move_the_window;
mod siblings_are_left_alone;
mod socket_unread_is_bounded;
mod unflushed_is_held;
mod used_at_once;
mod window_overflow;
mod writers_share_fairly;
mod zero_window_holds_writes;

// ----- close and errors -----
#[cfg(not(feature = "released"))]
mod aborting;
mod connection_dropped_at_any_poll;
mod connection_ends;
mod drop_loses_nothing;
mod dropped_at_any_poll;
mod dropped_tunnels_discard;
#[cfg(not(feature = "released"))]
mod ending_with_error;
mod errors_are_sticky;
mod executor_drops_the_task;
mod failing_transports;
#[cfg(not(feature = "released"))]
mod giving_up;
mod graceful_shutdown;
mod half_close;
#[cfg(not(feature = "released"))]
mod linger_is_configurable;
mod linger_resets_the_abandoned;
mod never_claimed;
mod odd_transports;
mod panics_stay_in_their_tunnel;
mod reset_reaches_reader;
mod reset_reaches_writer;
mod shutdown_loses_nothing;
mod shutdown_waits_for_the_end;
mod split_halves;

// ----- frames -----
mod any_2xx_opens;
#[cfg(not(feature = "released"))]
mod batching;
mod coalescing;
mod early_bytes;
mod extended_connect;
#[cfg(not(feature = "released"))]
mod reads_span_frames;
mod small_and_padded_frames;
mod trailers_are_a_violation;

// ----- bodies through the same helper -----
mod bodies_are_bounded;
mod bodies_coalesce;

// ----- what the last three groups share -----
mod traffic;
