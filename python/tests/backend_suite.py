"""Runs the test suite of onnx.backend through garam.backend, case by case.

    python3 python/tests/backend_suite.py host [--only PATTERN] [--update]

Prints the counts of each kind of case and what differs from the list of expected failures,
python/tests/backend_failures/TARGET.txt, which --update changes for the cases that ran. Cases run in
processes of their own, so that a crash is the failure of one case.

On the target that takes every model, onnx's tolerances hold. On others a case has failed, too, when a
node is left to the host; their floats have 8 or 11 bits, so that 2 % of an element or of the largest
element are allowed. Cases that the compiler folds to constants are counted apart there.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import queue
import re
import selectors
import subprocess
import sys
import tempfile
import time
import unittest

FAILURES = pathlib.Path(__file__).resolve().parent / "backend_failures"

# A case that takes longer has failed.
CASE_SECONDS = 300

# Kinds of cases, as onnx names them.
KINDS = ("Node", "Real", "Simple", "PyTorchConverted", "PyTorchOperator")

# Those that a target's list is of: all where every model is taken, else those of single nodes.
KINDS_OF_TARGETS = {"host": KINDS, "rngd": ("Node",)}


@dataclasses.dataclass
class Outcome:
    name: str  # without the "_cpu" that onnx adds
    kind: str
    operators: list
    failure: str | None  # the reason, or None
    is_folded: bool  # no node is left to a device
    seconds: float


def find_operator(name, operators):
    """What a case is of: its only operator, or the longest that its name begins with."""
    if len(set(operators)) == 1:
        return operators[0]
    words = name.removeprefix("test_").replace("_", "").lower()
    own = [operator for operator in operators if words.startswith(operator.lower())]
    return max(own, key=len) if own else "several operators"


# Of devices with 8 or 11 bits of significand.
DEVICE_TOLERANCE = 2e-2


def make_suite(target):
    """onnx's runner for a target, and the backend, whose `prepared` is the last case's."""
    import garam.backend
    from onnx.backend.test import BackendTest

    base = garam.backend.for_target(target)

    class SuiteBackend(base):
        prepared = None

        @classmethod
        def prepare(cls, model, device="CPU", **options):
            cls.prepared = None
            cls.prepared = super().prepare(model, device, **options)
            return cls.prepared

    class DeviceBackend(SuiteBackend):
        @classmethod
        def prepare(cls, model, device="CPU", **options):
            return super().prepare(model, device, fallback=False, **options)

    class DeviceSuite(BackendTest):
        @classmethod
        def assert_similar_outputs(cls, ref_outputs, outputs, rtol, atol, model_dir=None):
            assert len(outputs) == len(ref_outputs)
            for actual, expected in zip(outputs, ref_outputs):
                is_float = not isinstance(expected, list) and expected.dtype.kind == "f"
                largest = abs(expected).max(initial=0) if is_float else 0
                super().assert_similar_outputs(
                    [expected], [actual], DEVICE_TOLERANCE if is_float else rtol,
                    float(DEVICE_TOLERANCE * largest) if is_float else atol, model_dir)

    if target == garam.backend.get_default_target():
        return BackendTest(SuiteBackend, __name__), SuiteBackend
    return DeviceSuite(DeviceBackend, __name__), DeviceBackend


def list_cases(suite):
    """The cases of a suite that run on the processor: name -> (kind, item of onnx's runner)."""
    return {name.removesuffix("_cpu"): (kind, item)
            for kind in KINDS for name, item in sorted(suite._test_items[f"{kind}Model"].items())
            if name.endswith("_cpu")}


# The words of a message that make it another one for each case.
DETAILS = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|tensor<[^>]*>|-?\d+(\.\d+)?(e-?\d+)?")


def describe_failure(error):
    """Why a case fails, in one line that cases with the same cause share."""
    import garam

    if isinstance(error, garam.Error):
        first = error.diagnostics[0] if error.diagnostics else None
        text = first.message if first else str(error)
        operator = f"{first.nodes[0].op_type}: " if first and first.nodes else ""
        text = text.splitlines()[0] if text else ""
        kind = "" if isinstance(error, garam.ModelError) else f"{type(error).__name__}: "
        return f"{kind}{operator}{text}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines[:4])}"


def is_folded(prepared):
    """Whether no node of the model is left to a device."""
    return not any(node["device"] for executable in prepared.executables
                   for node in executable.report()["nodes"])


def run_case(name, kind, item, backend):
    start = time.monotonic()
    failure, folded = None, False
    try:
        item.func(None)
        folded = is_folded(backend.prepared)
    except (Exception, unittest.SkipTest) as error:
        failure = describe_failure(error)
    model = item.proto[0]
    operators = [node.op_type for node in model.graph.node] if model else []
    return Outcome(name, kind, operators, failure, folded, time.monotonic() - start)


def serve(target):
    """Runs the cases that are named on standard input; an outcome as JSON on a line for each."""
    suite, backend = make_suite(target)
    cases = list_cases(suite)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a test prints goes elsewhere
    print(json.dumps(sorted((name, kind) for name, (kind, _) in cases.items())), file=answers,
          flush=True)
    for line in sys.stdin:
        name = line.strip()
        outcome = run_case(name, *cases[name], backend)
        print(json.dumps(dataclasses.asdict(outcome)), file=answers, flush=True)


class Worker:
    """A process that runs cases, and is started again when one ends it."""

    def __init__(self, target, folder):
        self.target, self.folder = target, folder
        self.start()

    def start(self):
        environment = dict(os.environ, ONNX_MODELS=str(self.folder), OMP_NUM_THREADS="1")
        self.process = subprocess.Popen(
            [sys.executable, __file__, self.target, "--serve"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, bufsize=0)
        self.buffer = b""
        self.cases = dict(json.loads(self.read_line(CASE_SECONDS)))

    def read_line(self, seconds):
        """A line, or None when the process ended or takes longer."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                rest = deadline - time.monotonic()
                if rest <= 0 or not selector.select(rest):
                    return None
                part = os.read(self.process.stdout.fileno(), 1 << 20)
                if not part:
                    return None
                self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def run(self, name):
        start = time.monotonic()
        self.process.stdin.write(name.encode() + b"\n")
        line = self.read_line(CASE_SECONDS)
        if line is not None:
            return Outcome(**json.loads(line))
        seconds = time.monotonic() - start
        status = self.process.poll()
        self.stop()
        kind = self.cases[name]
        self.start()
        reason = (f"takes longer than {CASE_SECONDS} s" if status is None
                  else f"crash: the process ended with status {status}")
        return Outcome(name, kind, [], reason, False, seconds)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def run_suite(target, is_wanted=lambda name, kind: True, jobs=2):
    """Outcomes of the wanted cases, by name."""
    with tempfile.TemporaryDirectory(prefix="garam-backend-") as folder:
        workers = [Worker(target, folder) for _ in range(jobs)]
        names = queue.SimpleQueue()
        for name, kind in workers[0].cases.items():
            if is_wanted(name, kind):
                names.put(name)

        def drain(worker):
            outcomes = []
            try:
                while True:
                    outcomes.append(worker.run(names.get_nowait()))
            except queue.Empty:
                return outcomes
            finally:
                worker.stop()

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            parts = list(pool.map(drain, workers))
    return {outcome.name: outcome for part in parts for outcome in part}


def read_failures(target):
    """The expected failures: name -> reason. The file has reasons with the cases below, indented."""
    failures, reason = {}, None
    path = FAILURES / f"{target}.txt"
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("    "):
            failures[line.strip()] = reason
        elif line and not line.startswith("#"):
            reason = line
    return failures


HEADER = """\
# Cases of the suite of onnx.backend (onnx {version}) that fail on target {target}, below the reason of
# each group. Written by python/tests/backend_suite.py {target} --update; a case that fails and is not
# here, and one that is here and passes, fail the test.
"""


def write_failures(target, outcomes):
    """Changes the list for the cases that ran; the others stay as they are."""
    import onnx

    groups = collections.defaultdict(list)
    for name, reason in read_failures(target).items():
        if name not in outcomes:
            groups[reason].append(name)
    for outcome in outcomes.values():
        if outcome.failure is not None:
            groups[DETAILS.sub("..", outcome.failure)].append(outcome.name)
    lines = [HEADER.format(version=onnx.__version__, target=target)]
    for reason, names in sorted(groups.items()):
        lines += [reason, *(f"    {name}" for name in sorted(names)), ""]
    FAILURES.mkdir(exist_ok=True)
    (FAILURES / f"{target}.txt").write_text("\n".join(lines))


def compare(outcomes, expected):
    """What is not as expected, a line each."""
    lines = []
    for name, outcome in sorted(outcomes.items()):
        if outcome.failure is not None and name not in expected:
            lines.append(f"{name} fails: {outcome.failure}")
        if outcome.failure is None and name in expected:
            lines.append(f"{name} passes, and is expected to fail")
    return lines


def count_passed(outcomes):
    """kind -> (passed, all)."""
    return {kind: (sum(o.failure is None for o in outcomes.values() if o.kind == kind),
                   sum(o.kind == kind for o in outcomes.values())) for kind in KINDS}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target")
    parser.add_argument("--only", default="", help="regular expression of names")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--update", action="store_true", help="write the list of failures anew")
    parser.add_argument("--json", type=pathlib.Path, help="write the outcomes, too")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(arguments.target)
    start = time.monotonic()
    kinds = KINDS_OF_TARGETS.get(arguments.target, KINDS)
    outcomes = run_suite(
        arguments.target, lambda name, kind: kind in kinds and re.search(arguments.only, name),
        arguments.jobs)
    for kind, (passed, count) in count_passed(outcomes).items():
        print(f"{kind}: {passed} of {count}")
    print(f"folded to constants: {sum(outcome.is_folded for outcome in outcomes.values())}")
    print(f"{time.monotonic() - start:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps([dataclasses.asdict(o) for o in outcomes.values()], indent=1))
    if arguments.update:
        write_failures(arguments.target, outcomes)
        return 0
    lines = compare(outcomes, read_failures(arguments.target))
    print("\n".join(lines))
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
