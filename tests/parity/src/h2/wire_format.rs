//! Frames and header blocks: the files of the test kit.

#![allow(dead_code)]

#[path = "../../../support/scripted_h2/frame.rs"]
pub mod frame;
#[path = "../../../support/scripted_h2/hpack.rs"]
pub mod hpack;
