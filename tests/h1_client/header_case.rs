//! Contract 3.2-1, 1.4-4, 5.1-9, 9-12: the case of field names.

use crate::messages::{get, post, sized, with_field};
use crate::support::scripted_h1::{Client, ClientBuilder};
use crate::support::virtual_timer::run_until_idle;

fn title_case(builder: &mut ClientBuilder) {
    builder.title_case_headers(true);
}

fn preserve(builder: &mut ClientBuilder) {
    builder.preserve_header_case(true);
}

fn both(builder: &mut ClientBuilder) {
    builder.title_case_headers(true).preserve_header_case(true);
}

/// The extensions of a response that had `X-mY-nAme` twice and `Empty`.
async fn recorded(client: &mut Client) -> http::Extensions {
    let response = client
        .answer("HTTP/1.1 204 No Content\r\nX-mY-nAme: 1\r\nx-MY-name: 2\r\nEmPty: \r\n\r\n")
        .await;
    run_until_idle().await;
    response.expect("a response").into_parts().0.extensions
}

// Contract 3.2-1.
#[tokio::test(start_paused = true)]
async fn title_case_is_written_if_the_option_is_on() {
    let mut client = Client::tuned(title_case);
    let request = with_field(with_field(post(sized("x")), "x-my-name", "1"), "host", "a");
    let _exchange = client.send(request);
    client
        .peer
        .expect_text("POST / HTTP/1.1\r\nX-My-Name: 1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        .await;
}

// Contract 1.4-4, 9-12.
#[tokio::test(start_paused = true)]
async fn preserved_case_goes_where_the_extensions_go() {
    let mut client = Client::tuned(preserve);
    let extensions = recorded(&mut client).await;
    let mut request = with_field(with_field(get(), "x-my-name", "1"), "x-my-name", "2");
    request = with_field(request, "other", "3");
    *request.extensions_mut() = extensions;
    let _exchange = client.send(request);
    client
        .peer
        .expect_text("GET / HTTP/1.1\r\nX-mY-nAme: 1\r\nx-MY-name: 2\r\nother: 3\r\n\r\n")
        .await;
}

// Contract 5.1-9.
#[tokio::test(start_paused = true)]
async fn a_preserved_name_with_an_empty_value_has_no_space() {
    let mut client = Client::tuned(preserve);
    let extensions = recorded(&mut client).await.clone();
    let mut request = with_field(get(), "empty", "");
    *request.extensions_mut() = extensions;
    let _exchange = client.send(request);
    client
        .peer
        .expect_text("GET / HTTP/1.1\r\nEmPty:\r\n\r\n")
        .await;
}

// Contract 3.1-2, which holds for both roles.
#[tokio::test(start_paused = true)]
async fn preserved_case_wins_over_title_case() {
    let mut client = Client::tuned(both);
    let extensions = recorded(&mut client).await;
    let mut request = with_field(with_field(get(), "x-my-name", "1"), "my-other", "2");
    *request.extensions_mut() = extensions;
    let _exchange = client.send(request);
    client
        .peer
        .expect_text("GET / HTTP/1.1\r\nX-mY-nAme: 1\r\nMy-Other: 2\r\n\r\n")
        .await;
}

// Contract 1.4-4: nothing is recorded by default.
#[tokio::test(start_paused = true)]
async fn case_is_not_kept_by_default() {
    let mut client = Client::start();
    let extensions = recorded(&mut client).await;
    let mut request = with_field(get(), "x-my-name", "1");
    *request.extensions_mut() = extensions;
    let _exchange = client.send(request);
    client
        .peer
        .expect_text("GET / HTTP/1.1\r\nx-my-name: 1\r\n\r\n")
        .await;
}
