"""Compiles and runs networks and tabulates what came of it.

    python3 benchmarks/measure.py [--targets rngd,atom] [--only NAME,...] [--json FILE]

Networks: those of examples/, the generated ones of benchmarks/models, and the
real ones of ../shared/models where that folder is there. Times of the simulated
device are exact and the same each time; those of the compiler and the simulator
are of this machine.
"""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

from garam_cli import DEFAULT_TOOL, SOURCE_DIR, ToolError, compile_model, run_model

MODELS = SOURCE_DIR.parent / "shared" / "models"
GENERATORS = SOURCE_DIR / "benchmarks" / "models"


@dataclasses.dataclass
class Network:
    name: str
    file: pathlib.Path
    options: tuple = ()  # of garam compile
    generator: tuple = ()  # arguments of the script that writes `file`

    @property
    def is_int8(self):
        return "int8" in self.name


def list_networks(folder):
    digits = SOURCE_DIR / "examples" / "digits"
    networks = [
        Network("digits", digits / "digits.onnx", ("--dim", "N=1")),
        Network("digits_int8", digits / "digits_int8.onnx", ("--dim", "N=1")),
    ]
    for name in ["resnet50", "mobilenetv2"]:
        networks += [
            Network(name, folder / f"{name}.onnx", (), (f"{name}.py",)),
            Network(f"{name}_int8", folder / f"{name}_int8.onnx", (), (f"{name}.py", "--int8")),
        ]
    if MODELS.is_dir():
        tiny = MODELS / "mlperf_tiny"
        networks += [
            Network("mnist8", MODELS / "mnist8/model.onnx"),
            Network("burn_mnist", MODELS / "burn_mnist/mnist.onnx"),
            Network("ic_resnet8", tiny / "ic_resnet8_fp32.onnx",
                    ("--shape", "input_1=1x32x32x3")),
            Network("vww", tiny / "vww_mobilenetv1_025_fp32.onnx",
                    ("--shape", "input_1=1x96x96x3")),
            Network("kws", tiny / "kws_dscnn_fp32.onnx"),
            Network("kws_int8", tiny / "kws_dscnn_int8.onnx"),
            Network("ad_autoencoder", tiny / "ad_autoencoder_fp32.onnx"),
            Network("squeezenet", MODELS / "squeezenet/squeezenet11_fp32.onnx"),
            Network("mobilenetv2_qdq_int8", MODELS / "mobilenetv2_qdq/model.onnx",
                    ("--dim", "batch=1")),
            Network("super_resolution", MODELS / "super_resolution_10/model.onnx",
                    ("--dim", "batch_size=1")),
            Network("ultraface", MODELS / "ultraface/version-RFB-320.onnx"),
        ]
    return networks


def measure(tool, network, target, folder):
    """A row of the table."""
    if network.generator and not network.file.exists():
        script, *options = network.generator
        subprocess.run([sys.executable, str(GENERATORS / script), str(network.file), *options],
                       check=True, stdout=subprocess.DEVNULL)
    row = {"model": network.name, "target": target}
    binary = folder / "model.garam"
    try:
        compiled = compile_model(tool, network.file, target, binary, folder, *network.options)
        run = run_model(tool, binary, folder, "--random-inputs", "--seed", "0")
    except ToolError as error:
        return {**row, "error": str(error)}
    keys = ["latency_s", "latency_resident_s", "bound_s", "ratio", "dram_read_bytes",
            "dram_write_bytes", "sram_peak_bytes", "energy_j"]
    row.update({key: run.report.get(key, compiled.report.get(key)) for key in keys})
    row["losses"] = {loss["category"]: loss["seconds"] for loss in run.report["losses"]}
    row.update(compile_s=compiled.seconds, compile_peak_bytes=compiled.peak_bytes,
               simulate_s=run.seconds, model_bytes=network.file.stat().st_size)
    return row


def format_microseconds(seconds):
    return "" if seconds is None else f"{seconds * 1e6:.2f}"


def format_losses(rows):
    """Share of the critical path, in percent, that each cause has."""
    rows = [row for row in rows if "losses" in row]
    categories = sorted({category for row in rows for category in row["losses"]})
    lines = ["| model | target | " + " | ".join(categories) + " |",
             "|---|---|" + "---:|" * len(categories)]
    for row in rows:
        shares = [100 * row["losses"].get(category, 0) / row["latency_s"]
                  for category in categories]
        lines.append(f"| {row['model']} | {row['target']} | "
                     + " | ".join(f"{share:.1f}" for share in shares) + " |")
    return "\n".join(lines)


def format_table(rows):
    lines = ["| model | target | latency (us) | resident (us) | bound (us) | ratio | DRAM (MB) "
             "| SRAM peak (MB) | energy (mJ) | compile (s) | memory (MB) | simulate (s) |",
             "|---|---|" + "---:|" * 10]
    for row in rows:
        if "error" in row:
            lines.append(f"| {row['model']} | {row['target']} | {row['error'][:120]} |")
            continue
        dram = (row["dram_read_bytes"] + row["dram_write_bytes"]) / 1e6
        lines.append(
            f"| {row['model']} | {row['target']} | {row['latency_s'] * 1e6:.2f} "
            f"| {format_microseconds(row['latency_resident_s'])} | {row['bound_s'] * 1e6:.2f} "
            f"| {row['ratio']:.3f} | {dram:.2f} | {row['sram_peak_bytes'] / 1e6:.2f} "
            f"| {row['energy_j'] * 1e3:.3f} | {row['compile_s']:.2f} "
            f"| {row['compile_peak_bytes'] / 1e6:.0f} | {row['simulate_s']:.2f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", default="rngd,atom,warboy")
    parser.add_argument("--only", default="", help="names of networks, separated by commas")
    parser.add_argument("--json", type=pathlib.Path, help="write the rows as JSON too")
    parser.add_argument("--garam", type=pathlib.Path, default=DEFAULT_TOOL)
    arguments = parser.parse_args()
    only = set(filter(None, arguments.only.split(",")))
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for network in list_networks(folder):
            if only and network.name not in only:
                continue
            for target in arguments.targets.split(","):
                # Warboy has no float arithmetic.
                if target != "warboy" or network.is_int8:
                    rows.append(measure(arguments.garam, network, target, folder))
                    print(f"{network.name} on {target}: "
                          f"{rows[-1].get('error', 'done')}", file=sys.stderr)
    print(format_table(rows))
    print("\nCritical path, % of the latency:\n")
    print(format_losses(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
