//! What is asked and answered, redirects included.

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::header::{CONTENT_TYPE, LOCATION};
use hyper::{Request, Response, StatusCode, Version};
use hyper_downstream::{full, real_time, serve, Serving};
use reqwest::redirect::Policy;

use crate::{by, client, status};

async fn whole(request: Request<Incoming>) -> Bytes {
    hyper_downstream::collect(request.into_body()).await
}

// Contract 9-7: the length is that of the body's size hint.
#[test]
fn a_response_has_version_length_and_text() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(|request: Request<Incoming>| async move {
                let said = whole(request).await;
                Response::new(full([b"you said ", &*said].concat()))
            })
            .await;
            let request = by(protocol).post(server.http("/")).body("hello");
            let response = request.send().await.expect("a response");
            assert_eq!(response.version(), protocol);
            assert_eq!(response.content_length(), Some(14));
            assert_eq!(response.text().await.expect("a body"), "you said hello");
        });
    }
}

#[test]
fn json_goes_both_ways() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(|request: Request<Incoming>| async move {
                assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
                let mut value: serde_json::Value =
                    serde_json::from_slice(&whole(request).await).expect("JSON");
                value["answer"] = 42.into();
                Response::new(full(value.to_string()))
            })
            .await;
            let request = by(protocol)
                .put(server.http("/"))
                .json(&serde_json::json!({"question": "?"}));
            let response = request.send().await.expect("a response");
            let value: serde_json::Value = response.json().await.expect("JSON");
            assert_eq!(value, serde_json::json!({"question": "?", "answer": 42}));
        });
    }
}

// Contract 9-7, 1.4-2.
#[test]
fn a_reason_phrase_of_the_servers_own_is_there() {
    real_time(async {
        let server = serve(|_| async {
            let mut response = status(StatusCode::IM_A_TEAPOT);
            let phrase = ReasonPhrase::from_static(b"Short And Stout");
            response.extensions_mut().insert(phrase);
            response
        })
        .await;
        let client = by(Version::HTTP_11);
        let response = client
            .get(server.http("/"))
            .send()
            .await
            .expect("a response");
        let phrase = response.extensions().get::<ReasonPhrase>();
        assert_eq!(phrase.expect("a phrase").as_bytes(), b"Short And Stout");
    });
}

/// `/n` redirects to `/n-1`, and `/0` tells what arrived there.
async fn redirecting(code: StatusCode) -> Serving {
    serve(move |request: Request<Incoming>| async move {
        let number: u32 = request.uri().path()[1..].parse().expect("a number");
        let Some(next) = number.checked_sub(1) else {
            let method = request.method().clone();
            let said = String::from_utf8(whole(request).await.to_vec()).expect("text");
            return Response::new(full(format!("{method} {said}")));
        };
        let mut response = status(code);
        let location = format!("/{next}").parse().expect("a value");
        response.headers_mut().insert(LOCATION, location);
        response
    })
    .await
}

#[test]
fn redirects_are_followed_on_the_same_host() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        for (code, arrives) in [
            (302, "GET "),
            (303, "GET "),
            (307, "POST hello"),
            (308, "POST hello"),
        ] {
            real_time(async move {
                let server = redirecting(StatusCode::from_u16(code).expect("a code")).await;
                let request = by(protocol).post(server.http("/4")).body("hello");
                let response = request.send().await.expect("a response");
                assert_eq!(response.url().path(), "/0");
                let said = response.text().await.expect("a body");
                assert_eq!(said, arrives, "{code} by {protocol:?}");
            });
        }
    }
}

#[test]
fn redirects_are_as_many_as_the_policy_allows() {
    real_time(async {
        let server = redirecting(StatusCode::FOUND).await;
        let limited = client()
            .redirect(Policy::limited(3))
            .build()
            .expect("a client");
        let error = limited.get(server.http("/9")).send().await;
        assert!(error.expect_err("too many").is_redirect());
        let none = client().redirect(Policy::none()).build().expect("a client");
        let response = none.get(server.http("/9")).send().await;
        assert_eq!(response.expect("a response").status(), StatusCode::FOUND);
    });
}
