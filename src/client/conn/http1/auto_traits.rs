//! Which auto traits the public types have, and under which conditions.
//!
//! These are promises to generic callers, so they are stated for every transport and body: a change that breaks one does
//! not compile.

#![allow(dead_code, reason = "proved by the compiler, never run")]

use std::error::Error as StdError;

use http::Request;
use http_body::Body;

use crate::client::conn::http1::builder::{handshake, Builder};
use crate::client::conn::http1::connection::Connection;
use crate::client::conn::http1::sender::SendRequest;
use crate::client::conn::http1::upgrades::UpgradeableConnection;
use crate::rt::{Read, Write};

type BoxError = Box<dyn StdError + Send + Sync>;

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_unpin<T: Unpin>() {}
fn value_is_send<T: Send>(_: T) {}
fn value_is_static<T: 'static>(_: T) {}

fn a_builder_has_all() {
    is_send::<Builder>();
    is_sync::<Builder>();
    is_unpin::<Builder>();
}

fn a_sender_is_unpin_for_every_body<B>() {
    is_unpin::<SendRequest<B>>();
}

fn a_sender_is_send_and_sync_if_its_body_is_send<B: Send>() {
    is_send::<SendRequest<B>>();
    is_sync::<SendRequest<B>>();
}

fn responses_are_send_if_the_body_is_send<B>(sender: &mut SendRequest<B>, request: Request<B>)
where
    B: Body + Send + 'static,
{
    value_is_send(sender.ready());
    value_is_send(sender.send_request(request));
}

fn a_failed_response_is_send_if_the_body_is_send<B>(
    sender: &mut SendRequest<B>,
    request: Request<B>,
) where
    B: Body + Send + 'static,
{
    value_is_send(sender.try_send_request(request));
}

fn responses_do_not_borrow_the_sender<B>(sender: &mut SendRequest<B>, request: Request<B>)
where
    B: Body + 'static,
{
    value_is_static(sender.send_request(request));
}

fn a_connection_is_unpin_if_its_transport_is<T, B>()
where
    T: Read + Write + Unpin,
    B: Body + 'static,
{
    is_unpin::<Connection<T, B>>();
}

fn a_connection_is_send_if_its_parts_are<T, B>()
where
    T: Read + Write + Unpin + Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    is_send::<Connection<T, B>>();
    is_send::<UpgradeableConnection<T, B>>();
}

fn a_connection_is_sync_if_its_parts_are<T, B>()
where
    T: Read + Write + Sync,
    B: Body + Send + Sync + 'static,
    B::Data: Sync,
{
    is_sync::<Connection<T, B>>();
}

fn a_connection_left_open_is_send_if_its_parts_are<T, B>(connection: Connection<T, B>)
where
    T: Read + Write + Unpin + Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    value_is_send(connection.without_shutdown());
}

fn a_handshake_is_send_if_its_parts_are<T, B>(builder: &Builder, first: T, second: T)
where
    T: Read + Write + Unpin + Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    value_is_send(builder.handshake::<T, B>(first));
    value_is_send(handshake::<T, B>(second));
}

fn a_handshake_does_not_borrow_the_builder<T, B>(builder: &Builder, io: T)
where
    T: Read + Write + Unpin + 'static,
    B: Body + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    value_is_static(builder.handshake::<T, B>(io));
}
