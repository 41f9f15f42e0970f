"""The suite of onnx.backend: what fails is what the lists of backend_failures say, no more and no less."""

import zlib

import pytest

from backend_suite import FAILURES, KINDS_OF_TARGETS, compare, read_failures, run_suite

# Parts that may run side by side; each is a process.
PARTS = 8


def is_of_part(name, part):
    return zlib.crc32(name.encode()) % PARTS == part


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("target", KINDS_OF_TARGETS)
def test_cases_pass_and_fail_as_expected(target, part):
    outcomes = run_suite(
        target, lambda name, kind: kind in KINDS_OF_TARGETS[target] and is_of_part(name, part), jobs=1)
    assert outcomes
    expected = read_failures(target)
    changes = compare(outcomes, expected)
    changes += [f"{name} is expected to fail, and there is no such case" for name in expected
                if is_of_part(name, part) and name not in outcomes]
    assert not changes, (f"python3 python/tests/backend_suite.py {target} --update, once these are "
                         "as they should be:\n" + "\n".join(changes))


def test_there_is_a_list_for_each_target():
    assert {path.stem for path in FAILURES.glob("*.txt")} == set(KINDS_OF_TARGETS)
