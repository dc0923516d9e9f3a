//! A client's user: calls that are made as planned, one after the other or beside each other.

use std::cell::RefCell;
use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::bodies::{receive, SentBody};
use super::errors::{outcome, view};
use super::hyper::body::Incoming;
use super::hyper::client::conn::TrySendError;
use super::hyper::ext::{on_informational, Protocol, ReasonPhrase};
use super::hyper::upgrade::OnUpgrade;
use super::hyper::{Error, Request, Response, Result};
use super::tunnels::follow;
use crate::observation::{Actor, Event};
use crate::plan::{fields, header_map, CallPlan, PlannedBody, RequestPlan, UpgradePlan, Wait};
use crate::script::Control;
use crate::sim::World;

pub type Sent = Pin<Box<dyn Future<Output = Result<Response<Incoming>>>>>;
pub type Tried = Pin<
    Box<
        dyn Future<
            Output = std::result::Result<Response<Incoming>, TrySendError<Request<SentBody>>>,
        >,
    >,
>;

/// The handle of either protocol.
pub trait Sender: 'static {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>>;
    fn is_ready(&self) -> bool;
    fn is_closed(&self) -> bool;
    fn send(&mut self, request: Request<SentBody>) -> Sent;
    fn try_send(&mut self, request: Request<SentBody>) -> Tried;
}

macro_rules! impl_sender {
    ($sender:ty) => {
        impl Sender for $sender {
            fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
                self.poll_ready(cx)
            }

            fn is_ready(&self) -> bool {
                self.is_ready()
            }

            fn is_closed(&self) -> bool {
                self.is_closed()
            }

            fn send(&mut self, request: Request<SentBody>) -> Sent {
                Box::pin(self.send_request(request))
            }

            fn try_send(&mut self, request: Request<SentBody>) -> Tried {
                Box::pin(self.try_send_request(request))
            }
        }
    };
}

pub(super) use impl_sender;

/// Makes the calls of a run.
pub struct Caller<S> {
    sender: Rc<RefCell<S>>,
    control: Control,
    world: World,
}

impl<S: Sender> Caller<S> {
    /// The handle is kept to the end of the run if `keeps`, else dropped behind the last call.
    pub fn start(world: World, control: &Control, sender: S, calls: Vec<CallPlan>, keeps: bool) {
        let caller = Caller {
            sender: Rc::new(RefCell::new(sender)),
            control: control.clone(),
            world,
        };
        let sender = Rc::downgrade(&caller.sender);
        control.watch(move || {
            let sender = sender.upgrade()?;
            let sender = sender.borrow();
            let (ready, closed) = (sender.is_ready(), sender.is_closed());
            Some(format!("ready {ready} closed {closed}"))
        });
        let spawner = caller.world.spawner.clone();
        spawner.spawn(Actor::Connection, async move {
            for (number, call) in calls.into_iter().enumerate() {
                caller.call(number, call).await;
            }
            if keeps {
                std::future::pending::<()>().await;
            }
        });
    }

    async fn call(&self, number: usize, plan: CallPlan) {
        let actor = Actor::Exchange(number);
        match plan.wait {
            Wait::No => {}
            Wait::Ready => {
                let ready = poll_fn(|cx| self.sender.borrow_mut().poll_ready(cx)).await;
                self.world.log.note(actor, outcome(&ready));
            }
            Wait::Go => {
                poll_fn(|cx| match self.control.take_go() {
                    true => Poll::Ready(()),
                    false => {
                        self.control.register(cx.waker());
                        Poll::Pending
                    }
                })
                .await;
            }
            Wait::Pause(time) => self.world.pause(time).await,
        }
        let background = plan.background;
        let running = self.send(number, plan);
        match background {
            true => self.world.spawner.spawn(actor, running),
            false => running.await,
        }
    }

    /// Sends at once; what is returned waits for the response.
    fn send(&self, number: usize, plan: CallPlan) -> impl Future<Output = ()> + 'static {
        let mut request = self.request(number, &plan.request);
        if plan.informational {
            let log = self.world.log.clone();
            on_informational(&mut request, move |response| {
                let (version, status) = (response.version(), response.status());
                let fields = fields(response.headers());
                let text = format!("interim {version:?} {status} {fields:?}");
                log.text(Actor::Exchange(number), text);
            });
        }
        let sent = match plan.tries {
            true => Attempt::Tried(self.sender.borrow_mut().try_send(request)),
            false => Attempt::Sent(self.sender.borrow_mut().send(request)),
        };
        let call = Call {
            number,
            plan,
            world: self.world.clone(),
        };
        call.finish(sent)
    }

    fn request(&self, number: usize, plan: &RequestPlan) -> Request<SentBody> {
        let body = plan.body.clone();
        let body = PlannedBody::new(body, number, self.world.clone());
        let mut request = Request::new(SentBody::Planned(body));
        *request.method_mut() = plan.method.parse().expect("plans have valid methods");
        *request.uri_mut() = plan.uri.parse().expect("plans have valid targets");
        *request.version_mut() = plan.version;
        *request.headers_mut() = header_map(&plan.fields);
        if let Some(protocol) = plan.protocol {
            let protocol = Protocol::from_static(protocol);
            request.extensions_mut().insert(protocol);
        }
        request
    }
}

enum Attempt {
    Sent(Sent),
    Tried(Tried),
}

/// A call that was sent; it does not hold the handle.
struct Call {
    number: usize,
    plan: CallPlan,
    world: World,
}

impl Call {
    fn note(&self, event: Event) {
        self.world.log.note(Actor::Exchange(self.number), event);
    }

    async fn finish(self, attempt: Attempt) {
        let result = {
            let mut sent = pin!(async {
                match attempt {
                    Attempt::Sent(sent) => sent.await,
                    Attempt::Tried(tried) => tried.await.map_err(|error| self.failed_try(error)),
                }
            });
            let cancel = self.plan.cancel.map(Duration::from_millis);
            let mut cancel = cancel.map(|time| self.world.clock.sleep(time));
            poll_fn(|cx| {
                if let Poll::Ready(result) = sent.as_mut().poll(cx) {
                    return Poll::Ready(Some(result));
                }
                match cancel.as_mut().map(|nap| Pin::new(nap).poll(cx)) {
                    Some(Poll::Ready(())) => Poll::Ready(None),
                    _ => Poll::Pending,
                }
            })
            .await
        };
        match result {
            None => self.note(Event::Note("canceled".to_owned())),
            Some(Err(error)) => self.note(Event::Error(view(&error))),
            Some(Ok(response)) => self.receive(response).await,
        }
    }

    fn failed_try(&self, mut error: TrySendError<Request<SentBody>>) -> Error {
        let message = error.take_message();
        let message = message.map(|request| format!("{} {}", request.method(), request.uri()));
        self.note(Event::Note(format!("given back {message:?}")));
        error.into_error()
    }

    async fn receive(self, mut response: Response<Incoming>) {
        let (version, status) = (response.version(), response.status());
        let upgrade = response.extensions().get::<OnUpgrade>().is_some();
        let reason = response.extensions().get::<ReasonPhrase>();
        let reason = reason.map(|reason| reason.as_bytes().escape_ascii().to_string());
        let head = format!("{version:?} {status} reason {reason:?} upgrade {upgrade}");
        self.note(Event::Head(head));
        self.note(Event::Fields(fields(response.headers())));
        let Call {
            number,
            plan,
            world,
        } = self;
        if plan.upgrade != UpgradePlan::Ignore {
            let upgrade = super::hyper::upgrade::on(&mut response);
            follow(number, upgrade, plan.upgrade, world.clone());
        }
        receive(number, response.into_body(), plan.read, world).await;
    }
}
