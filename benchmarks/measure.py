"""Compiles networks, tabulates what came of it, and compares it with what was before.

    python3 benchmarks/measure.py [--targets rngd,atom] [--only NAME,...] [--json FILE]

Networks: those of examples/, the generated ones of benchmarks/models, and the
real ones of ../shared/models where that folder is there. Times of the simulated
device are exact and the same each time: they, and the bytes that are moved, are
compared with benchmarks/baseline.json, and with what is asked of networks
(benchmarks/gates.py). The exit code is 1 when one is worse, or a network no longer
compiles or is no longer measured, or what is asked is missed; --update makes what
came out the baseline of the rows that were measured. Times of the compiler and the
simulator are of this machine.
"""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

import gates
from garam_cli import DEFAULT_TOOL, SOURCE_DIR, ToolError, compile_model, run_model

# Of the package, by itself: nothing here needs the package to be built.
sys.path.insert(0, str(SOURCE_DIR / "python" / "garam"))
import _baseline as baselines  # noqa: E402

BASELINE = SOURCE_DIR / "benchmarks" / "baseline.json"
MODELS = SOURCE_DIR.parent / "shared" / "models"
GENERATORS = SOURCE_DIR / "benchmarks" / "models"


@dataclasses.dataclass
class Network:
    name: str
    file: pathlib.Path
    options: tuple = ()  # of garam compile
    generator: tuple = ()  # arguments of the script that writes `file`
    targets: tuple = ()  # that the network is meant for; empty: all but those of cost models
    also: tuple = ()  # targets of cost models that take it as well

    @property
    def is_int8(self):
        return "int8" in self.name


def list_networks(folder, includes_absent=False):
    """`includes_absent`: also those of MODELS where that folder is not there."""
    digits = SOURCE_DIR / "examples" / "digits"
    networks = [
        Network("digits", digits / "digits.onnx", ("--dim", "N=1")),
        Network("digits_int8", digits / "digits_int8.onnx", ("--dim", "N=1")),
    ]
    for name in ["resnet50", "mobilenetv2"]:
        networks += [
            Network(name, folder / f"{name}.onnx", (), (f"{name}.py",)),
            Network(f"{name}_int8", folder / f"{name}_int8.onnx", (), (f"{name}.py", "--int8"),
                    also=("u65-512",) if name == "mobilenetv2" else ()),
        ]
    if MODELS.is_dir() or includes_absent:
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


def list_large_networks(folder):
    """More networks, which take longer to make or to compile."""
    def make(name, script, *options, targets=()):
        return Network(name, folder / f"{name}.onnx", (), (script, *options), targets)

    soma = ("soma-edge-16", "soma-edge-64")
    return [
        *(make(f"resnet50_v1_int8_b{batch}", "resnet50.py", "--version", "1", "--int8", "--batch",
               str(batch), targets=soma) for batch in (1, 4, 16)),
        make("efficientnet_b0", "efficientnet_b0.py"),
        make("efficientnet_b0_int8", "efficientnet_b0.py", "--int8"),
        make("bert_base", "bert_base.py"),
        make("vit_b16", "vit_b16.py"),
        make("gpt2_prefill", "gpt2.py"),
        make("gpt2_decode", "gpt2.py", "--phase", "decode"),
    ]


# Targets that take some networks only: those without float arithmetic, and those of published cost
# models, for the networks that these were published for, which name them.
INTEGER_TARGETS = {"warboy"}
COST_MODEL_TARGETS = {"soma-edge-16", "soma-edge-64", "u65-512"}


def takes(target, network):
    """Whether the pair is measured."""
    if network.targets:
        return target in network.targets
    if target in COST_MODEL_TARGETS:
        return target in network.also
    return target not in INTEGER_TARGETS or network.is_int8


def measure(tool, network, target, folder, simulates_data):
    """A row of the table."""
    if network.generator and not network.file.exists():
        script, *options = network.generator
        subprocess.run([sys.executable, str(GENERATORS / script), str(network.file), *options],
                       check=True, stdout=subprocess.DEVNULL)
    row = {"model": network.name, "target": target}
    binary = folder / "model.garam"
    try:
        compiled = compile_model(tool, network.file, target, binary, folder, *network.options)
        if simulates_data:
            row["simulate_s"] = run_model(tool, binary, folder, "--random-inputs", "--seed",
                                          "0").seconds
    except ToolError as error:
        return {**row, "error": str(error).replace(str(folder), "")}
    keys = [*COMPARED, "ratio", "energy_j"]
    row.update({key: compiled.report[key] for key in keys})
    row["losses"] = {loss["category"]: loss["seconds"] for loss in compiled.report["losses"]}
    row.update(compile_s=compiled.seconds, compile_processor_s=compiled.processor_seconds,
               compile_peak_bytes=compiled.peak_bytes,
               model_bytes=network.file.stat().st_size, estimate_s=compiled.report["estimate_s"])
    return row


# Figures that are the same each time; less is better.
COMPARED = ("latency_s", "latency_resident_s", "bound_s", "dram_read_bytes", "dram_write_bytes",
            "sram_peak_bytes")
# Those of them whose growth is a regression. A bound that moves is a change of the machine or of the
# definition, and memory is there to be used.
GUARDED = ("latency_s", "latency_resident_s", "dram_read_bytes", "dram_write_bytes")


def compare(row, baseline):
    """What has changed against the row of the baseline: (whether it is worse, what) each."""
    return baselines.compare(row, baseline, COMPARED, GUARDED)


def list_missing(rows, baseline, only, targets):
    """The rows of the baseline that were asked for, by networks and targets (none: all), and were not
    measured: (whether that is worse, key) each. Without MODELS its networks cannot be."""
    measured = {baselines.get_key(row) for row in rows}
    elsewhere = set()
    if not MODELS.is_dir():
        folder = pathlib.Path()
        elsewhere = ({network.name for network in list_networks(folder, includes_absent=True)}
                     - {network.name for network in list_networks(folder)})
    missing = []
    for key in sorted(set(baseline) - measured):
        model, target = key.split(" on ")
        if (not only or model in only) and (not targets or target in targets):
            missing.append((model not in elsewhere, key))
    return missing


def compare_all(rows, baseline, only=(), targets=()):
    """Prints what differs from the baseline; whether something is worse."""
    worse = False
    for is_worse, key in list_missing(rows, baseline, only, targets):
        worse |= is_worse
        print(f"{'MISSING' if is_worse else 'skipped'}: {key} was not measured"
              + ("" if is_worse else f", {MODELS} is not there"))
    for row in rows:
        key = baselines.get_key(row)
        if key not in baseline:
            print(f"not in the baseline: {key}")
            continue
        for is_worse, change in compare(row, baseline[key]):
            worse |= is_worse
            print(f"{'WORSE' if is_worse else 'changed'}: {key}: {change}")
    return worse


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
             "| SRAM peak (MB) | energy (mJ) | compile (s) | of processors (s) | memory (MB) "
             "| simulate (s) |",
             "|---|---|" + "---:|" * 11]
    for row in rows:
        if "error" in row:
            lines.append(f"| {row['model']} | {row['target']} | {row['error']} |")
            continue
        dram = (row["dram_read_bytes"] + row["dram_write_bytes"]) / 1e6
        lines.append(
            f"| {row['model']} | {row['target']} | {row['latency_s'] * 1e6:.2f} "
            f"| {format_microseconds(row['latency_resident_s'])} | {row['bound_s'] * 1e6:.2f} "
            f"| {row['ratio']:.3f} | {dram:.2f} | {row['sram_peak_bytes'] / 1e6:.2f} "
            f"| {row['energy_j'] * 1e3:.3f} | {row['compile_s']:.2f} "
            f"| {row['compile_processor_s']:.2f} "
            f"| {row['compile_peak_bytes'] / 1e6:.0f} "
            f"| {format(row['simulate_s'], '.2f') if 'simulate_s' in row else ''} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", default="rngd,atom,warboy,soma-edge-16,soma-edge-64,u65-512")
    parser.add_argument("--only", default="", help="names of networks, separated by commas")
    parser.add_argument("--json", type=pathlib.Path, help="write the rows as JSON too")
    parser.add_argument("--baseline", type=pathlib.Path, default=BASELINE)
    parser.add_argument("--update", action="store_true", help="make the rows the baseline")
    parser.add_argument("--simulate", action="store_true",
                        help="run with data too, and tabulate the time of it")
    parser.add_argument("--garam", type=pathlib.Path, default=DEFAULT_TOOL)
    arguments = parser.parse_args()
    only = set(filter(None, arguments.only.split(",")))
    targets = arguments.targets.split(",")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for network in list_networks(folder) + list_large_networks(folder):
            if only and network.name not in only:
                continue
            for target in targets:
                if takes(target, network):
                    rows.append(measure(arguments.garam, network, target, folder,
                                        arguments.simulate))
                    print(f"{baselines.get_key(rows[-1])}: {rows[-1].get('error', 'done')}",
                          file=sys.stderr)
            if network.generator:
                network.file.unlink(missing_ok=True)
    print(format_table(rows))
    print("\nCritical path, % of the latency:\n")
    print(format_losses(rows))
    print("\nWhat is asked:\n")
    checks = gates.check_all(rows)
    print(gates.format_gates(checks))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    if arguments.update:
        before = baselines.read_baseline(arguments.baseline)
        arguments.baseline.write_text(baselines.format_baseline(before, rows, COMPARED))
        return 0
    print("\nAgainst the baseline:\n")
    is_worse = compare_all(rows, baselines.read_baseline(arguments.baseline), only, targets)
    return int(is_worse or not all(is_met for _, _, is_met in checks))


if __name__ == "__main__":
    sys.exit(main())
