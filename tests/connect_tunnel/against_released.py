#!/usr/bin/env python3
"""The CONNECT suites, run unchanged against released hypers and against this crate.

    tests/connect_tunnel/against_released.py                      # the whole table, in Markdown
    tests/connect_tunnel/against_released.py --cases 1-7          # the bound alone
    tests/connect_tunnel/against_released.py --versions 1.9.0,this --filter linger --verbose

Needs Python 3.9 or later without packages, cargo, and crates.io for the first run.

For every version a small package is generated that depends on that hyper and on nothing else that differs: the same
dev-dependencies as this crate, locked to the same versions, and the very same files of `tests/connect_tunnel/` and
`tests/tunnel_model/` as its test targets. For released versions it has the feature `released`, with which the suites leave out
the tests of what only this crate offers; those show as `not there`. This crate is tested through such a package, too.

A tunnel without a bound may hang, or eat memory until there is none: each test runs in a process of its own, with
`--timeout` seconds and `--memory` MiB of address space. So a test is `ok`, `FAILED`, `timeout`, `out of memory` or `crashed`.
One that sleeps for good is not waited for (Linux only). On a busy machine raise the time-out, or lower `--jobs`.

A test fails where a promise is not kept in some respect, not always for want of a bound: `--verbose` tells what each said.

The table has a row for each case; comments above the tests (`Case 4`, `Cases 29 and 33`, `Promise 8`), or else at the head of
their file, say which a test belongs to. A test of two cases counts in both rows. A cell sums up the case's tests.

The exit status is 0 if this crate passes everything, and if 1.9.0, which has no bound, fails each case about the bound: a suite
that passes there would prove nothing.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SUITES = ("connect_tunnel", "tunnel_model")
THIS = "this"
VERSIONS = ("1.7.0", "1.9.0", "1.12.0", THIS)

GROUPS = {
    "Bound": {
        1: "Zero window, writes for ever: a frame is taken, then the writer sleeps",
        2: "One write of 100 MiB is taken in part",
        3: "A window of one byte: the same bound, plus one",
        4: "Window open, socket unread: no more than the limit, for writes of any size",
        5: "200 stalled tunnels cost 200 times the bound",
        6: "500 stalled tunnels for an hour: heap flat, no task leaked",
        7: "A client collapses for 39 seconds under a fast upstream",
    },
    "Flow": {
        8: "A grant of n bytes puts n bytes on the wire, in order",
        9: "A window dripped open byte by byte",
        10: "The connection's window alone holds a writer, and wakes it",
        11: "SETTINGS make the window negative under a waiting write",
        12: "SETTINGS wake every waiting writer",
        13: "A window that overflows fails its stream alone",
        14: "Full duplex through small windows: no deadlock",
        15: "No frame larger than the peer allows",
    },
    "Isolation": {
        16: "An idle tunnel reserves nothing",
        17: "An abandoned write reserves nothing, and the next one works",
        18: "A dropped tunnel gives all its capacity back",
        19: "A tunnel nobody reads does not keep siblings from answering",
        20: "A tunnel at zero window costs its siblings nothing",
        21: "64 writers: the slowest has half of the fastest",
        22: "A malformed CONNECT resets its own stream only",
    },
    "Close and errors": {
        23: "A reset wakes a waiting writer, with kind and reason",
        24: "A reset lets the reader have what arrived before it",
        25: "Errors are sticky; nothing accepted is lost behind an `Ok`",
        26: "Half-closed, either way, the other direction goes on",
        27: "Shutdown with nothing waiting needs no window",
        28: "Shutdown, then drop: every byte and END_STREAM arrive",
        29: "Drop without shutdown: every byte arrives; a panic resets",
        30: "A window that never opens: reset after the linger, nothing left",
        31: "Write after shutdown, read after the end",
        32: "Socket error, GOAWAY, keep-alive timeout wake both directions",
        33: "Graceful shutdown waits for the tunnels",
        34: "A tunnel nobody takes is reset, its capacity given back",
        35: "A panic or an error in one tunnel's task leaves siblings alone",
        36: "Halves in two tasks: no lost wake-up",
    },
    "Frames": {
        37: "Small writes that wait leave in full frames",
        38: "A byte on an idle tunnel leaves at once",
        39: "10,000 frames of a byte while nobody reads",
        40: "Padding returns its credit; no empty DATA is sent",
        41: "Trailers on a tunnel are an error, behind the data before them",
        42: "Any 2xx opens the tunnel, nothing else does",
        43: "Bytes sent before the answer arrive after the upgrade",
        44: "Extended CONNECT (RFC 8441)",
    },
    "Bodies": {
        45: "A body of tiny frames to a peer that reads nothing: bounded",
        46: "Small body frames that wait leave together, a lone one at once",
        47: "A frame larger than the window leaves in granted pieces",
    },
    "Search": {
        48: "Every interleaving of the send pipe",
        49: "Random scripts against a model",
    },
}
PROMISES = {
    1: "Nothing is handed to h2 without capacity",
    2: "Bounded in bytes, not in writes",
    3: "No waiting capacity while idle",
    4: "Coalescing",
    5: "Nothing accepted is lost",
    6: "Nothing lives for ever",
    7: "Failures are sticky and named",
    8: "A flush is ready when nothing waits for capacity",
    9: "No lost wake-up, no busy loop",
}
# Versions whose `rt::Timer` has no `now`: they ask the system's clock, and the kit has no virtual one to offer them.
WITHOUT_TIMER_NOW = {"1.7.0"}
# Released versions without a bound, and the cases each of them has to fail.
MUST_FAIL = {"1.9.0": set(GROUPS["Bound"])}

OK, FAILED, TIMEOUT, MEMORY, CRASHED = "ok", "FAILED", "timeout", "out of memory", "crashed"
NOT_THERE, NOT_BUILT = "not there", "does not build"

# The clock of the tests is virtual. One whose threads all slept for so many seconds waits for nothing that could come.
ASLEEP = 2

Outcome = collections.namedtuple("Outcome", "kind seconds message")
Limits = collections.namedtuple("Limits", "seconds bytes")


# ----- packages -----


def dev_dependencies():
    """The section of that name in this crate's manifest, word for word."""
    manifest = (REPOSITORY / "Cargo.toml").read_text()
    return re.search(r"^\[dev-dependencies\]\n.*?(?=^\[|\Z)", manifest, re.M | re.S).group(0)


def title(version):
    return "this crate" if version == THIS else f"hyper {version}"


def generate(version, suites, directory):
    """Writes the package for `version` and returns where it is."""
    package = directory / ("this_crate" if version == THIS else f"hyper-{version}")
    (package / "src").mkdir(parents=True, exist_ok=True)
    (package / "src/lib.rs").touch()
    # The kit asks for the features of the crate under test under the names that this crate's own tests have them.
    default = ["client", "server", "http1", "http2"]
    if version == THIS:
        hyper = f"path = {json.dumps(str(REPOSITORY))}"
    else:
        hyper = f'version = "={version}"'
        default.append("released")
    if version in WITHOUT_TIMER_NOW:
        default.append("timer_without_now")
    lines = [
        "[workspace]",
        "[package]",
        f'name = "against-{package.name.replace(".", "-")}"',
        'version = "0.0.0"',
        'edition = "2021"',
        "publish = false",
        "[features]",
        f"default = {json.dumps(default)}",
        "client = []",
        "server = []",
        "http1 = []",
        "http2 = []",
        "released = []",
        "timer_without_now = []",
        "[dependencies]",
        f'hyper = {{ {hyper}, features = ["full"] }}',
        dev_dependencies(),
        "[profile.dev]",
        "debug = 0",
    ]
    for suite in suites:
        path = REPOSITORY / "tests" / suite / "main.rs"
        lines += ["[[test]]", f'name = "{suite}"', f"path = {json.dumps(str(path))}"]
    (package / "Cargo.toml").write_text("\n".join(lines) + "\n")
    # Everything but hyper and what only that version needs stays at the version this crate is tested with.
    shutil.copyfile(REPOSITORY / "Cargo.lock", package / "Cargo.lock")
    return package


def build(package, suite, directory, jobs):
    """Builds one suite. Returns its executable, or None if it does not compile, and what cargo had to say."""
    command = ["cargo", "test", "--no-run", f"--jobs={jobs}", f"--test={suite}"]
    command += ["--message-format=json-render-diagnostics"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(directory / "target"), "CARGO_TERM_COLOR": "never"}
    done = subprocess.run(
        command, cwd=package, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    (package / f"{suite}.log").write_text(done.stderr)
    if done.returncode != 0:
        return None, done.stderr
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == suite:
            return message["executable"], done.stderr
    raise RuntimeError(f"cargo built {suite} and does not say where")


def locked_h2(package):
    lock = (package / "Cargo.lock").read_text()
    return re.search(r'^name = "h2"\nversion = "(.*)"', lock, re.M).group(1)


# ----- tests -----


def tests_of(executable):
    listed = subprocess.run([executable, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [line[: -len(": test")] for line in listed.splitlines() if line.endswith(": test")]


def run(executable, test, limits):
    """Runs one test in a process of its own."""

    def confine():
        resource.setrlimit(resource.RLIMIT_AS, (limits.bytes, limits.bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    # A failing script need not be shrunk: that it fails is all the table tells.
    environment = {"PROPTEST_MAX_SHRINK_ITERS": "0", **os.environ, "RUST_BACKTRACE": "0"}
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [executable, "--exact", test],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=confine,
        )
        code = exit_status(process, started + limits.seconds)
        output.seek(0)
        said = output.read(1 << 20).decode(errors="replace")
    seconds = round(time.monotonic() - started, 2)
    kind, message = judge(code, said)
    return Outcome(kind, seconds, message.replace(f"{REPOSITORY}{os.sep}", "")[:300])


def exit_status(process, deadline):
    """Waits for a test. Kills it at the deadline, or before when nothing will ever happen in it, and then returns None."""
    seen, since = None, time.monotonic()
    while True:
        try:
            return process.wait(0.25)
        except subprocess.TimeoutExpired:
            now = time.monotonic()
        asleep = cpu_time_asleep(process.pid)
        if asleep is None or asleep != seen:
            seen, since = asleep, now
        if now > deadline or now - since > ASLEEP:
            process.kill()
            process.wait()
            return None


def cpu_time_asleep(pid):
    """The CPU time a process has had, if all its threads sleep; None if one does not, or where there is no /proc."""
    used = []
    try:
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            state, *fields = (thread / "stat").read_text().rpartition(")")[2].split()
            if state != "S":
                return None
            used.append((thread.name, fields[10:12]))
    except OSError:
        return None
    return sorted(used) or None


def judge(code, said):
    """What an exit status (None: killed for its time) and the output of a test come to."""
    if code is None:
        return TIMEOUT, ""
    if code == 0:
        if not re.search(r"^test result: ok\. 1 passed;", said, re.M):
            raise RuntimeError(f"this was no run of one test:\n{said}")
        return OK, ""
    memory = re.search(r"memory allocation of \d+ bytes failed", said)
    if memory:
        return MEMORY, memory.group(0)
    panic = re.search(r"panicked at (.*):\n(.*)", said)
    message = f"{panic.group(1)}: {panic.group(2)}" if panic else ""
    # 101 is libtest's; anything else did not get that far.
    return (FAILED if code == 101 else CRASHED), message or f"exit status {code}"


# ----- cases -----

NUMBERS = r"(\d+(?:(?:, and |, | and | to )\d+)*)"


def cited(comment):
    """The rows a comment cites: ("case", 4) or ("promise", 8)."""
    rows = set()
    for kind, numbers in re.findall(r"\b(case|promise)s? " + NUMBERS, comment, re.I):
        numbers = re.sub(
            r"(\d+) to (\d+)", lambda span: ", ".join(map(str, range(int(span[1]), int(span[2]) + 1))), numbers
        )
        rows.update((kind.lower(), int(number)) for number in re.findall(r"\d+", numbers))
    return rows


def comment_above(lines, at):
    """The comment that ends right above line `at`, attributes not counted."""
    comment = []
    while at > 0 and lines[at - 1].lstrip().startswith(("//", "#[")):
        at -= 1
        if lines[at].lstrip().startswith("//"):
            comment.append(lines[at].strip(" /!"))
    return " ".join(reversed(comment))


def citations(suite):
    """Which rows each test function cites: {(module path, function): rows}, with None for all others in the file."""
    root = REPOSITORY / "tests" / suite
    found = {}
    for file in sorted(root.rglob("*.rs")):
        module = file.relative_to(root).with_suffix("").parts
        module = () if module == ("main",) else module[:-1] if module[-1] == "mod" else module
        lines = file.read_text().splitlines()
        head = [line for line in lines if line.startswith("//!")]
        found[module, None] = cited(" ".join(line.strip(" /!") for line in head))
        for at, line in enumerate(lines):
            function = re.match(r"\s*(?:pub(?:\(\w+\))? )?(?:async )?fn (\w+)", line)
            rows = cited(comment_above(lines, at)) if function else None
            if rows:
                found[module, function.group(1)] = rows
    return found


def rows_of(test, found):
    """The rows a test belongs to: those above it, or at the head of its file, or at the head of the suite."""
    parts = tuple(test.split("::"))
    if parts[-1] in ("as_server", "as_client"):
        parts = parts[:-1]
    module, function = parts[:-1], parts[-1]
    while True:
        for key in ((module, function), (module, None)):
            if found.get(key):
                return found[key]
        if not module:
            return {("case", 0)}
        module = module[:-1]


def parse_cases(text):
    return {number for kind, number in cited("cases " + re.sub(r"\s*-\s*", " to ", text).replace(",", ", "))}


# ----- table -----


def cell(outcomes):
    """What the outcomes of one case with one version come to."""
    count = collections.Counter(outcome.kind for outcome in outcomes)
    if count[NOT_BUILT] == len(outcomes):
        return NOT_BUILT
    absent = count.pop(NOT_THERE, 0)
    there = sum(count.values())
    if not there:
        return NOT_THERE
    bad = there - count[OK]
    notes = [f"{count[kind]} {kind}" for kind in (TIMEOUT, MEMORY, CRASHED, NOT_BUILT) if count[kind]]
    notes += [f"{absent} {NOT_THERE}"] if absent else []
    if not bad:
        text = OK
    elif bad == there:
        text = f"all {there} fail" if there > 1 else "fails"
    else:
        text = f"{bad} of {there} fail"
    return f"{text} ({', '.join(notes)})" if notes else text


def table(results, belongs, versions):
    """The Markdown table. `results` is {test: {version: Outcome}}."""
    tests_in = collections.defaultdict(list)
    for test in results:
        for row in belongs[test]:
            tests_in[row].append(test)

    lines = [
        "| | | tests | " + " | ".join(title(version) for version in versions) + " |",
        "|---:|---|---:|" + "---|" * len(versions),
    ]

    def line(number, text, tests):
        cells = [cell([results[test][version] for test in tests]) for version in versions]
        lines.append(f"| {number} | {text} | {len(tests)} | " + " | ".join(cells) + " |")

    for group, cases in GROUPS.items():
        if any(tests_in[("case", number)] for number in cases):
            lines.append(f"| | **{group}** | " + " | " * len(versions) + "|")
        for number, text in cases.items():
            if tests_in[("case", number)]:
                line(number, text, tests_in[("case", number)])
    rest = sorted(row for row in tests_in if row[0] == "promise" and tests_in[row])
    if rest:
        lines.append("| | **Promises cited apart from a case** | " + " | " * len(versions) + "|")
    for row in rest:
        line(row[1], PROMISES.get(row[1], ""), tests_in[row])
    known = {("case", number) for cases in GROUPS.values() for number in cases}
    for row in sorted(tests_in):
        if row[0] == "case" and row not in known and tests_in[row]:
            line(row[1] or "", "not among the cases above", tests_in[row])
    line("", "**all tests, each once**", list(results))
    return "\n".join(lines)


def totals(results, version):
    count = collections.Counter(outcomes[version].kind for outcomes in results.values())
    kinds = (OK, FAILED, TIMEOUT, MEMORY, CRASHED, NOT_THERE, NOT_BUILT)
    return ", ".join(f"{count[kind]} {kind}" for kind in kinds if count[kind])


def objections(results, belongs, versions):
    """What speaks against the table as a proof."""
    found = []
    if THIS in versions:
        bad = [test for test, outcomes in results.items() if outcomes[THIS].kind != OK]
        found += [f"this crate: {test}: {results[test][THIS].kind}" for test in bad]
    for version in versions:
        for number in sorted(MUST_FAIL.get(version, ())):
            kinds = {
                results[test][version].kind for test in results if ("case", number) in belongs[test]
            }
            if kinds and not kinds & {FAILED, TIMEOUT, MEMORY, CRASHED}:
                found.append(f"{title(version)} does not fail case {number}")
    return found


# ----- command line -----


def arguments():
    face, _, details = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        description=face, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--versions", default=",".join(VERSIONS), help="comma-separated; `this` is this crate")
    parser.add_argument("--suites", default=",".join(SUITES), help="comma-separated, of " + ", ".join(SUITES))
    parser.add_argument("--filter", metavar="REGEX", default="", help="only tests whose name has a match")
    parser.add_argument("--cases", metavar="LIST", help="only tests of these cases, for instance 1-7,28")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="for each test (60)")
    parser.add_argument("--memory", type=int, default=2048, metavar="MIB", help="address space for each test (2048)")
    parser.add_argument("--jobs", type=int, default=2, help="how many tests, or rustcs, at a time (2)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write every outcome there")
    parser.add_argument("--verbose", action="store_true", help="also list the tests that fail, and why")
    parser.add_argument(
        "--dir",
        type=pathlib.Path,
        default=REPOSITORY / "target/against_released",
        help="where packages are generated and built (target/against_released)",
    )
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def main():
    options = arguments()
    versions = options.versions.split(",")
    suites = [suite for suite in options.suites.split(",") if (REPOSITORY / "tests" / suite / "main.rs").exists()]
    directory = options.dir.resolve()
    limits = Limits(options.timeout, options.memory << 20)
    wanted = parse_cases(options.cases) if options.cases else None
    started = time.monotonic()

    executables, locked = {}, {}
    for version in versions:
        package = generate(version, suites, directory)
        for suite in suites:
            say(f"{title(version)}: building {suite}")
            executables[version, suite], said = build(package, suite, directory, options.jobs)
            if executables[version, suite] is None:
                say(said)
        locked[version] = locked_h2(package)
    built = time.monotonic()

    there, belongs = {}, {}
    for suite in suites:
        found = citations(suite)
        for version in versions:
            executable = executables[version, suite]
            listed = tests_of(executable) if executable else []
            there[version, suite] = set(listed)
            for test in listed:
                rows = rows_of(test, found)
                chosen = wanted is None or wanted & {number for kind, number in rows if kind == "case"}
                if chosen and re.search(options.filter, test):
                    belongs[suite, test] = rows
    belongs = dict(sorted(belongs.items()))

    results = {test: {} for test in belongs}
    pool = concurrent.futures.ProcessPoolExecutor(options.jobs)
    try:
        for version in versions:
            running = {}
            for suite, test in results:
                if executables[version, suite] is None:
                    results[suite, test][version] = Outcome(NOT_BUILT, 0, "")
                elif test not in there[version, suite]:
                    results[suite, test][version] = Outcome(NOT_THERE, 0, "")
                else:
                    running[pool.submit(run, executables[version, suite], test, limits)] = suite, test
            for done, future in enumerate(concurrent.futures.as_completed(running), 1):
                results[running[future]][version] = future.result()
                if done % 50 == 0 or done == len(running):
                    say(f"{title(version)}: {done} of {len(running)} tests run")
    finally:
        pool.shutdown(cancel_futures=True)
    results = {f"{suite}::{test}": outcomes for (suite, test), outcomes in results.items()}
    belongs = {f"{suite}::{test}": rows for (suite, test), rows in belongs.items()}

    print(table(results, belongs, versions))
    print()
    for version in versions:
        print(f"- {title(version)}, with h2 {locked[version]}: {totals(results, version)}")
    if wanted is None and not options.filter:
        cited_at_all = set().union(*belongs.values())
        missing = [
            str(number) for cases in GROUPS.values() for number in cases if ("case", number) not in cited_at_all
        ]
        if missing:
            print(f"- cases without a test in these suites: {', '.join(missing)}")
    ended = time.monotonic()
    print(f"- {len(results)} tests; {built - started:.0f} s to build, {ended - built:.0f} s to run")

    if options.verbose:
        for version in versions:
            print(f"\n### {title(version)}\n")
            for test, outcomes in results.items():
                kind, seconds, message = outcomes[version]
                if kind not in (OK, NOT_THERE):
                    print(f"- {test}: {kind}" + (f": {message}" if message else ""))
    if options.json:
        report = {
            "versions": {version: {"title": title(version), "h2": locked[version]} for version in versions},
            "limits": {"seconds": options.timeout, "mebibytes": options.memory},
            "tests": {
                test: {
                    "rows": [f"{kind} {number}" for kind, number in sorted(belongs[test])],
                    "outcomes": {version: outcome._asdict() for version, outcome in outcomes.items()},
                }
                for test, outcomes in results.items()
            },
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n")

    against = objections(results, belongs, versions)
    if against:
        print("\n**This proves nothing yet:**\n")
        print("\n".join(f"- {objection}" for objection in against))
    return 1 if against or not results else 0


if __name__ == "__main__":
    sys.exit(main())
