//! What examples share: arguments without options.

use std::process;

/// At most `N` arguments, in order. Where there are more, or one looks like an option, tells `usage` and exits with status 2.
pub fn take<const N: usize>(usage: &str) -> [Option<String>; N] {
    let mut given = std::env::args().skip(1);
    let taken = std::array::from_fn(|_| given.next());
    let excess = given.next();
    let option = taken.iter().flatten().find(|text| text.starts_with('-'));
    match option.or(excess.as_ref()) {
        None => taken,
        Some(other) => refuse(&format!("unexpected argument: {other}"), usage),
    }
}

/// Says what is wrong with the arguments, and exits with status 2.
pub fn refuse(reason: &str, usage: &str) -> ! {
    eprintln!("{reason}\nusage: {usage}");
    process::exit(2)
}
