#!/usr/bin/env python3
"""The HTTP/1 suites, run unchanged against hyper 1.12.0.

    tests/h1_differences/against_1_12_0.py             # what it makes of each suite, and of each file of differences
    tests/h1_differences/against_1_12_0.py --verbose   # and of each test

`h1_server`, `h1_client` and `h1_hostile` say what a drop-in has to do, so 1.12.0 passes all of them. `h1_differences` says what
this crate does otherwise, so 1.12.0 fails in every file there, or the file does not belong there. The exit status is 0 if that
is so.

Needs what `tests/connect_tunnel/against_released.py` needs, builds where that does, and runs tests as that does: each in a
process of its own, for some of the differences are loops without an end.
"""

import argparse
import collections
import concurrent.futures
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "connect_tunnel"))
import against_released as released  # noqa: E402

VERSION = "1.12.0"
SAME = ("h1_server", "h1_client", "h1_hostile")
DIFFERENT = "h1_differences"
LIMITS = released.Limits(seconds=60, bytes=2 << 30)


def outcomes(executable, pool):
    """{test: Outcome} of all tests of a suite."""
    running = {test: pool.submit(released.run, executable, test, LIMITS) for test in released.tests_of(executable)}
    return {test: future.result() for test, future in running.items()}


def main():
    summary, _, details = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--verbose", action="store_true", help="also what each test came to")
    parser.add_argument("--jobs", type=int, default=2, help="how many tests, or rustcs, at a time (2)")
    parser.add_argument(
        "--dir",
        type=pathlib.Path,
        default=released.REPOSITORY / "target/against_1_12_0",
        help="where the package is generated and built (target/against_1_12_0)",
    )
    options = parser.parse_args()

    directory = options.dir.resolve()
    suites = (*SAME, DIFFERENT)
    package = released.generate(VERSION, suites, directory)
    results = {}
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for suite in suites:
            released.say(f"building {suite} with hyper {VERSION}")
            executable, said = released.build(package, suite, directory, options.jobs)
            if executable is None:
                sys.exit(said)
            results[suite] = outcomes(executable, pool)

    # A suite that is to pass is one group; of the differences, each file is.
    groups = {suite: list(results[suite].items()) for suite in SAME}
    for test, outcome in results[DIFFERENT].items():
        groups.setdefault(f"{DIFFERENT}/{test.split('::')[0]}", []).append((test, outcome))
    proved = len(groups) > len(SAME)
    for group, tests in groups.items():
        kinds = collections.Counter(outcome.kind for _, outcome in tests)
        as_it_should = kinds[released.OK] == len(tests) > 0 if group in SAME else kinds[released.OK] < len(tests)
        proved &= as_it_should
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        print(f"{'   ' if as_it_should else '!! '}{group}: {counts}")
        for test, (kind, _, message) in tests:
            if options.verbose or (group in SAME and kind != released.OK):
                print(f"      {test}: {kind}" + (f": {message}" if message else ""))
    return 0 if proved else 1


if __name__ == "__main__":
    sys.exit(main())
