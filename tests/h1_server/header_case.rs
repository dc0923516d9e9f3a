//! Contract 3.1-2, 1.4-4, 9-12: the case of field names.

use crate::messages::{empty, text, with_field};
use crate::support::scripted_h1::{Server, ServerBuilder};

fn title_case(builder: &mut ServerBuilder) {
    builder.title_case_headers(true);
}

fn preserve(builder: &mut ServerBuilder) {
    builder.preserve_header_case(true);
}

fn both(builder: &mut ServerBuilder) {
    builder.title_case_headers(true).preserve_header_case(true);
}

const REQUEST: &str = "GET / HTTP/1.1\r\nX-mY-nAme: 1\r\nx-MY-name: 2\r\nServer: y\r\n\r\n";

// Contract 3.1-2, 4.7-2.
#[tokio::test(start_paused = true)]
async fn names_are_lower_case_by_default() {
    let mut server = Server::start();
    let said = server
        .answer(REQUEST, with_field(text("x"), "X-My-Name", "1"))
        .await;
    assert_eq!(
        said,
        "HTTP/1.1 200 OK\r\nx-my-name: 1\r\ncontent-length: 1\r\ndate: <date>\r\n\r\nx"
    );
}

// Contract 3.1-2.
#[tokio::test(start_paused = true)]
async fn title_case_is_written_if_the_option_is_on() {
    let mut server = Server::tuned(title_case);
    let response = with_field(with_field(text("x"), "x-my-name", "1"), "etag", "2");
    let said = server.answer(REQUEST, response).await;
    assert_eq!(
        said,
        "HTTP/1.1 200 OK\r\nX-My-Name: 1\r\nEtag: 2\r\nContent-Length: 1\r\nDate: <date>\r\n\r\nx"
    );
    let said = server
        .answer(
            "GET / HTTP/1.1\r\nconnection: close\r\n\r\n",
            with_field(empty(), "a--b-", "c"),
        )
        .await;
    assert!(said.contains("\r\nConnection: close\r\n"), "{said}");
    assert!(said.contains("\r\nA--B-: c\r\n"), "{said}");
}

// Contract 1.4-4: what a request was given travels in its extensions.
#[tokio::test(start_paused = true)]
async fn preserved_case_goes_where_the_extensions_go() {
    let mut server = Server::tuned(preserve);
    let call = server.request(REQUEST).await;
    let (head, _) = call.request.into_parts();
    let mut response = with_field(with_field(text("x"), "x-my-name", "1"), "x-my-name", "2");
    response = with_field(with_field(response, "server", "z"), "etag", "e");
    *response.extensions_mut() = head.extensions;
    call.answer.respond(response);
    let said = server.peer.settled_text().await;
    assert!(
        said.starts_with(
            "HTTP/1.1 200 OK\r\nX-mY-nAme: 1\r\nx-MY-name: 2\r\nServer: z\r\netag: e\r\n"
        ),
        "{said}"
    );
}

// Contract 1.4-4: a clone of them is as good.
#[tokio::test(start_paused = true)]
async fn a_clone_of_the_extensions_preserves_case_too() {
    let mut server = Server::tuned(preserve);
    let call = server.request(REQUEST).await;
    let extensions = call.request.extensions().clone();
    let mut response = with_field(empty(), "x-my-name", "1");
    *response.extensions_mut() = extensions;
    call.respond(response);
    let said = server.peer.settled_text().await;
    assert!(said.contains("\r\nX-mY-nAme: 1\r\n"), "{said}");
}

// Contract 3.1-2.
#[tokio::test(start_paused = true)]
async fn preserved_case_wins_over_title_case() {
    let mut server = Server::tuned(both);
    let call = server.request(REQUEST).await;
    let extensions = call.request.extensions().clone();
    let mut response = with_field(with_field(text("x"), "x-my-name", "1"), "etag", "2");
    *response.extensions_mut() = extensions;
    call.respond(response);
    let said = server.peer.settled_text().await;
    assert!(
        said.starts_with("HTTP/1.1 200 OK\r\nX-mY-nAme: 1\r\nEtag: 2\r\nContent-Length: 1\r\n"),
        "{said}"
    );
}

// Contract 3.1-2: without the option nothing is kept.
#[tokio::test(start_paused = true)]
async fn case_is_not_kept_by_default() {
    let mut server = Server::start();
    let call = server.request(REQUEST).await;
    let extensions = call.request.extensions().clone();
    let mut response = with_field(empty(), "x-my-name", "1");
    *response.extensions_mut() = extensions;
    call.respond(response);
    let said = server.peer.settled_text().await;
    assert!(said.contains("\r\nx-my-name: 1\r\n"), "{said}");
}

// Contract 3.1-2: the map's names are lower-case whatever the option.
#[tokio::test(start_paused = true)]
async fn the_service_sees_lower_case() {
    let mut server = Server::tuned(preserve);
    let call = server.request(REQUEST).await;
    let values: Vec<_> = call.request.headers().get_all("x-my-name").iter().collect();
    assert_eq!(values, ["1", "2"]);
}
