"""A dot for each row of each scenario, as SVG."""

import math

from figures import H2, OURS, TCP

WIDTH, LABELS, GAP, LINE, TOP, BOTTOM = 1000, 190, 40, 18, 74, 14
PANEL = (WIDTH - LABELS - 2 * GAP) / 2
COLOURS = ("#0b6fb8", "#c2410c", "#e0a100", "#555555", "#8a8a8a")
TICKS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32)
STYLE = "font-family: system-ui, sans-serif; font-size: 12px; fill: #222"


def draw(found, names, releases):
    """`names` are the scenarios to show, from the top."""
    rows = [OURS, *releases, H2, TCP]
    height = TOP + LINE * len(names) + BOTTOM
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" style="{STYLE}" role="img">',
        "<title>CPU time and throughput of tunnels, by implementation</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *legend(rows),
    ]
    for line, name in enumerate(names):
        y = middle(line)
        if line % 2 == 0:
            out.append(f'<rect x="0" y="{y - LINE / 2}" width="{WIDTH}" height="{LINE}" fill="#f4f4f4"/>')
        out.append(f'<text x="{LABELS - 10}" y="{y + 4}" text-anchor="end">{name}</text>')
    panels = [
        ("CPU time, h2 = 1 (less is better)", "cpu", H2),
        ("Throughput, TCP relay = 1 (more is better)", "rate", TCP),
    ]
    for number, (title, figure, base) in enumerate(panels):
        left = LABELS + number * (PANEL + GAP)
        out += axis(left, title, height)
        for line, name in enumerate(names):
            for row in reversed(rows):
                ratio = found[name].ratio(row, base, figure) if name in found else None
                if ratio and row != base:
                    out.append(dot(left, middle(line), ratio, COLOURS[rows.index(row)], f"{name}, {row}"))
    return "\n".join([*out, "</svg>", ""])


def middle(line):
    return TOP + LINE * (line + 0.5)


def legend(rows):
    x = LABELS
    for row, colour in zip(rows, COLOURS):
        yield f'<circle cx="{x}" cy="14" r="5" fill="{colour}"/><text x="{x + 10}" y="18">{row}</text>'
        x += 30 + 8 * len(row)
    yield f'<text x="{x}" y="18" fill="#666666">lines: middle half of the rounds</text>'


def axis(left, title, height):
    yield f'<text x="{left + PANEL / 2}" y="40" text-anchor="middle" font-weight="bold">{title}</text>'
    for tick in TICKS:
        x = place(left, tick)
        label = f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}"
        colour = "#222222" if tick == 1 else "#d0d0d0"
        yield f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{height - BOTTOM}" stroke="{colour}"/>'
        yield f'<text x="{x:.1f}" y="{TOP - 12}" text-anchor="middle" font-size="10">{label}</text>'


def dot(left, y, ratio, colour, what):
    """With a line over the middle half of the rounds. What is off the scale sits at its end, hollow."""
    x, low, high = (place(left, value) for value in (ratio.median, ratio.low, ratio.high))
    fill = colour if TICKS[0] <= ratio.median <= TICKS[-1] else "#ffffff"
    return (
        f'<g stroke="{colour}"><title>{what}: {ratio.median:.3g}</title>'
        f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke-width="2"/>'
        f'<circle cx="{x:.1f}" cy="{y}" r="4.5" fill="{fill}"/></g>'
    )


def place(left, value):
    share = math.log(value / TICKS[0]) / math.log(TICKS[-1] / TICKS[0]) if value > 0 else 0
    return left + PANEL * min(max(share, 0), 1)
