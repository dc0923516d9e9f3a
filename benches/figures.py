"""The samples of all runs, and what is computed from them."""

OURS, H2, TCP = "this crate", "h2", "tcp"

# How each figure is had from a sample; the work of the sample is in MiB or in rounds.
FIGURES = {
    "rate": lambda sample, work: work / sample["wall_ns"] * 1e9,
    "cpu": lambda sample, work: (sample["user_ns"] + sample["system_ns"]) / work / 1e3,
    "allocations": lambda sample, work: sample["allocations"] / work,
    "allocated": lambda sample, work: sample["allocated_bytes"] / work,
    "faults": lambda sample, work: sample["page_faults"] / work,
    "frames": lambda sample, work: sample["frames"] / work,
}


class Spread:
    """Median, quartiles and extremes of some values."""

    def __init__(self, values):
        values = sorted(values)
        last = len(values) - 1
        self.count = len(values)
        self.least, self.low, self.median, self.high, self.most = (
            interpolate(values, last * quarters / 4) for quarters in range(5)
        )


class Scenario:
    """One scenario in every run that has it."""

    def __init__(self, name, unit):
        self.name = name
        self.unit = unit
        # For each run, by row: the row's samples in the order of the rounds.
        self.runs = []

    def rows(self):
        """Names of the rows, each once, in the order of the runs."""
        return list(dict.fromkeys(row for run in self.runs for row in run))

    def figure(self, row, figure):
        values = [sample[figure] for run in self.runs for sample in run.get(row, [])]
        return Spread(values) if values else None

    def ratio(self, row, base, figure):
        """Round by round, in the runs that have both rows."""
        values = [
            sample[figure] / other[figure]
            for run in self.runs
            for sample, other in zip(run.get(row, []), run.get(base, []))
            if other[figure] > 0
        ]
        return Spread(values) if values else None


def scenarios(results):
    """Those of all runs, by name."""
    found = {}
    for result in results:
        for scenario in result["scenarios"]:
            unit = "round" if scenario["unit"] == "rounds" else "MiB"
            work = scenario["amount"] / (1 if unit == "round" else 1 << 20)
            at = found.setdefault(scenario["name"], Scenario(scenario["name"], unit))
            at.runs.append({row["name"]: samples(row, work) for row in scenario["rows"]})
    return found


def samples(row, work):
    lists = {key: values for key, values in row.items() if isinstance(values, list)}
    raw = [dict(zip(lists, values)) for values in zip(*lists.values())]
    return [{name: figure(sample, work) for name, figure in FIGURES.items()} for sample in raw]


def interpolate(values, position):
    below = int(position)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (position - below)
