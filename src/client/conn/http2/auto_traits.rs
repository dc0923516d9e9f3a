//! Which auto traits the public types have, and under which conditions.
//!
//! These are promises to generic callers, so they are stated for every transport, body and
//! executor: a change that breaks one does not compile.

#![allow(dead_code, reason = "proved by the compiler, never run")]

use std::error::Error as StdError;

use http::Request;
use http_body::Body;

use crate::client::conn::http2::builder::{handshake, Builder};
use crate::client::conn::http2::connection::Connection;
use crate::client::conn::http2::sender::SendRequest;
use crate::rt::bounds::Http2ClientConnExec;
use crate::rt::{Read, Write};

type BoxError = Box<dyn StdError + Send + Sync>;

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_unpin<T: Unpin>() {}
fn is_clone<T: Clone>() {}
fn value_is_send<T: Send>(_: T) {}
fn value_is_static<T: 'static>(_: T) {}

fn a_sender_is_clone_and_unpin_for_every_body<B>() {
    is_clone::<SendRequest<B>>();
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

fn a_connection_is_always_unpin<T, B, E>()
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<BoxError>,
    E: Http2ClientConnExec<B, T> + Unpin,
{
    is_unpin::<Connection<T, B, E>>();
}

fn a_connection_is_send_if_its_parts_are<T, B, E>()
where
    T: Read + Write + Unpin + Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    E: Http2ClientConnExec<B, T> + Unpin + Send,
{
    is_send::<Connection<T, B, E>>();
}

fn a_connection_is_sync_if_its_parts_are<T, B, E>()
where
    T: Read + Write + Unpin + Sync,
    B: Body + Send + Sync + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    E: Http2ClientConnExec<B, T> + Unpin + Sync,
{
    is_sync::<Connection<T, B, E>>();
}

fn a_handshake_is_send_if_its_parts_are<T, B, E>(builder: &Builder<E>, exec: E, first: T, second: T)
where
    T: Read + Write + Unpin + Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    E: Http2ClientConnExec<B, T> + Unpin + Clone + Send,
{
    value_is_send(builder.handshake::<T, B>(first));
    value_is_send(handshake::<E, T, B>(exec, second));
}

fn a_handshake_does_not_borrow_the_builder<T, B, E>(builder: &Builder<E>, io: T)
where
    T: Read + Write + Unpin + 'static,
    B: Body + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    E: Http2ClientConnExec<B, T> + Unpin + Clone + 'static,
{
    value_is_static(builder.handshake::<T, B>(io));
}
