"""The part of the results page about servers of HTTP, and its chart."""

import math

from figures import OURS, Spread

# What is asked for: rows whose CPU time is to be at most that share of the released hyper's. Others may cost as much as it.
CEILINGS = {"h1/hello/1": 0.9, "h1/hello/16 connections": 0.9, "h1/pipelining/16": 0.9, "h2/hello/1": 0.9, "h2/hello/100 streams": 0.9}
FEWER_ALLOCATIONS = 0.5
STYLE = "font-family: system-ui, sans-serif; font-size: 12px; fill: #222"

TEXT = """
# Servers of HTTP/1 and HTTP/2, measured

What a request costs a server on one thread, on loopback TCP, beside {released} in the same run. Asked for: CPU time of
at most 0.9 of its in the hello and pipelining rows and at most 1.0 in every other, and at most half the allocations.

{table}

![CPU time for a request, by what is asked](http.svg)

Medians over {rounds} rounds; a ratio is taken within a round, with the middle half of the rounds in brackets. The process that is measured holds the
servers alone; the client is another process with blocking sockets, the same for every row, on the same processor, so that what it costs to wake
another one is not part of the figures. Requests have two fields besides
`host`, in the rows named so 32, and responses what hyper adds. Large bodies are one piece of a MiB whose length is told, or 64 pieces of 16 KiB
without a length; uploads come in chunks, or DATA frames, of 16 KiB.

Where allocations are above half: over HTTP/1 the two that are left of a plain request are those of `http::HeaderMap`, and over
HTTP/2 all but one or two are the `h2` crate's and the executor's. A plain exchange spends three quarters of its CPU time in three system
calls that any server makes, `epoll_wait`, `read` and `write`.

One row, or some: `cargo bench --bench h1 -- hello` in `benches/released/hyper-1.12.0`.
"""


def render(results):
    """The text and the chart."""
    found = [scenario for result in results for scenario in result["scenarios"]]
    released = next(row["name"] for row in found[0]["rows"] if row["name"] != OURS)
    lines = [
        "| | CPU, ours to it | asked | | CPU, µs a request | of it | allocations a request | of it | requests/s | of it |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    bars = []
    for scenario in found:
        ours, theirs = (next(row for row in scenario["rows"] if row["name"] == name) for name in (OURS, released))
        requests = scenario["requests"]
        cpu = Spread([a / b for a, b in zip(ours["cpu_ns"], theirs["cpu_ns"]) if b > 0])
        ceiling = CEILINGS.get(scenario["name"], 1.0)
        bars.append((scenario["name"], cpu, ceiling))
        micros = lambda row: Spread(row["cpu_ns"]).median / requests / 1e3
        allocations = lambda row: Spread(row["allocations"]).median / requests
        rate = lambda row: requests / Spread(row["wall_ns"]).median * 1e9
        lines.append(
            f"| `{scenario['name']}` | **{cpu.median:.2f}** ({cpu.low:.2f} to {cpu.high:.2f}) | {ceiling:g} "
            f"| {'yes' if cpu.median <= ceiling + 0.005 else '**no**'} "
            f"| {micros(ours):.2f} | {micros(theirs):.2f} "
            f"| {allocations(ours):.1f}{'' if allocations(ours) <= FEWER_ALLOCATIONS * allocations(theirs) else ' (above half)'} | {allocations(theirs):.1f} "
            f"| {rate(ours):,.0f} | {rate(theirs):,.0f} |"
        )
    rounds = len(found[0]["rows"][0]["cpu_ns"])
    return TEXT.format(released=released, table="\n".join(lines), rounds=rounds), draw(bars, released)


def draw(bars, released):
    """A bar for each row, on a scale of halves and doubles."""
    width, labels, line, top = 900, 220, 22, 46
    height = top + line * len(bars) + 10
    ticks = (1 / 8, 1 / 4, 1 / 2, 1, 2)
    place = lambda value: labels + (width - labels - 30) * math.log(min(max(value, ticks[0]), ticks[-1]) / ticks[0]) / math.log(ticks[-1] / ticks[0])
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" style="{STYLE}" role="img">',
        f"<title>CPU time for a request, {released} = 1</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{labels}" y="16" font-weight="bold">CPU time for a request, {released} = 1 (less is better); | is what is asked</text>',
    ]
    for tick in ticks:
        label = f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}"
        x = place(tick)
        out.append(f'<line x1="{x:.1f}" y1="{top - 8}" x2="{x:.1f}" y2="{height - 6}" stroke="{"#222222" if tick == 1 else "#d0d0d0"}"/>')
        out.append(f'<text x="{x:.1f}" y="{top - 12}" text-anchor="middle" font-size="10">{label}</text>')
    for nth, (name, cpu, ceiling) in enumerate(bars):
        y = top + line * (nth + 0.5)
        colour = "#0b6fb8" if cpu.median <= ceiling + 0.005 else "#c2410c"
        start, end = sorted((place(1), place(cpu.median)))
        out.append(f'<text x="{labels - 10}" y="{y + 4}" text-anchor="end">{name}</text>')
        out.append(f'<rect x="{start:.1f}" y="{y - 6}" width="{max(end - start, 1):.1f}" height="12" fill="{colour}"><title>{cpu.median:.2f}</title></rect>')
        out.append(f'<line x1="{place(cpu.low):.1f}" y1="{y}" x2="{place(cpu.high):.1f}" y2="{y}" stroke="#222222"/>')
        out.append(f'<line x1="{place(ceiling):.1f}" y1="{y - 9}" x2="{place(ceiling):.1f}" y2="{y + 9}" stroke="#222222" stroke-width="2"/>')
    return "\n".join([*out, "</svg>", ""])
