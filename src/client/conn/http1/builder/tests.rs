use super::*;

// Contracts 3.2-1 to 3.2-3.
#[test]
fn defaults_are_the_documented_ones() {
    let builder = Builder::new();
    let leniency = builder.config.leniency;
    assert!(!leniency.http09_responses);
    assert!(!leniency.spaces_after_header_name);
    assert!(!leniency.obsolete_multiline_headers);
    assert!(!leniency.ignore_invalid_headers);
    assert!(!builder.config.case.title);
    assert!(!builder.config.case.preserve);
    assert!(builder.config.keep_alive);
    assert!(builder.config.date.is_none());
    assert_eq!(builder.config.limits.max_headers, 100);
    assert_eq!(builder.config.limits.max_header_size, None);
    assert_eq!(builder.read_size, ReadSize::UpTo(417_792));
    assert_eq!(builder.max_buf_size, 417_792);
    assert_eq!(builder.write_strategy, None);
}

#[test]
fn each_setter_reaches_its_own_option() {
    let set = |setter: fn(&mut Builder) -> &mut Builder| {
        let mut builder = Builder::new();
        setter(&mut builder);
        builder
    };
    assert!(
        set(|b| b.http09_responses(true))
            .config
            .leniency
            .http09_responses
    );
    let builder = set(|b| b.allow_spaces_after_header_name_in_responses(true));
    assert!(builder.config.leniency.spaces_after_header_name);
    let builder = set(|b| b.allow_obsolete_multiline_headers_in_responses(true));
    assert!(builder.config.leniency.obsolete_multiline_headers);
    let builder = set(|b| b.ignore_invalid_headers_in_responses(true));
    assert!(builder.config.leniency.ignore_invalid_headers);
    assert!(set(|b| b.title_case_headers(true)).config.case.title);
    assert!(set(|b| b.preserve_header_case(true)).config.case.preserve);
    assert_eq!(set(|b| b.max_headers(3)).config.limits.max_headers, 3);
    let builder = set(|b| b.max_header_size(4));
    assert_eq!(builder.config.limits.max_header_size, Some(4));
    let strategy = set(|b| b.writev(true)).write_strategy;
    assert_eq!(strategy, Some(WriteStrategy::Queue));
    let strategy = set(|b| b.writev(false)).write_strategy;
    assert_eq!(strategy, Some(WriteStrategy::Flatten));
}

// Contract 3.2-3.
#[test]
fn the_exact_size_and_the_largest_replace_each_other() {
    let mut builder = Builder::new();
    builder.max_buf_size(10_000);
    assert_eq!(builder.read_size, ReadSize::UpTo(10_000));
    builder.read_buf_exact_size(Some(100));
    assert_eq!(builder.read_size, ReadSize::Exactly(100));
    assert_eq!(builder.max_buf_size, 417_792);
    builder.max_buf_size(8192);
    assert_eq!(builder.read_size, ReadSize::UpTo(8192));
    builder.read_buf_exact_size(None);
    assert_eq!(builder.read_size, ReadSize::UpTo(417_792));
    builder.read_buf_exact_size(Some(0));
    assert_eq!(builder.read_size, ReadSize::Exactly(1));
}

// Contract 3.2-3.
#[test]
#[should_panic(expected = "the max_buf_size cannot be smaller than the minimum")]
fn a_buffer_below_one_read_panics_in_the_setter() {
    Builder::new().max_buf_size(8191);
}
