"""Models that are wrong somewhere give a binary or an error about the model, and never end the process."""

import os
import pathlib
import subprocess
import sys

import pytest

from mutated_models import list_bases, make_model

SCRIPT = pathlib.Path(__file__).with_name("mutated_models.py")
COUNT = 150


@pytest.mark.parametrize("target", ["host", "rngd"])
def test_the_compiler_answers(target):
    result = subprocess.run([sys.executable, SCRIPT, target, "0", str(COUNT)], capture_output=True, text=True,
                            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=False)
    lines = result.stdout.splitlines()
    assert result.returncode == 0, (lines[-1:], result.stderr[-1000:])
    assert [line for line in lines if line.startswith("WRONG")] == []
    # Some changes do no harm, most do.
    assert 0 < int(lines[-1].split()[1]) < COUNT


def test_a_seed_gives_one_model():
    bases = list_bases()
    assert make_model(7, bases).SerializeToString() == make_model(7, bases).SerializeToString()
    assert len({make_model(seed, bases).SerializeToString() for seed in range(8)}) == 8
