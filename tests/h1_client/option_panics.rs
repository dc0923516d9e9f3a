//! Contract 3.2-3: options out of range.

use crate::support::scripted_h1::ClientBuilder;

#[test]
#[should_panic(expected = "max_buf_size")]
fn a_buffer_under_8_kib_is_too_small() {
    ClientBuilder::new().max_buf_size(8191);
}

#[test]
fn a_buffer_of_8_kib_is_large_enough() {
    ClientBuilder::new().max_buf_size(8192);
}
