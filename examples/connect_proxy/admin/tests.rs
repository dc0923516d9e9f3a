use super::*;

#[test]
fn the_policy_names_what_stands_in_the_page() {
    // The SHA-256 of `alert(1)`, as browsers compute it.
    let page = "<!doctype html><title>x</title><style></style><script>alert(1)</script>";
    let policy = content_security_policy(page);
    let script = "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
    assert!(policy.contains(script), "{policy}");
    // That of nothing.
    let style = "style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
    assert!(policy.contains(style), "{policy}");
}

#[test]
fn a_page_without_scripts_may_run_none() {
    assert!(content_security_policy("<p>").contains("script-src 'none'"));
}

#[test]
fn the_page_needs_nothing_that_its_policy_forbids() {
    for (element, count) in [("script", 1), ("style", 1)] {
        assert_eq!(
            PAGE.matches(&format!("<{element}>")).count(),
            count,
            "{element}"
        );
        assert_eq!(
            PAGE.matches(&format!("<{element}")).count(),
            count,
            "{element} with attributes"
        );
    }
    for forbidden in [
        " style=\"",
        " onclick=",
        " onload=",
        "<base",
        "<form",
        " src=",
        "@import",
    ] {
        assert!(!PAGE.contains(forbidden), "{forbidden}");
    }
}
