use super::*;

fn known(texts: &[&str]) -> Credentials {
    let mut credentials = Credentials::default();
    for text in texts {
        credentials.add(text).expect("these are credentials");
    }
    credentials
}

fn headers(values: &[&str]) -> HeaderMap {
    let values = values.iter().map(|value| value.parse());
    let values = values.map(|value| value.expect("this is a value"));
    values.map(|value| (PROXY_AUTHORIZATION, value)).collect()
}

fn check(credentials: &Credentials, values: &[&str]) -> Option<String> {
    let who = credentials.check(&headers(values))?;
    Some(who.user().unwrap_or("anybody").to_owned())
}

fn found(user: &str) -> Option<String> {
    Some(user.to_owned())
}

#[test]
fn without_credentials_anybody_may() {
    assert_eq!(check(&known(&[]), &[]), found("anybody"));
    assert_eq!(check(&known(&[]), &["Basic nonsense"]), found("anybody"));
}

#[test]
fn the_user_whose_password_it_is_is_told() {
    // alice:wonder, bob:pass:word, alice:new, and a user and password of UTF-8
    let credentials = known(&[
        "alice:wonder",
        "bob:pass:word",
        "alice:new",
        "zoë:schlüssel",
    ]);
    for (value, user) in [
        ("Basic YWxpY2U6d29uZGVy", "alice"),
        ("basic YWxpY2U6d29uZGVy", "alice"),
        ("BASIC   YWxpY2U6d29uZGVy", "alice"),
        ("Basic Ym9iOnBhc3M6d29yZA==", "bob"),
        ("Basic Ym9iOnBhc3M6d29yZA", "bob"),
        ("Basic YWxpY2U6bmV3", "alice"),
        ("Basic em/DqzpzY2hsw7xzc2Vs", "zoë"),
    ] {
        assert_eq!(check(&credentials, &[value]), found(user), "{value}");
    }
}

#[test]
fn what_is_wrong_is_nobodys() {
    let credentials = known(&["alice:wonder"]);
    for values in [
        &[] as &[_],
        &[""],
        &["Basic"],
        &["Basic "],
        &["Basic YWxpY2U6d29uZGV"],
        &["Basic YWxpY2U6d29uZGVyIQ=="],
        &["Basic YWxpY2U6"],
        &["Basic OndvbmRlcg=="],
        &["Basic !!!"],
        &["Bearer YWxpY2U6d29uZGVy"],
        &["BasicYWxpY2U6d29uZGVy"],
        &["Basic YWxpY2U6d29uZGVy", "Basic YWxpY2U6d29uZGVy"],
    ] {
        assert_eq!(check(&credentials, values), None, "{values:?}");
    }
    let long = format!("Basic {}", "A".repeat(4096));
    assert_eq!(check(&credentials, &[&long]), None);
}

#[test]
fn what_cannot_be_sent_is_not_taken() {
    let long = format!("alice:{}", "x".repeat(1024));
    for text in ["", "alice", ":wonder", "alice:won\nder", &long] {
        Credentials::default().add(text).expect_err(text);
    }
}

#[test]
fn no_password_is_shown() {
    let shown = format!("{:?}", known(&["alice:wonder"]));
    assert!(
        shown.contains("alice") && !shown.contains("wonder"),
        "{shown}"
    );
}
