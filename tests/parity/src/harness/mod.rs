//! A user of hyper, of whichever build stands under `super::hyper`: this folder is compiled once for each.

mod bodies;
mod callers;
mod errors;
mod options;
mod runs;
mod runtime;
mod services;
mod tunnels;

pub mod h1_client;
pub mod h1_server;
pub mod h2_client;
pub mod h2_server;

use super::hyper;
