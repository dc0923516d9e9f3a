//! The `date` field (RFC 9110, section 6.6.1), rendered at most once a second on each thread.
//!
//! Invariant: the value always belongs to the second in which it is asked for, also after the wall clock was set.
//! Each thread keeps its own rendering, so that connections on different threads never wait for each other.

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

/// The last second an IMF-fixdate can express: 31 December 9999, 23:59:59.
const LAST_SECOND: u64 = 253_402_300_799;

thread_local! {
    static LATEST: RefCell<Option<Rendered>> = const { RefCell::new(None) };
}

struct Rendered {
    second: u64,
    value: HeaderValue,
}

/// The present wall-clock time as an IMF-fixdate (RFC 9110, section 5.6.7).
pub(crate) fn header_value() -> HeaderValue {
    let second = second_of(SystemTime::now());
    LATEST.with_borrow_mut(|latest| value_at(second, latest))
}

fn value_at(second: u64, latest: &mut Option<Rendered>) -> HeaderValue {
    match latest {
        Some(rendered) if rendered.second == second => rendered.value.clone(),
        _ => {
            let value = render(second);
            *latest = Some(Rendered {
                second,
                value: value.clone(),
            });
            value
        }
    }
}

/// Seconds since the epoch, held within the range the format can express: a wrong wall clock is no reason to panic.
fn second_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs().min(LAST_SECOND))
}

fn render(second: u64) -> HeaderValue {
    let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second));
    HeaderValue::try_from(text).expect("an IMF-fixdate is visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rendered_as_imf_fixdate() {
        for (second, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (LAST_SECOND, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(render(second), text);
        }
    }

    #[test]
    fn one_second_is_rendered_once_and_the_next_anew() {
        let mut latest = None;
        let first = value_at(784_111_777, &mut latest);
        let again = value_at(784_111_777, &mut latest);
        assert_eq!(
            first.as_bytes().as_ptr(),
            again.as_bytes().as_ptr(),
            "both are the same rendering"
        );
        assert_eq!(
            value_at(784_111_778, &mut latest),
            "Sun, 06 Nov 1994 08:49:38 GMT"
        );
        assert_eq!(
            value_at(784_111_777, &mut latest),
            "Sun, 06 Nov 1994 08:49:37 GMT"
        );
    }

    #[test]
    fn a_wall_clock_outside_the_format_is_held_at_its_ends() {
        assert_eq!(second_of(UNIX_EPOCH - Duration::from_secs(5)), 0);
        assert_eq!(
            second_of(UNIX_EPOCH + Duration::from_secs(LAST_SECOND + 5)),
            LAST_SECOND
        );
        assert_eq!(
            second_of(UNIX_EPOCH + Duration::from_millis(1_999)),
            1,
            "a second counts once it is complete"
        );
    }

    #[test]
    fn header_value_is_the_present_second() {
        let before = second_of(SystemTime::now());
        let value = header_value();
        let after = second_of(SystemTime::now());
        let text = value.to_str().expect("an IMF-fixdate is visible ASCII");
        let parsed = httpdate::parse_http_date(text).expect("what was rendered parses");
        assert!((before..=after).contains(&second_of(parsed)));
    }
}
