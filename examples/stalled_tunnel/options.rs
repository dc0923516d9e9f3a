//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use crate::units::{self, GIB, KIB, MIB};

pub const USAGE: &str = "\
Shows what a CONNECT proxy on hyper holds in memory while its client does not read.

Usage: stalled_tunnel [OPTIONS]

Options:
      --tunnels N        tunnels on one HTTP/2 connection, 1 to 100       [default: 1]
      --write-size SIZE  largest single write into a tunnel, that is the
                         proxy's copy buffer, 1 to 16MiB                  [default: 8KiB]
      --stall HOW        window: the client reads its socket, but returns
                                 no flow-control window
                         socket: the client leaves its socket unread      [default: window]
      --stall-for TIME   how long the client stalls, 500ms to 600s        [default: 4s]
      --send-buf SIZE    max_send_buf_size of the proxy, 16KiB to 16MiB   [default: 400KiB]
      --json             one JSON object per line in place of the table
      --plot FILE.svg    draw memory and rates over time
  -h, --help             this text

Exit code: 0 bounded and verified, 1 a bound was passed or a byte was lost, 2 anything else.
";

#[derive(Debug)]
pub enum Asked {
    Run(Options),
    Help,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub tunnels: usize,
    /// Bytes; the copy buffer of each tunnel from upstream to client.
    pub write_size: usize,
    pub stall: Stall,
    pub stall_for: Duration,
    /// Bytes; `max_send_buf_size` of the proxy's server builder.
    pub send_buf: usize,
    pub json: bool,
    pub plot: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stall {
    /// The socket is read, the window stays closed.
    Window,
    /// The socket is left unread.
    Socket,
}

impl Options {
    /// Stream window the client grants each tunnel, in bytes.
    ///
    /// A window stall uses the default of RFC 9113, Section 6.9.2. A socket stall must not run
    /// into the window first: it leaves room for a full send buffer and full kernel buffers, and
    /// is still within the largest connection window for 100 tunnels.
    pub fn window(&self) -> u32 {
        match self.stall {
            Stall::Window => 65_535,
            Stall::Socket => self.send_buf as u32 + 4 * MIB as u32,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            tunnels: 1,
            write_size: 8 * KIB as usize,
            stall: Stall::Window,
            stall_for: Duration::from_secs(4),
            send_buf: 400 * KIB as usize,
            json: false,
            plot: None,
        }
    }
}

pub fn parse(mut arguments: lexopt::Parser) -> Result<Asked, String> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next().map_err(text)? {
        match argument {
            Long("tunnels") => {
                options.tunnels = value(&mut arguments, "--tunnels", |text| {
                    text.parse::<u64>()
                        .map_err(|_| "not a whole number".to_owned())
                        .and_then(|number| within(number, 1, 100, |number| number.to_string()))
                })? as usize;
            }
            Long("write-size") => {
                options.write_size = value(&mut arguments, "--write-size", |text| {
                    within(units::parse_size(text)?, 1, 16 * MIB, units::size)
                })? as usize;
            }
            Long("send-buf") => {
                options.send_buf = value(&mut arguments, "--send-buf", |text| {
                    within(units::parse_size(text)?, 16 * KIB, 16 * MIB, units::size)
                })? as usize;
            }
            Long("stall") => {
                options.stall = value(&mut arguments, "--stall", |text| match text {
                    "window" => Ok(Stall::Window),
                    "socket" => Ok(Stall::Socket),
                    _ => Err("must be `window` or `socket`".to_owned()),
                })?;
            }
            Long("stall-for") => {
                let (shortest, longest) = (Duration::from_millis(500), Duration::from_secs(600));
                options.stall_for = value(&mut arguments, "--stall-for", |text| {
                    within(
                        units::parse_duration(text)?,
                        shortest,
                        longest,
                        units::seconds,
                    )
                })?;
            }
            Long("json") => options.json = true,
            Long("plot") => {
                let path = PathBuf::from(arguments.value().map_err(text)?);
                if path.extension().is_none_or(|extension| extension != "svg") {
                    return Err(format!(
                        "--plot {}: the file name must end in .svg",
                        path.display()
                    ));
                }
                options.plot = Some(path);
            }
            Short('h') | Long("help") => return Ok(Asked::Help),
            _ => return Err(text(argument.unexpected())),
        }
    }
    let copy_buffers = options.tunnels as u64 * options.write_size as u64;
    if copy_buffers > GIB {
        return Err(format!(
            "--tunnels {} with --write-size {} takes {} of copy buffers; 1 GiB is the most",
            options.tunnels,
            units::size(options.write_size as u64),
            units::size(copy_buffers),
        ));
    }
    Ok(Asked::Run(options))
}

fn text(error: lexopt::Error) -> String {
    error.to_string()
}

fn value<T>(
    arguments: &mut lexopt::Parser,
    option: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, String> {
    let value = arguments.value().and_then(|value| value.string());
    let value = value.map_err(text)?;
    read(&value).map_err(|error| format!("{option} {value}: {error}"))
}

fn within<T: PartialOrd>(
    value: T,
    least: T,
    most: T,
    show: impl Fn(T) -> String,
) -> Result<T, String> {
    if value < least || value > most {
        return Err(format!("must be from {} to {}", show(least), show(most)));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Result<Options, String> {
        match parse(lexopt::Parser::from_args(arguments))? {
            Asked::Run(options) => Ok(options),
            Asked::Help => Err("help".to_owned()),
        }
    }

    #[test]
    fn all_options_are_read() {
        let line = "--tunnels 8 --write-size 16MiB --stall=socket --stall-for 2.5s \
                    --send-buf 64KiB --json --plot out.svg";
        let line: Vec<_> = line.split_whitespace().collect();
        let options = options(&line).expect("these options are good");
        assert_eq!(options.tunnels, 8);
        assert_eq!(options.write_size, 16 * MIB as usize);
        assert_eq!(options.stall, Stall::Socket);
        assert_eq!(options.stall_for, Duration::from_millis(2500));
        assert_eq!(options.send_buf, 64 * KIB as usize);
        assert!(options.json);
        assert_eq!(options.plot, Some(PathBuf::from("out.svg")));
    }

    #[test]
    fn bad_options_are_named_in_the_error() {
        for (line, names) in [
            ("--tunnels 0", "--tunnels 0: must be from 1 to 100"),
            ("--tunnels many", "--tunnels many: not a whole number"),
            ("--write-size 17MiB", "must be from 1 B to 16 MiB"),
            ("--write-size", "--write-size"),
            ("--stall pipe", "must be `window` or `socket`"),
            ("--stall-for 1h", "not a duration"),
            ("--plot out.png", "must end in .svg"),
            ("--tunnels 100 --write-size 16MiB", "1 GiB is the most"),
            ("--fast", "--fast"),
            ("surplus", "surplus"),
        ] {
            let line: Vec<_> = line.split_whitespace().collect();
            let error = options(&line).expect_err("these options are bad");
            assert!(error.contains(names), "{error:?} should contain {names:?}");
        }
    }
}
