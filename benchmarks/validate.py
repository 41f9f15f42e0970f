"""Compares the simulated chips with what is published of the real ones.

    python3 benchmarks/validate.py            # writes docs/validation.md
    python3 benchmarks/validate.py --stale    # of the cost model, only rows that are not the baseline's

Every point is compiled and simulated like any model. Nothing is fitted to these
points: the figures of targets/*.yaml come from the sources named there.
"""

import argparse
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import onnx

from garam_cli import DEFAULT_TOOL, SOURCE_DIR, compile_model, run_model
from measure import BASELINE

sys.path.insert(0, str(SOURCE_DIR / "benchmarks" / "models"))
import cost_model  # noqa: E402
import gemv  # noqa: E402


@dataclasses.dataclass
class Row:
    point: str
    what: str
    published: str
    simulated: str
    difference: str
    source: str


def read_figure(target, section, field):
    """A figure of a shipped target file; section "" is the top level."""
    text = (SOURCE_DIR / "targets" / f"{target}.yaml").read_text()
    if section:
        text = text[re.search(rf"^{section}:$", text, re.M).end():]
    indent = "  +" if section else ""
    return float(re.search(rf"^{indent}{field}: {{ value: ([^,]+),", text, re.M).group(1))


def relative(simulated, published):
    return f"{(simulated / published - 1) * 100:+.1f} %"


def check_warboy_peak():
    cores = read_figure("warboy", "", "cores")
    macs = (read_figure("warboy", "", "clock_hz") * cores
            * read_figure("warboy", "tensor", "units")
            * read_figure("warboy", "tensor", "reduction")
            * read_figure("warboy", "tensor", "outputs"))
    mebibytes = cores * read_figure("warboy", "local_memory", "bytes") / 2**20
    source = "FuriosaAI's configuration in MLPerf Inference v1.1 closed"
    return [Row("V1", "Warboy, peak INT8", "65.536 TOPS", f"{2 * macs / 1e12:.3f} TOPS",
                relative(2 * macs, 65.536e12), source),
            Row("V1", "Warboy, SRAM", "32 MiB", f"{mebibytes:g} MiB",
                relative(mebibytes, 32), source)]


class Bench:
    """Compiles and simulates models, times only."""

    def __init__(self, tool, folder):
        self.tool = tool
        self.folder = folder

    def time(self, file, target, *options):
        binary = self.folder / "model.garam"
        compile_model(self.tool, file, target, binary, self.folder, *options)
        return run_model(self.tool, binary, self.folder, "--timing-only").report

    def time_gemv(self, inputs, outputs):
        file = self.folder / f"gemv_{inputs}_{outputs}.onnx"
        onnx.save(gemv.build(inputs, outputs), file)
        return self.time(file, "rngd")

    def time_resnet50(self, target, batch):
        file = self.folder / f"resnet50_int8_{batch}.onnx"
        if not file.exists():
            subprocess.run(
                [sys.executable, str(SOURCE_DIR / "benchmarks/models/resnet50.py"), str(file),
                 "--int8", "--batch", str(batch)], check=True, stdout=subprocess.DEVNULL)
        return self.time(file, target)


CONTEST = "cycle counts of a MICRO 2026 contest team on a real RNGD"


def check_rngd_stream(bench):
    """V9: how fast large weights stream in."""
    report = bench.time_gemv(8192, 32768)
    rate = report["dram_read_bytes"] / report["latency_s"]
    return [Row("V9", "RNGD, stream of 268 MB of weights", "1.20 to 1.27 TB/s",
                f"{rate / 1e12:.3f} TB/s", relative(rate, 1.235e12) + " of the middle", CONTEST)]


def check_rngd_kernels(bench):
    """V10: matrix-vector products of a decoder block; shapes follow from the
    published bytes (weights of 8 bit and a scale of 2 bytes an output)."""
    rows = []
    for name, inputs, outputs, microseconds in [("QKV", 3840, 8192, 39.2),
                                                ("SAO", 4096, 3840, 18.4)]:
        latency = bench.time_gemv(inputs, outputs)["latency_s"] * 1e6
        rows.append(Row("V10", f"RNGD, {name}: {inputs} to {outputs}", f"{microseconds} us",
                        f"{latency:.1f} us", relative(latency, microseconds), CONTEST))
    return rows


def check_resnet50(bench):
    """V2 and V6: context, for MLPerf's figures include the host and its link,
    and networks with trained weights."""
    rows = []
    for point, target, chip, milliseconds, source in [
            ("V2", "warboy", "Warboy", 0.7122, "MLPerf Inference v2.0 closed, FuriosaAI"),
            ("V6", "atom", "ATOM", 0.2388, "MLPerf Inference v3.0 closed, Rebellions")]:
        latency = bench.time_resnet50(target, 1)["latency_s"] * 1e3
        rows.append(Row(point, f"{chip}, ResNet-50 INT8, one image", f"{milliseconds} ms",
                        f"{latency:.4f} ms", relative(latency, milliseconds), source))
    return rows


PAGE = """# Validation

Made by `benchmarks/validate.py`; do not edit. The chips of `targets/` are described from published figures, and no public
silicon is available to us. This page compares simulated runs with what others measured on the real chips.

| point | what | published | simulated | difference | source |
|---|---|---|---|---|---|
{rows}

How to read it:

- V1 follows from the configuration alone and must agree exactly.
- V9 and V10 were measured on a real RNGD and reported by a third party. The fixed costs of a command, of synchronisation and the
  efficiency of DRAM in `targets/rngd.yaml` are from the same notes, so V9 checks that the simulator adds them up as the chip does, and V10
  whole kernels, as our compiler makes them. It leaves more than a quarter of QKV's time unexplained: the real kernel may do more than the
  product (normalisation, rotary embedding), and its contractions may slow the stream down for longer than ours do; neither is
  published. V10's third kernel has 4-bit weights, which our commands do not have yet.
- V2 and V6 are context, not checks: the submissions' times include the host's part and the link, those here are on the device alone, the networks have
  trained weights, and most figures of ATOM and the fixed costs of Warboy are assumed. Quotes are of MLPerf Inference results from the
  mlcommons results repositories; the simulated figures are not MLPerf results.

## The cost model against the simulator

The compiler chooses tiles, core splits and the order of transfers by a cost model: it follows each core's queues through the
stages, and later through their commands, with the time of each command alone and with DRAM and ports shared, evenly by those that are under way together, but without
packets. In the end it follows semaphores too, and so what waits for addresses. This is the time that it expected
of the whole program beside the one that the simulator counted, from inputs in DRAM to outputs in DRAM, and of the program's parts: of each group of nodes that share commands, by how much
later the last of its commands ends than those of all groups that end before; the median of the absolute errors. The `random_*` networks
are drawn by a seed (`benchmarks/models/random_cnn.py`) and, like the `gemv_*`, were not looked at when the model was made. Of
{count} pairs the largest error is {largest}, the mean {mean}, the largest median of groups {group}; `python/tests/test_cost_model.py` checks that none passes 10 %, of groups 15 %.

Placement asks the same model what a region would cost on an NPU: the region is scheduled, and there are no commands and no
simulation. The model adds up the DRAM traffic and the energy of what it follows, each command charged as the simulator
charges it; `unittests/Target/NPU/DeviceTargetTest.cpp` checks that both are within 5 % of a simulation.

The other devices' models are closer, as less of what they do overlaps:

- HBM-PIM's [follows the busiest channel](isa/pim.md#expected-costs) through a kernel. Bytes and energy are exactly the simulator's;
  the time of a kernel is within 2 % and one refresh (`unittests/Target/PIM/CompileTest.cpp`: 12 products and 15 elementwise kernels on 16 and
  on 64 channels, mean error 2.9 %, the largest 8.4 %, on a kernel of less than 1 us), that of a network within 3 %.
- The host's adds up the same times as its simulator.
- The analog chip's is its simulator, which has few commands.

{costs}
"""


def read_costs(path):
    """The lines of the document's table of the cost model, by model and target."""
    text = path.read_text() if path.exists() else ""
    lines = text.partition(cost_model.HEADER)[2].splitlines()
    return {tuple(split_row(line)[:2]): line for line in lines if line.startswith("|")}


def split_row(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def is_stale(line, baseline):
    """Whether the baseline has the same network with another simulated time."""
    model, target, _, simulated, *_ = split_row(line)
    row = baseline.get(f"{model} on {target}")
    return row is not None and simulated != f"{row['latency_s'] * 1e6:.1f}"


def measure_costs(tool, folder, known):
    """The lines of the table: those that are known, others measured."""
    return [known.get((network.name, target))
            or cost_model.format_row(cost_model.compare(tool, network, target, folder))
            for network, target in cost_model.list_pairs(folder)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--garam", type=pathlib.Path, default=DEFAULT_TOOL)
    parser.add_argument("--stale", action="store_true",
                        help="of the cost model, measure what differs from baseline.json or is missing")
    parser.add_argument("--output", type=pathlib.Path,
                        default=SOURCE_DIR / "docs" / "validation.md")
    arguments = parser.parse_args()
    baseline = json.loads(BASELINE.read_text())
    known = {pair: line for pair, line in read_costs(arguments.output).items()
             if arguments.stale and not is_stale(line, baseline)}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        bench = Bench(arguments.garam, folder)
        rows = (check_warboy_peak() + check_rngd_stream(bench) + check_rngd_kernels(bench)
                + check_resnet50(bench))
        costs = measure_costs(arguments.garam, folder, known)
    errors = [abs(float(split_row(line)[4].rstrip(" %"))) for line in costs]
    groups = [float(split_row(line)[5].split(" %")[0]) for line in costs if split_row(line)[5]]
    table = "\n".join(
        "| " + " | ".join(dataclasses.astuple(row)) + " |" for row in rows)
    arguments.output.write_text(PAGE.format(
        rows=table, costs=cost_model.HEADER + "\n".join(costs), count=len(costs),
        largest=f"{max(errors):.1f} %", group=f"{max(groups):.1f} %",
        mean=f"{sum(errors) / len(errors):.1f} %"))
    print(table)


if __name__ == "__main__":
    main()
