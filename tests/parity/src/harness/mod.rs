//! A user of hyper, of whichever build stands under `super::hyper`: this folder is compiled once for each.

mod bodies;
mod callers;
mod errors;
mod runtime;
mod services;
mod tunnels;

pub mod h1_client;
pub mod h1_server;

use super::hyper;
