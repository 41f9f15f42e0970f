"""README's table of latencies has the figures of benchmarks/baseline.json."""

import json

import pytest

from conftest import SOURCE_DIR

NAMES = {"ResNet-50": "resnet50", "ResNet-50 int8": "resnet50_int8", "MobileNetV2": "mobilenetv2"}


@pytest.fixture
def resident_weights(monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks"))
    return __import__("resident_weights")


def test_latencies_are_those_of_the_baseline(resident_weights):
    baseline = json.loads((SOURCE_DIR / "benchmarks" / "baseline.json").read_text())
    lines = (SOURCE_DIR / "README.md").read_text().splitlines()
    compared = 0
    name = ""
    for line in lines[lines.index(resident_weights.HEADER) + 2:]:
        if not line.startswith("|"):
            break
        label, target, latency, *_ = (cell.strip() for cell in line.strip("|").split("|"))
        name = label or name
        if name not in NAMES:
            continue
        row = baseline[f"{NAMES[name]} on {target.strip('`')}"]
        assert latency == f"{1e6 * row['latency_s']:.1f}", (
            f"{name} on {target}: run benchmarks/resident_weights.py, or measure.py --update")
        compared += 1
    assert compared == sum(len(targets) for label, _, targets in resident_weights.NETWORKS
                           if label in NAMES)


def test_table_is_replaced(resident_weights):
    text = f"a\n{resident_weights.HEADER}\n|---|\n| old |\n| older |\n\nb\n"
    assert (resident_weights.replace_table(text, ["| new |"])
            == f"a\n{resident_weights.HEADER}\n|---|\n| new |\n\nb\n")
