//! A server's user: a service that does what is planned for each request.

use std::cell::Cell;
use std::rc::Rc;

use http::Extensions;

use super::bodies::{hint, receive, SentBody};
use super::hyper::body::Incoming;
use super::hyper::ext::{Protocol, ReasonPhrase};
use super::hyper::upgrade::OnUpgrade;
use super::hyper::{Request, Response};
use super::tunnels::follow;
use crate::observation::{Actor, Event, Log};
use crate::plan::{
    failure, fields, header_map, Answer, BoxError, Order, PlannedBody, ResponsePlan, ServicePlan,
    UpgradePlan,
};
use crate::sim::{Sim, World};

/// What all requests of a run share.
#[derive(Clone)]
pub struct Service {
    plans: Rc<Vec<ServicePlan>>,
    seen: Rc<Cell<usize>>,
    world: World,
}

impl Service {
    /// The last plan goes for all requests behind it.
    pub fn new(sim: &Sim, plans: &[ServicePlan]) -> Self {
        Service {
            plans: Rc::new(plans.to_vec()),
            seen: Rc::default(),
            world: sim.world(),
        }
    }

    pub async fn serve(self, request: Request<Incoming>) -> Result<Response<SentBody>, BoxError> {
        let number = self.seen.replace(self.seen.get() + 1);
        let mut guard = Guard {
            log: self.world.log.clone(),
            number,
            done: false,
        };
        let result = self.answer(number, request).await;
        guard.done = true;
        result
    }

    async fn answer(
        self,
        number: usize,
        mut request: Request<Incoming>,
    ) -> Result<Response<SentBody>, BoxError> {
        let plan = self.plans.get(number).or(self.plans.last());
        let plan = plan.cloned().unwrap_or_else(ServicePlan::plain);
        self.note_head(number, &request);
        if plan.upgrade != UpgradePlan::Ignore {
            let upgrade = super::hyper::upgrade::on(&mut request);
            follow(number, upgrade, plan.upgrade.clone(), self.world.clone());
        }
        let (head, body) = request.into_parts();
        let mut body = Some(body);
        if let (Answer::Echo(_), Some(body)) = (&plan.answer, &body) {
            let log = &self.world.log;
            log.note(Actor::ReceivedBody(number), hint(body));
        }
        if !matches!(plan.answer, Answer::Echo(_)) {
            let body = body.take().expect("it was not taken yet");
            let reading = receive(number, body, plan.read, self.world.clone());
            match plan.order {
                Order::ReadThenAnswer => reading.await,
                Order::AnswerBesideReading => {
                    let spawner = &self.world.spawner;
                    spawner.spawn(Actor::ReceivedBody(number), reading)
                }
            }
        }
        self.world.pause(plan.delay).await;
        match plan.answer {
            Answer::Response(plan) => {
                let body = plan.body.clone();
                let body = PlannedBody::new(body, number, self.world.clone());
                Ok(response(&plan, head.extensions, SentBody::Planned(body)))
            }
            Answer::Echo(plan) => {
                let body = body.expect("it was not read");
                Ok(response(&plan, head.extensions, SentBody::Passed(body)))
            }
            Answer::Fail(reason) => Err(failure(reason)),
            Answer::Panic => panic!("the service panics"),
            Answer::Never => std::future::pending().await,
        }
    }

    fn note_head(&self, number: usize, request: &Request<Incoming>) {
        let upgrade = request.extensions().get::<OnUpgrade>().is_some();
        let protocol = request.extensions().get::<Protocol>().map(Protocol::as_str);
        let (method, uri, version) = (request.method(), request.uri(), request.version());
        let head = format!("{method} {uri} {version:?} upgrade {upgrade} protocol {protocol:?}");
        let actor = Actor::Exchange(number);
        let log = &self.world.log;
        log.note(actor, Event::Head(head));
        log.note(actor, Event::Fields(fields(request.headers())));
    }
}

fn response(plan: &ResponsePlan, extensions: Extensions, body: SentBody) -> Response<SentBody> {
    let mut response = Response::new(body);
    *response.status_mut() = plan.status.try_into().expect("plans have valid codes");
    *response.version_mut() = plan.version;
    *response.headers_mut() = header_map(&plan.fields);
    if plan.keeps_extensions {
        *response.extensions_mut() = extensions;
    }
    if let Some(reason) = plan.reason {
        let reason = ReasonPhrase::try_from(reason.as_bytes());
        let reason = reason.expect("plans have valid phrases");
        response.extensions_mut().insert(reason);
    }
    response
}

/// Tells when a service's future is dropped before its end.
struct Guard {
    log: Log,
    number: usize,
    done: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let event = match self.done {
            true => Event::Done,
            false => Event::Dropped,
        };
        self.log.note(Actor::Exchange(self.number), event);
    }
}
