"""Tables of the documents have the figures of benchmarks/baseline.json."""

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


NETWORKS_OF_PUBLISHED_MACHINES = {"ResNet-50 version 1, batch 1": "resnet50_v1_int8_b1",
                                  "ResNet-50 version 1, batch 4": "resnet50_v1_int8_b4",
                                  "ResNet-50 version 1, batch 16": "resnet50_v1_int8_b16",
                                  "MobileNetV2": "mobilenetv2_int8"}


def test_comparison_with_published_schedules():
    baseline = json.loads((SOURCE_DIR / "benchmarks" / "baseline.json").read_text())
    lines = (SOURCE_DIR / "docs" / "targets.md").read_text().splitlines()
    begin = lines.index(next(line for line in lines if "published cycles" in line)) + 2
    tables = [[cell.strip() for cell in line.strip("|").split("|")]
              for line in lines[begin:begin + len(NETWORKS_OF_PUBLISHED_MACHINES)]]
    for target, network, _, _, cycles, traffic, bound in tables:
        row = baseline[f"{NETWORKS_OF_PUBLISHED_MACHINES[network]} on {target.strip('`')}"]
        # Their clock is 1 GHz.
        assert cycles == f"{1e9 * row['latency_s']:,.0f}" and bound == f"{1e9 * row['bound_s']:,.0f}"
        assert traffic == f"{(row['dram_read_bytes'] + row['dram_write_bytes']) / 1e6:.2f} MB"


def test_example_of_what_bounds_a_network():
    baseline = json.loads((SOURCE_DIR / "benchmarks" / "baseline.json").read_text())
    bf16, int8 = (f"{1e6 * baseline[f'efficientnet_b0{suffix} on rngd']['latency_s']:.1f} us" for suffix in ("", "_int8"))
    text = (SOURCE_DIR / "docs" / "explain.md").read_text()
    assert f"takes {bf16} on `rngd` in bf16, and {int8} in int8" in text


@pytest.fixture
def validate(monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks"))
    return __import__("validate")


def test_validation_is_of_the_baseline(validate):
    """Whoever changes the baseline runs benchmarks/validate.py --stale."""
    baseline = json.loads((SOURCE_DIR / "benchmarks" / "baseline.json").read_text())
    document = SOURCE_DIR / "docs" / "validation.md"
    costs = validate.read_costs(document)
    compared = [pair for pair in costs if " on ".join(pair) in baseline]
    # The digits and the generated networks are always there, each on several targets.
    assert len(compared) >= 15
    assert [pair for pair in compared if validate.is_stale(costs[pair], baseline)] == []
    figures = {cells[0]: cells[3] for cells in map(validate.split_row, document.read_text().splitlines())
               if len(cells) == 6}
    for point, target in ("V2", "warboy"), ("V6", "atom"):
        assert figures[point] == f"{1e3 * baseline[f'resnet50_int8 on {target}']['latency_s']:.4f} ms"


def test_a_row_that_is_not_of_the_baseline(validate, tmp_path):
    page = tmp_path / "page.md"
    line = "| digits | atom | 4.4 | 4.5 | -1.0 % | 0.0 % of 5 |"
    page.write_text(f"a\n\n{validate.cost_model.HEADER}{line}\n")
    assert validate.read_costs(page) == {("digits", "atom"): line}
    assert not validate.is_stale(line, {"digits on atom": {"latency_s": 4.54e-6}})
    assert validate.is_stale(line, {"digits on atom": {"latency_s": 4.56e-6}})
    assert not validate.is_stale(line, {"digits on rngd": {"latency_s": 1}})


def test_table_is_replaced(resident_weights):
    text = f"a\n{resident_weights.HEADER}\n|---|\n| old |\n| older |\n\nb\n"
    assert (resident_weights.replace_table(text, ["| new |"])
            == f"a\n{resident_weights.HEADER}\n|---|\n| new |\n\nb\n")
