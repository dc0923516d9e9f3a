//! Contract 3.1-10: options out of range. (3.1-7 is in `header_timeout`.)

use crate::support::scripted_h1::ServerBuilder;

#[test]
#[should_panic(expected = "max_buf_size")]
fn a_buffer_under_8_kib_is_too_small() {
    ServerBuilder::new().max_buf_size(8191);
}

#[test]
fn a_buffer_of_8_kib_is_large_enough() {
    ServerBuilder::new().max_buf_size(8192);
}
