//! Sizes and durations as people write and read them.

use std::time::Duration;

pub const KIB: u64 = 1024;
pub const MIB: u64 = 1024 * KIB;
pub const GIB: u64 = 1024 * MIB;

/// `409600` as `400 KiB`: three significant digits, exact values without a fraction.
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        GIB.. => (GIB, "GiB"),
        MIB.. => (MIB, "MiB"),
        KIB.. => (KIB, "KiB"),
        _ => return format!("{bytes} B"),
    };
    let value = bytes as f64 / unit as f64;
    let digits = match value {
        _ if bytes % unit == 0 => 0,
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{value:.digits$} {name}")
}

pub fn rate(bytes_per_second: f64) -> String {
    format!("{}/s", size(bytes_per_second as u64))
}

pub fn seconds(duration: Duration) -> String {
    let text = format!("{:.2}", duration.as_secs_f64());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} s")
}

/// `1`, `512`, `8KiB`, `8k`, `16 MiB`: all units are powers of 1024.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) = split_unit(text);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => KIB,
        "m" | "mib" => MIB,
        "g" | "gib" => GIB,
        _ => return Err("not a size; write for example 512, 64KiB or 16MiB".to_owned()),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "not a size; write for example 512, 64KiB or 16MiB".to_owned())
}

/// `4`, `4s`, `2.5s`, `500ms`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "not a duration; write for example 4, 2.5s or 500ms".to_owned();
    let (number, unit) = split_unit(text);
    let unit = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        _ => return Err(wrong()),
    };
    let number = number.parse::<f64>().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())
}

fn split_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_powers_of_1024() {
        assert_eq!(parse_size("1"), Ok(1));
        assert_eq!(parse_size("8k"), Ok(8 * KIB));
        assert_eq!(parse_size("64KiB"), Ok(64 * KIB));
        assert_eq!(parse_size("16 MiB"), Ok(16 * MIB));
        for wrong in ["", "x", "-1", "1.5KiB", "8 bananas", "99999999999GiB"] {
            assert!(parse_size(wrong).is_err(), "{wrong:?} is no size");
        }
    }

    #[test]
    fn sizes_are_shown_with_three_digits_at_most() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(400 * KIB), "400 KiB");
        assert_eq!(size(1536), "1.50 KiB");
        assert_eq!(size(300 * MIB + 1), "300 MiB");
    }

    #[test]
    fn durations_are_read_in_seconds_and_milliseconds() {
        assert_eq!(parse_duration("4"), Ok(Duration::from_secs(4)));
        assert_eq!(parse_duration("2.5s"), Ok(Duration::from_millis(2500)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "s", "-1", "1h"] {
            assert!(parse_duration(wrong).is_err(), "{wrong:?} is no duration");
        }
    }
}
