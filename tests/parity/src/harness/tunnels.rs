//! What is done with an upgrade.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use super::errors::view;
use super::hyper::rt::{Read, ReadBuf, Write};
use super::hyper::upgrade::{OnUpgrade, Upgraded};
use super::runtime::Io;
use crate::observation::{Actor, ErrorView, Event};
use crate::plan::{TunnelAction, UpgradePlan};
use crate::sim::World;

/// Waits in a task of its own where the plan says so.
pub fn follow(number: usize, upgrade: OnUpgrade, plan: UpgradePlan, world: World) {
    let actor = Actor::Upgrade(number);
    let actions = match plan {
        UpgradePlan::Ignore | UpgradePlan::Forget => return,
        UpgradePlan::Use(actions) => Some(actions),
        UpgradePlan::Downcast => None,
    };
    let (spawner, log) = (world.spawner.clone(), world.log.clone());
    spawner.spawn(actor, async move {
        match (upgrade.await, actions) {
            (Err(error), _) => log.note(actor, Event::Error(view(&error))),
            (Ok(upgraded), Some(actions)) => {
                log.note(actor, Event::Done);
                act(actor, upgraded, &actions, &world).await;
            }
            (Ok(upgraded), None) => match upgraded.downcast::<Io>() {
                Ok(parts) => {
                    log.text(actor, "taken apart");
                    let unread = parts.io.unread();
                    log.note(
                        actor,
                        Event::Data([parts.read_buf.to_vec(), unread].concat()),
                    );
                }
                Err(_) => log.text(actor, "not the transport"),
            },
        }
    });
}

async fn act(actor: Actor, mut tunnel: Upgraded, actions: &[TunnelAction], world: &World) {
    let log = &world.log;
    for action in actions {
        let result = match action {
            TunnelAction::Read(most) => read(&mut tunnel, *most)
                .await
                .map(|data| log.note(actor, came(data))),
            TunnelAction::ReadToEnd => loop {
                match read(&mut tunnel, 1_000).await {
                    Ok(data) => {
                        let ended = data.is_empty();
                        log.note(actor, came(data));
                        if ended {
                            break Ok(());
                        }
                    }
                    Err(error) => break Err(error),
                }
            },
            TunnelAction::Write(data) => write_all(&mut tunnel, data).await,
            TunnelAction::Flush => poll_fn(|cx| Pin::new(&mut tunnel).poll_flush(cx)).await,
            TunnelAction::Shutdown => poll_fn(|cx| Pin::new(&mut tunnel).poll_shutdown(cx)).await,
            TunnelAction::Pause(time) => {
                world.pause(*time).await;
                Ok(())
            }
        };
        match result {
            Ok(()) => log.note(actor, Event::Done),
            Err(error) => {
                let mut view = ErrorView::of(&error);
                view.debug = format!("{:?} {}", error.kind(), view.debug);
                log.note(actor, Event::Error(view));
            }
        }
    }
}

fn came(data: Vec<u8>) -> Event {
    match data.is_empty() {
        true => Event::End,
        false => Event::Data(data),
    }
}

async fn read(tunnel: &mut Upgraded, most: usize) -> io::Result<Vec<u8>> {
    let mut space = vec![0; most];
    let mut buf = ReadBuf::new(&mut space);
    poll_fn(|cx| Pin::new(&mut *tunnel).poll_read(cx, buf.unfilled())).await?;
    Ok(buf.filled().to_vec())
}

async fn write_all(tunnel: &mut Upgraded, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        let written = poll_fn(|cx| Pin::new(&mut *tunnel).poll_write(cx, data)).await?;
        data = &data[written..];
    }
    Ok(())
}
