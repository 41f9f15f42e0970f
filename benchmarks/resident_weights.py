#!/usr/bin/env python3
"""Writes README's table of latencies with weights in DRAM and weights that stay on the chip.

    python3 benchmarks/resident_weights.py        # writes README.md

Figures are of `--timing-only` runs of networks of benchmarks/models and do not depend on the
machine that this runs on.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from garam_cli import DEFAULT_TOOL, SOURCE_DIR, compile_model

GENERATORS = SOURCE_DIR / "benchmarks" / "models"
HEADER = ("| network, one input | target | weights in DRAM | weights on the chip "
          "| first, with set-up | DRAM read, MB |")

# What the table calls a network, the script that makes it, and the targets.
NETWORKS = (
    ("six layers of 1024 x 1024", ("large_mlp.py", "--layers", "6", "--width", "1024"),
     ("atom", "rngd")),
    ("ResNet-50", ("resnet50.py",), ("atom", "rngd")),
    ("ResNet-50 int8", ("resnet50.py", "--int8"), ("atom",)),
    ("MobileNetV2", ("mobilenetv2.py",), ("atom",)),
    ("ResNet-50 int8", ("resnet50.py", "--int8"), ("warboy",)),
)


def compare(tool, model, target, folder):
    """The figures of a row."""
    binary = folder / "model.garam"
    streamed, resident = (
        compile_model(tool, model, target, binary, folder, "--resident-weights", which).report
        for which in ("off", "on"))
    microseconds = [streamed["latency_s"], resident["latency_s"], resident["latency_first_s"]]
    megabytes = [report["dram_read_bytes"] / 1e6 for report in (streamed, resident)]
    return [f"{1e6 * seconds:.1f}" for seconds in microseconds] + [
        " to ".join(f"{number:.2f}" for number in megabytes)]


def make_rows(tool):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for label, (script, *options), targets in NETWORKS:
            model = folder / "model.onnx"
            subprocess.run([sys.executable, str(GENERATORS / script), str(model), *options],
                           check=True, stdout=subprocess.DEVNULL)
            for target in targets:
                shown = label if target == targets[0] else ""
                cells = [shown, f"`{target}`", *compare(tool, model, target, folder)]
                yield "| " + " | ".join(cells).replace("|  |", "| |") + " |"


def replace_table(text, rows):
    """`text` with other rows in its table below HEADER."""
    lines = text.splitlines()
    first = lines.index(HEADER) + 2
    last = next(number for number in range(first, len(lines)) if not lines[number].startswith("|"))
    return "\n".join([*lines[:first], *rows, *lines[last:]]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--garam", type=pathlib.Path, default=DEFAULT_TOOL)
    parser.add_argument("--output", type=pathlib.Path, default=SOURCE_DIR / "README.md")
    arguments = parser.parse_args()
    text = arguments.output.read_text()
    arguments.output.write_text(replace_table(text, list(make_rows(arguments.garam))))


if __name__ == "__main__":
    main()
