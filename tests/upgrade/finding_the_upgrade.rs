//! Contract 7.3-3, 2.4-16: `upgrade::on` and what it leaves behind.

use hyper::upgrade::{on, OnUpgrade};
use hyper::{Request, Response, StatusCode};

use crate::exchange::{assert_none_expected, response, serve};
use crate::support::virtual_timer::{expect_soon, settle};

// Contract 7.3-3, 2.4-16.
#[tokio::test(start_paused = true)]
async fn the_upgrade_is_taken_out_of_a_request_and_can_be_taken_once() {
    let mut served = serve().await;
    let (_, mut asked) = served.connect().await;
    let mut on_upgrade = on(&mut asked.request);
    assert!(asked.request.extensions().get::<OnUpgrade>().is_none());
    let second = on(&mut asked.request).await;
    assert_none_expected(&second.expect_err("it was taken"));

    assert!(settle(&mut on_upgrade).await.is_pending());
    asked.answer(response(StatusCode::OK));
    let tunnel = expect_soon("the tunnel", on_upgrade).await;
    tunnel.expect("a tunnel");
}

// Contract 7.3-3, 1.2-4: by value or by reference.
#[tokio::test(start_paused = true)]
async fn the_upgrade_can_be_had_for_the_whole_message() {
    let mut served = serve().await;
    let (_, asked) = served.connect().await;
    let (parts, body) = asked.request.into_parts();
    let on_upgrade = on(Request::from_parts(parts, body));
    let answered = asked.answer.send(response(StatusCode::OK));
    answered.expect("the service waits for its answer");
    let tunnel = expect_soon("the tunnel", on_upgrade).await;
    tunnel.expect("a tunnel");
}

// Contract 1.4-1: the extension may be moved to another message, as frameworks do.
#[tokio::test(start_paused = true)]
async fn the_upgrade_can_be_taken_by_type_and_carried_elsewhere() {
    let mut served = serve().await;
    let (_, mut asked) = served.connect().await;
    let taken = asked.request.extensions_mut().remove::<OnUpgrade>();
    let mut carrier = Response::new("any body");
    carrier
        .extensions_mut()
        .insert(taken.expect("an upgrade is offered"));
    let on_upgrade = on(&mut carrier);
    assert!(carrier.extensions().get::<OnUpgrade>().is_none());
    asked.answer(response(StatusCode::OK));
    let tunnel = expect_soon("the tunnel", on_upgrade).await;
    tunnel.expect("a tunnel");
}

// Contract 2.4-16.
#[tokio::test]
async fn a_message_that_never_met_a_connection_has_no_upgrade() {
    let (mut request, mut response) = (Request::new("body"), Response::new(0));
    let errors = [
        on(&mut request).await,
        on(request).await,
        on(&mut response).await,
        on(response).await,
    ];
    for result in errors {
        assert_none_expected(&result.expect_err("no upgrade"));
    }
}

// Contract 7.3-3: what has no upgrade says so as often as it is asked.
#[tokio::test]
async fn the_lack_of_an_upgrade_can_be_asked_for_again() {
    let mut none = on(Request::new(()));
    for _ in 0..3 {
        assert_none_expected(&(&mut none).await.expect_err("no upgrade"));
    }
    assert_none_expected(&none.clone().await.expect_err("no upgrade"));
}
