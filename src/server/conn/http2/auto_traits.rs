//! Which auto traits the public types have, and under which conditions.
//!
//! These are promises to generic callers, so they are stated for every transport, service and
//! executor: a change that breaks one does not compile.

#![allow(dead_code, reason = "proved by the compiler, never run")]

use http_body::Body;

use crate::body::Incoming;
use crate::server::conn::http2::connection::Connection;
use crate::service::HttpService;

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_unpin<T: Unpin>() {}

fn a_connection_is_always_unpin<T, S, E>()
where
    S: HttpService<Incoming>,
{
    is_unpin::<Connection<T, S, E>>();
}

fn a_connection_is_send_if_its_parts_are_whatever_the_services_future<T, S, E>()
where
    T: Send,
    S: HttpService<Incoming> + Send,
    <S::ResBody as Body>::Data: Send,
    E: Send,
{
    is_send::<Connection<T, S, E>>();
}

fn a_connection_is_sync_if_its_parts_are<T, S, E>()
where
    T: Send + Sync,
    S: HttpService<Incoming> + Sync,
    <S::ResBody as Body>::Data: Sync,
    E: Sync,
{
    is_sync::<Connection<T, S, E>>();
}
