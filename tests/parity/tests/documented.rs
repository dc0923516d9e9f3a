//! What may differ stands in the README, as it does in code.

#[test]
fn the_readme_has_the_lists_as_they_are() {
    let readme = include_str!("../README.md");
    let list = parity::list();
    assert!(
        readme.ends_with(&list),
        "run `cargo run -- --list` and put what it prints at the end of README.md"
    );
}
