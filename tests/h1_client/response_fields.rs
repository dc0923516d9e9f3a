//! Contract 5.4-1, 5.4-2, 3.2-1: field lines of responses, and the leniency one can ask for.

use crate::messages::kind;
use crate::support::reading::lines;
use crate::support::scripted_h1::{Client, ClientBuilder, Delivery};

async fn received(
    tune: fn(&mut ClientBuilder),
    how: Delivery,
    fields: &str,
) -> hyper::Result<Vec<String>> {
    let mut client = Client::tuned(tune);
    let exchange = client.get().await;
    let head = format!("HTTP/1.1 204 No Content\r\n{fields}\r\n");
    client.peer.deliver(how, head).await;
    let response = exchange.outcome().await?;
    client.assert_usable().await;
    Ok(lines(response.headers()))
}

async fn assert_fields(tune: fn(&mut ClientBuilder), fields: &str, expected: &[&str]) {
    for how in Delivery::EXTREMES {
        println!("{fields:?}, {how:?}");
        let came = received(tune, how, fields).await.expect("a response");
        assert_eq!(came, expected);
    }
}

async fn assert_refused(tune: fn(&mut ClientBuilder), fields: &str) {
    for how in Delivery::EXTREMES {
        println!("{fields:?}, {how:?}");
        let error = received(tune, how, fields).await.expect_err("no response");
        assert_eq!(kind(&error), "Parse(Header(Token))");
    }
}

fn spaces(builder: &mut ClientBuilder) {
    builder.allow_spaces_after_header_name_in_responses(true);
}

fn folding(builder: &mut ClientBuilder) {
    builder.allow_obsolete_multiline_headers_in_responses(true);
}

fn ignoring(builder: &mut ClientBuilder) {
    builder.ignore_invalid_headers_in_responses(true);
}

// Contract 5.4-1, 4.1-4.
#[tokio::test(start_paused = true)]
async fn fields_are_trimmed_and_kept_in_order() {
    assert_fields(
        |_| {},
        "X: 1\r\ny:2\r\nx: \t3 \t\r\nz:\r\nSet-Cookie: a b\t c\r\n",
        &["x: 1", "x: 3", "y: 2", "z: ", "set-cookie: a b\t c"],
    )
    .await;
}

// Contract 5.4-2.
#[tokio::test(start_paused = true)]
async fn lines_that_are_no_field_are_refused() {
    for fields in [
        "x : a\r\n",
        "x\t: a\r\n",
        ": a\r\n",
        "no colon\r\n",
        "x: a\r\n b\r\n",
        "x: a\r\n\tb\r\n",
        " x: a\r\n",
        "bad name: a\r\n",
        "x: a\x01b\r\n",
        "x: a\0b\r\n",
        "x: a\x7fb\r\n",
        "x: a\rb\r\n",
    ] {
        assert_refused(|_| {}, fields).await;
    }
}

// Contract 5.4-2, 3.2-1.
#[tokio::test(start_paused = true)]
async fn spaces_before_the_colon_are_taken_if_the_option_is_on() {
    assert_fields(
        spaces,
        "x : a\r\ny \t : b\r\nz: c\r\n",
        &["x: a", "y: b", "z: c"],
    )
    .await;
    assert_refused(spaces, "bad name: a\r\n").await;
    assert_refused(spaces, "x: a\r\n b\r\n").await;
}

// Contract 5.4-2, 3.2-1.
#[tokio::test(start_paused = true)]
async fn folded_lines_are_joined_if_the_option_is_on() {
    for (fields, expected) in [
        ("x: just\r\n some\r\n\t folding\r\n", "x: just some folding"),
        ("x: just  \t\r\n \t some\r\n", "x: just some"),
        ("x: one\n two\n", "x: one two"),
    ] {
        assert_fields(folding, fields, &[expected]).await;
    }
    assert_fields(folding, "x: a\r\n b\r\ny: c\r\n", &["x: a b", "y: c"]).await;
    assert_refused(folding, "x : a\r\n").await;
}

// Contract 5.4-2, 3.2-1.
#[tokio::test(start_paused = true)]
async fn lines_that_are_no_field_are_skipped_if_the_option_is_on() {
    for bad in [
        "bad name: a\r\n",
        "no colon\r\n",
        "b\u{e9}d: a\r\n",
        ": a\r\n",
        "x: a\x01b\r\n",
        "x : a\r\n",
    ] {
        let fields = format!("before: 1\r\n{bad}after: 2\r\n");
        assert_fields(ignoring, &fields, &["before: 1", "after: 2"]).await;
    }
}

// Contract 3.1-3, which holds for both roles.
#[tokio::test(start_paused = true)]
async fn a_nul_is_refused_even_where_invalid_lines_are_skipped() {
    assert_refused(ignoring, "x: a\0b\r\n").await;
}
