"""The results page, from the samples of all runs."""

import chart
from figures import H2, OURS, TCP, scenarios

STALLED = "beside_stalled/64KiB/8t/1c"

# What is asked for: text, scenario, figure, row, base, whether it is a ceiling, and the bound. `{}` is the implementation.
ASKED = [
    ("CPU per round of ping-pong, one thread", "ping_pong/64B/1t/1c", "cpu", "{}", H2, "at most", 1.05),
    ("CPU per round of ping-pong, two threads", "ping_pong/64B/1t/2c", "cpu", "{}", H2, "at most", 1.05),
    ("CPU per GiB, download of 64 KiB writes, one thread", "download/64KiB/1t/1c", "cpu", "{}", H2, "at most", 1.05),
    ("CPU per GiB, download of 64 KiB writes, two threads", "download/64KiB/1t/2c", "cpu", "{}", H2, "at most", 1.05),
    ("CPU per GiB, upload of 16 KiB frames, one thread", "upload/64KiB/1t/1c", "cpu", "{}", H2, "at most", 1.05),
    ("CPU per GiB, upload of 16 KiB frames, two threads", "upload/64KiB/1t/2c", "cpu", "{}", H2, "at most", 1.05),
    ("Allocations per MiB, download of 64 KiB writes", "download/64KiB/1t/1c", "allocations", "{}", H2, "at most", 0.5),
    ("Allocations per MiB, download of 8 KiB writes", "download/8KiB/1t/1c", "allocations", "{}", H2, "at most", 0.5),
    ("Allocations per MiB, upload of 16 KiB frames", "upload/64KiB/1t/1c", "allocations", "{}", H2, "at most", 0.5),
    ("Throughput, download of 64 KiB writes, to the TCP relay's", "download/64KiB/1t/1c", "rate", "{}", TCP, "at least", 0.75),
    ("Throughput, 512 B writes to a reader slow by the frame", "slow_reader/512B/per_frame", "rate", "{}", H2, "at least", 3),
    ("Throughput of readers beside stalled tunnels, to theirs alone", STALLED, "rate", "{}, beside stalled", "{}, alone", "at least", 0.95),
]

GROUPS = [
    ("Download", "download/"),
    ("Upload", "upload/"),
    ("Ping-pong", "ping_pong/"),
    ("Slow readers", "slow_reader/"),
    ("Readers beside stalled tunnels", "beside_stalled/"),
]

HEAD = """\
# Tunnels, measured

(Servers of HTTP/1 and HTTP/2 follow [below](#servers-of-http1-and-http2-measured).)

A proxy's side towards its client: CONNECT tunnels over HTTP/2 on loopback TCP. The rows are the same relay
on **this crate**, on the **`h2`** crate used directly, on plain **TCP** without any HTTP, and on released
**hypers**, with the same settings. This page is written by

```sh
benches/report
```

and was measured on {machine}.
Every round runs all rows in turn, some 20 ms each, and a ratio is taken within a round: it stands
where an absolute figure drifts with the machine.

## What is asked for

{asked}

Medians of ratios to the `h2` row, or to what the text names, over some {rounds} rounds. The middle half
is what lies between the quartiles. Figures of released hypers are from runs of their own, to the `h2`
row of the same run.

![CPU time and throughput of every row](tunnel.svg)

## How it is measured

- The measured process holds the proxies alone. Client and origins are in a second process: blocking
  sockets, frames written by hand, the same for every row. So CPU time (`getrusage`), allocations (a
  counting allocator) and minor page faults are the proxy's. Throughput is by the client's clock. What passes
  is counted here, and compared byte by byte in `tests/connect_tunnel/`.
- Every socket has `TCP_NODELAY`, and Reno for congestion control. Where the system's own paces, as BBR does, a
  connection on loopback runs for seconds at whatever pace was first estimated, and rows differ by
  chance.
- Rows get new connections some twenty times, each with a round that does not count. A connection keeps
  habits for life (where its buffers lie, how reads fall on the bounds of frames), and some cost a quarter.
- glibc's allocator is made to keep what is freed, as it does in a process that has run for a while;
  else it trims and faults in the top of its heap, or not, as chance has it.
- In a name, `8t` is tunnels on one connection (over TCP: connections), `2c` is threads of the runtime:
  tokio's `current_thread`, or two workers. The connection and each tunnel are tasks of their own.
- **Download**: an origin sends as fast as it is read; the relay reads up to 64 KiB, or the size of its writes
  where that is more, and writes it on in pieces of the given size at most, without flushing. The client
  grants 16 MiB a stream, and returns it 4 MiB at a time: window is never short.
- **Upload**: the client sends DATA frames of the given size, 16 KiB at most; the relay writes to the origin
  what one read gives it. The frames of a batch leave with one write, and the TCP row reads many at
  once. No more than 1,024 frames under 256 bytes are on their way, as h2 ends a connection that owes it too much
  for framing, and a released hyper has no option for that.
- **Ping-pong**: 64 bytes there and back, echoed by the relay itself.
- **Slow readers**: a download of 512-byte writes to a client with a receive buffer of 128 KiB. `per_frame` spends 10 µs on each DATA frame of any size
  (TCP: on 16 KiB), as a client does that wakes, dispatches or logs for each: a frame for every write then
  makes 49 MiB/s, less than any row here writes to a fast one. `per_chunk` spends 1 ms on 64 KiB in frames of
  any size: there the rate is given, and CPU shows the difference.
- **Beside stalled**: eight downloads, alone and beside eight tunnels of the same connection whose origins send,
  too, and whose client never grants them window. The base of a row is the same row, alone.
- The `h2` row is written as its documentation asks for: `reserve_capacity`, `poll_capacity` and
  `send_data` of a copy of each piece, window released when bytes are passed on. All HTTP/2 rows are given 400 KiB of
  send buffer and windows of 1 MiB.

One row, or some: `cargo bench --features full --bench tunnel -- download/64KiB`. The hypers are packages of
their own: the same in `benches/released/hyper-1.12.0`, without `--features`.

## All figures

Medians over all rounds; bytes are those asked of the allocator.
"""


def render(results, releases, machine):
    found = scenarios(results)
    counts = [spread.count for scenario in found.values() if (spread := scenario.ratio(OURS, H2, "cpu"))]
    head = HEAD.format(
        machine=machine,
        asked=asked(found, releases),
        rounds=sorted(counts)[len(counts) // 2] if counts else 0,
    )
    details = [group(title, [at for name, at in found.items() if name.startswith(start)]) for title, start in GROUPS]
    names = [name for name in found if not name.startswith("beside_stalled/")]
    return "\n".join([head, *details]), chart.draw(found, names, releases)


def asked(found, releases):
    lines = [
        row("", "asked for", OURS, "", "middle half", "extremes", H2, *releases),
        row("---", "---:", "---:", "---", "---:", "---:", "---:", *["---:"] * len(releases)),
    ]
    for text, name, figure, subject, base, sense, bound in ASKED:
        scenario = found.get(name)
        ratio = lambda who: scenario and scenario.ratio(subject.format(who), base.format(who), figure)
        ours = ratio(OURS)
        if not ours:
            continue
        is_met = ours.median <= bound if sense == "at most" else ours.median >= bound
        others = [ratio(who) if base != who else None for who in (H2, *releases)]
        lines.append(
            row(
                text,
                f"{sense} {bound:g}",
                f"**{number(ours.median)}**",
                "yes" if is_met else "**no**",
                f"{number(ours.low)} to {number(ours.high)}",
                f"{number(ours.least)} to {number(ours.most)}",
                *(number(other.median) if other else "" for other in others),
            )
        )
    return "\n".join(lines)


def group(title, members):
    if not members:
        return ""
    unit = members[0].unit
    is_paired = any(at.ratio(OURS, H2, "cpu") for at in members)
    bases = [("CPU to `h2`", H2, "cpu"), ("rate to `h2`", H2, "rate"), ("rate to TCP", TCP, "rate")] if is_paired else []
    cpu = "CPU s/GiB" if unit == "MiB" else "CPU µs/round"
    lines = [
        f"<details>\n<summary>{title}</summary>\n",
        row("", "", f"{unit}/s", cpu, f"allocations/{unit}", f"bytes/{unit}", f"faults/{unit}", f"frames/{unit}", *(base[0] for base in bases)),
        row("---", "---", *["---:"] * (6 + len(bases))),
    ]
    for at in members:
        for index, name in enumerate(at.rows()):
            figure = lambda which: at.figure(name, which).median
            seconds = figure("cpu") * (1024 / 1e6 if unit == "MiB" else 1)
            ratios = (at.ratio(name, base, which) for _, base, which in bases)
            lines.append(
                row(
                    f"`{at.name}`" if index == 0 else "",
                    name,
                    number(figure("rate")),
                    number(seconds),
                    number(figure("allocations")),
                    f"{figure('allocated'):,.0f}",
                    number(figure("faults")),
                    number(figure("frames")) if figure("frames") else "",
                    *(f"{number(ratio.median)} ({number(ratio.low)} to {number(ratio.high)})" if ratio else "" for ratio in ratios),
                )
            )
    return "\n".join([*lines, "\n</details>\n"])


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def number(value):
    """Three digits or so."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.01 else f"{value:.4f}"
