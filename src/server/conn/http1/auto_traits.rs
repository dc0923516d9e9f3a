//! Which auto traits the public types have, and under which conditions.
//!
//! These are promises to generic callers, so they are stated for every transport and service: a change that breaks one
//! does not compile.

#![allow(dead_code, reason = "proved by the compiler, never run")]

use std::error::Error as StdError;

use http_body::Body;

use crate::body::Incoming;
use crate::rt::{Read, Write};
use crate::server::conn::http1::builder::Builder;
use crate::server::conn::http1::connection::Connection;
use crate::server::conn::http1::upgradeable::UpgradeableConnection;
use crate::service::HttpService;

type BoxError = Box<dyn StdError + Send + Sync>;

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_unpin<T: Unpin>() {}
fn value_is_send<T: Send>(_: T) {}

fn a_builder_has_all() {
    is_send::<Builder>();
    is_sync::<Builder>();
    is_unpin::<Builder>();
}

fn a_connection_is_always_unpin<T, S>()
where
    S: HttpService<Incoming>,
{
    is_unpin::<Connection<T, S>>();
    is_unpin::<UpgradeableConnection<T, S>>();
}

fn a_connection_is_send_if_its_parts_are<T, S>()
where
    T: Send,
    S: HttpService<Incoming> + Send,
    S::Future: Send,
    S::ResBody: Send,
    <S::ResBody as Body>::Data: Send,
{
    is_send::<Connection<T, S>>();
    is_send::<UpgradeableConnection<T, S>>();
}

fn a_connection_is_sync_if_its_parts_are<T, S>()
where
    T: Sync,
    S: HttpService<Incoming> + Sync,
    S::Future: Sync,
    S::ResBody: Sync,
    <S::ResBody as Body>::Data: Sync,
{
    is_sync::<Connection<T, S>>();
    is_sync::<UpgradeableConnection<T, S>>();
}

fn a_connection_left_open_is_send_if_its_parts_are<T, S>(connection: Connection<T, S>)
where
    T: Read + Write + Unpin + Send,
    S: HttpService<Incoming> + Send,
    S::Error: Into<BoxError>,
    S::Future: Send,
    S::ResBody: Send + 'static,
    <S::ResBody as Body>::Data: Send,
    <S::ResBody as Body>::Error: Into<BoxError>,
{
    value_is_send(connection.without_shutdown());
}
