"""Runs the unit tests, lit and pytest and adds up what they report.

Called by scripts/test.sh, which has set up and built everything. Prints each
suite's own output, a line a suite, and as the last line
"N passed, N failed[, N skipped]".
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

SOURCE_DIR = pathlib.Path(__file__).resolve().parent.parent
# A suite that takes longer hangs; all of them together are to end in an hour.
SUITE_TIMEOUT_SECONDS = 2400


@dataclasses.dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def run(command, **options):
    """Runs a command with its output shown; returns its exit status."""
    sys.stdout.flush()
    try:
        return subprocess.run(
            [str(part) for part in command], timeout=SUITE_TIMEOUT_SECONDS,
            stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, **options).returncode
    except OSError as error:
        print(f"run_tests.py: cannot start {command[0]}: {error.strerror}")
        return 1
    except subprocess.TimeoutExpired:
        print(f"run_tests.py: no end after {SUITE_TIMEOUT_SECONDS} s: {command[0]}")
        return 1


def count_gtest(report):
    counts = Counts()
    for suite in json.loads(report.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            if test["status"] == "NOTRUN" or test.get("result") == "SKIPPED":
                counts.skipped += 1
            elif test.get("failures"):
                counts.failed += 1
            else:
                counts.passed += 1
    return counts


def count_lit(report):
    counts = Counts()
    for test in json.loads(report.read_text())["tests"]:
        if test["code"] in ("PASS", "XFAIL", "FLAKYPASS"):
            counts.passed += 1
        elif test["code"] in ("UNSUPPORTED", "SKIPPED", "EXCLUDED"):
            counts.skipped += 1
        else:
            counts.failed += 1
    return counts


def count_pytest(report):
    counts = Counts()
    for test in ElementTree.parse(report).getroot().iter("testcase"):
        if test.find("failure") is not None or test.find("error") is not None:
            counts.failed += 1
        elif test.find("skipped") is not None:
            counts.skipped += 1
        else:
            counts.passed += 1
    return counts


def run_suite(name, command, report, count, **options):
    """Runs one suite; a suite that crashes or fails without a failed test of
    its own counts as one failure."""
    print(f"\n== {name}")
    start = time.monotonic()
    status = run(command, **options)
    try:
        counts = count(report)
    except (OSError, ValueError, KeyError, ElementTree.ParseError):
        counts = Counts()
    if status != 0 and counts.failed == 0:
        print(f"run_tests.py: {name} ended with status {status}")
        counts.failed = 1
    print(f"== {name}: {counts} in {time.monotonic() - start:.0f} s")
    return counts


def find_unit_tests(build_dir):
    """The executables that the build makes; others in the folder are stale."""
    rules = subprocess.run(["ninja", "-C", str(build_dir), "-t", "targets", "all"],
                           capture_output=True, text=True).stdout
    names = [line.split(":")[0] for line in rules.splitlines()
             if line.startswith("unittests/") and "_EXECUTABLE_LINKER_" in line]
    return [build_dir / name for name in sorted(names)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build-dir", type=pathlib.Path, default=SOURCE_DIR / "build")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--build-status", type=int, default=0)
    arguments = parser.parse_args()
    build_dir = arguments.build_dir.resolve()

    total = Counts()
    if arguments.build_status != 0:
        print("run_tests.py: the build failed; what it made is tested")
        total.failed += 1
    # As many threads as processors each would make two suites a processor.
    environment = dict(os.environ, GARAM_BUILD_DIR=str(build_dir), OMP_NUM_THREADS="1")

    with tempfile.TemporaryDirectory() as folder:
        reports = pathlib.Path(folder)
        for test in find_unit_tests(build_dir):
            report = reports / f"{test.name}.json"
            total += run_suite(
                test.name, [test, "--gtest_brief=1", f"--gtest_output=json:{report}"],
                report, count_gtest, env=environment)
        report = reports / "lit.json"
        total += run_suite(
            "lit", ["lit", "--succinct", "--verbose", "--allow-empty-runs", "-j", arguments.jobs,
                    "-o", report, build_dir / "test"],
            report, count_lit, env=environment)
        report = reports / "pytest.xml"
        total += run_suite(
            "pytest", ["pytest", "-q", "-n", arguments.jobs, f"--junitxml={report}"],
            report, count_pytest, cwd=SOURCE_DIR, env=environment)

    print(f"\n{total}")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
