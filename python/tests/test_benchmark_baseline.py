"""benchmarks/measure.py tells what has become worse than the baseline, and keeps one."""

import json
import subprocess
import sys

import pytest

from conftest import SOURCE_DIR, find_tool

SCRIPT = SOURCE_DIR / "benchmarks" / "measure.py"


def run(folder, *options):
    return subprocess.run(
        [sys.executable, SCRIPT, "--garam", find_tool("garam"), "--only", "digits", "--targets",
         "atom", "--baseline", folder / "baseline.json", "--json", folder / "rows.json", *options],
        capture_output=True, text=True)


def edit(path, **changes):
    baseline = json.loads(path.read_text())
    baseline["digits on atom"].update(changes)
    path.write_text(json.dumps(baseline))


def test_baseline(tmp_path):
    path = tmp_path / "baseline.json"
    result = run(tmp_path)
    assert result.returncode == 0 and "not in the baseline: digits on atom" in result.stdout
    assert run(tmp_path, "--update").returncode == 0
    (row,) = json.loads((tmp_path / "rows.json").read_text())
    kept = json.loads(path.read_text())["digits on atom"]
    assert kept == {key: row[key] for key in kept} and kept["latency_s"] > 0

    # The same figures, each time.
    result = run(tmp_path)
    assert result.returncode == 0 and result.stdout.endswith("Against the baseline:\n\n")

    edit(path, latency_s=kept["latency_s"] * 2)
    result = run(tmp_path)
    assert result.returncode == 0
    assert "changed: digits on atom: latency_s" in result.stdout and "(-50.00 %)" in result.stdout

    edit(path, latency_s=kept["latency_s"], dram_read_bytes=kept["dram_read_bytes"] - 1)
    result = run(tmp_path)
    assert result.returncode == 1 and "WORSE: digits on atom: dram_read_bytes" in result.stdout

    # A row that is not there any more.
    baseline = {"digits on atom": kept, "digits on rngd": kept}
    path.write_text(json.dumps(baseline))
    assert run(tmp_path).returncode == 0  # was not asked for
    result = run(tmp_path, "--targets", "atom,rngd", "--only", "gone")
    assert result.returncode == 0
    path.write_text(json.dumps({**baseline, "gone on atom": kept}))
    result = run(tmp_path, "--only", "digits,gone")
    assert result.returncode == 1 and "MISSING: gone on atom was not measured" in result.stdout


def test_a_missed_gate_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks"))
    gates = __import__("gates")
    measure = __import__("measure")
    arguments = ["measure.py", "--garam", str(find_tool("garam")), "--only", "digits", "--targets", "atom",
                 "--baseline", str(tmp_path / "baseline.json")]
    monkeypatch.setattr(sys, "argv", arguments)
    for ratio, code in ((0, 0), (1, 1)):
        gate = gates.Gate("digits", "atom", "ratio", ratio, "a wish")
        monkeypatch.setattr(gates, "GATES", (gate,))
        assert measure.main() == code
        assert ("MISSED" in capsys.readouterr().out) == bool(code)


def test_gates(monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks"))
    gates = __import__("gates")
    measure = __import__("measure")
    folder = SOURCE_DIR
    networks = {network.name: network
                for network in measure.list_networks(folder) + measure.list_large_networks(folder)}
    # Each is of a row that is measured.
    for gate in gates.GATES:
        assert measure.takes(gate.target, networks[gate.model]), gate
    gate = gates.Gate("m", "t", "cycles", 1000, "a paper")
    row = {"model": "m", "target": "t", "latency_s": 1e-6}
    assert gates.check(row, gate) == (1000, True)
    assert gates.check({**row, "latency_s": 1.001e-6}, gate)[1] is False
    assert gates.check({"error": "no"}, gate) == (None, False)
    ratio = gates.Gate("m", "t", "ratio", 0.5, "a bound")
    checks = gates.check_all([{**row, "ratio": 0.4}, {**row, "model": "n"}], [gate, ratio])
    table = gates.format_gates(checks)
    assert [is_met for _, _, is_met in checks] == [True, False]
    assert "| m | t | cycles | at most 1,000 | 1,000 | met | a paper |" in table
    assert "| m | t | ratio | at least 0.5 | 0.400 | MISSED | a bound |" in table
    assert "| n |" not in table
    rest = gates.Gate("m", "t", "rest", 0.25, "a plan")
    fixed = gates.Gate("m", "t", "fixed us", 5, "a plan")
    row = {**row, "latency_s": 20e-6, "bound_s": 10e-6, "losses": {"fixed_cost": 4e-6, "synchronisation": 2e-6}}
    assert gates.check(row, rest) == (pytest.approx(0.2), True)
    assert gates.check(row, fixed) == (pytest.approx(6), False)
    row = {**row, "estimate_s": 17e-6, "compile_peak_bytes": 320, "model_bytes": 100}
    assert gates.check(row, gates.Gate("m", "t", "estimate", 0.1, "a plan")) == (pytest.approx(0.15), False)
    assert gates.check(row, gates.Gate("m", "t", "compiler bytes", 200, "a plan")) == (200, True)


@pytest.mark.parametrize("row, baseline, worse", [
    ({"error": "no"}, {"error": "no"}, None),
    ({"error": "no"}, {"latency_s": 1.0}, True),
    ({"latency_s": 1.0}, {"error": "no"}, False),
])
def test_models_that_do_not_compile(row, baseline, worse, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks"))
    changes = __import__("measure").compare(row, baseline)
    assert [is_worse for is_worse, _ in changes] == ([] if worse is None else [worse])
