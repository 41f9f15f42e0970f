"""Compares the cost model with the simulator.

    python3 benchmarks/cost_model.py [--targets rngd,atom] [--only NAME,...]

The cost model's time of a program (`estimate_s` of the report) is what the
compiler chose tiles and core splits by; the simulated latency is what came of
them. The same of each group of nodes that `garam explain` tells apart: by how
much it moves the end of the program. Networks: those of measure.py, the large
ones with --large, and some that nobody has looked at when the model was made:
matrix-vector products and networks drawn at random.
"""

import argparse
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from garam_cli import DEFAULT_TOOL, compile_model
from measure import GENERATORS, Network, list_large_networks, list_networks

RANDOM_NETWORKS = 8


@dataclasses.dataclass
class Comparison:
    model: str
    target: str
    estimate: float  # seconds
    simulated: float  # seconds
    # Of each group that moves the end of its program: by how many seconds it is estimated to, and does.
    groups: tuple = ()

    @property
    def error(self):
        return self.estimate / self.simulated - 1

    @property
    def group_error(self):
        """The median of the groups' absolute errors; None where the device does not say."""
        errors = [abs(estimate / simulated - 1) for estimate, simulated in self.groups]
        return statistics.median(errors) if errors else None


def list_unseen_networks(folder):
    """Networks that were drawn at random, and single products."""
    networks = [
        Network(f"random_{seed}", folder / f"random_{seed}.onnx", (),
                ("random_cnn.py", "--seed", str(seed)))
        for seed in range(RANDOM_NETWORKS)
    ]
    for inputs, outputs in [(512, 1024), (3840, 8192)]:
        name = f"gemv_{inputs}_{outputs}_int8"
        networks.append(Network(name, folder / f"{name}.onnx", (),
                                ("gemv.py", "--inputs", str(inputs), "--outputs", str(outputs))))
    return networks


# Of the networks, those that HBM-PIM takes whole.
PIM_NETWORKS = {"ad_autoencoder"}


# Machines without float arithmetic.
INTEGER_TARGETS = ["warboy", "soma-edge-16", "soma-edge-64", "u65-512"]


def get_targets(network):
    """Targets of one device that take the whole network. A product's scales are float. The analog
    device is left out: its cost model is its simulator."""
    if network.targets:
        return list(network.targets)
    is_quantised = network.is_int8 and not network.name.startswith("gemv")
    return (["rngd", "atom"] + (INTEGER_TARGETS if is_quantised else []) +
            (["hbm-pim", "hbm-pim-x4"] if network.name in PIM_NETWORKS else []) + ["host"])


def generate(network):
    """Writes the network's file if it is a generated one."""
    if network.generator and not network.file.exists():
        script, *options = network.generator
        subprocess.run([sys.executable, str(GENERATORS / script), str(network.file), *options],
                       check=True, stdout=subprocess.DEVNULL)


def list_groups(tool, binary, folder):
    """By how many seconds each group of nodes moves the end of its program, estimated and simulated."""
    file = pathlib.Path(folder) / "explain.json"
    subprocess.run([str(tool), "explain", str(binary), "--json", str(file)], check=True,
                   stdout=subprocess.DEVNULL)
    groups = json.loads(file.read_text())["groups"]
    return tuple((group["expected_advance_s"], group["advance_s"]) for group in groups
                 if group["expected_advance_s"] is not None and group["advance_s"] > 0)


def compare(tool, network, target, folder):
    generate(network)
    binary = pathlib.Path(folder) / "model.garam"
    report = compile_model(tool, network.file, target, binary, folder, "--no-fallback",
                           *network.options).report
    return Comparison(network.name, target, report["estimate_s"], report["latency_s"],
                      list_groups(tool, binary, folder))


HEADER = ("| model | target | estimated (us) | simulated (us) | error | of a group (median) |\n"
          "|---|---|---:|---:|---:|---:|\n")


def format_row(row):
    of_group = "" if row.group_error is None else f"{100 * row.group_error:.1f} % of {len(row.groups)}"
    return (f"| {row.model} | {row.target} | {row.estimate * 1e6:.1f} | {row.simulated * 1e6:.1f} "
            f"| {round(100 * row.error, 1) + 0.0:+.1f} % | {of_group} |")


def format_table(rows):
    return HEADER + "\n".join(map(format_row, rows))


def list_pairs(folder, targets=None, only=None, includes_large=False):
    """Every network with every target that takes it."""
    networks = list_networks(folder) + list_unseen_networks(folder)
    if includes_large:
        networks += list_large_networks(folder)
    return [(network, target)
            for network in networks
            if not only or network.name in only
            for target in get_targets(network) if not targets or target in targets]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", default=",".join(
        ["rngd", "atom", *INTEGER_TARGETS, "hbm-pim", "hbm-pim-x4", "host"]))
    parser.add_argument("--large", action="store_true", help="with the large networks of measure.py")
    parser.add_argument("--only", default="", help="names of networks, separated by commas")
    parser.add_argument("--garam", type=pathlib.Path, default=DEFAULT_TOOL)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pairs = list_pairs(folder, arguments.targets.split(","), set(filter(None, arguments.only.split(","))),
                           arguments.large)
        print(format_table([compare(arguments.garam, network, target, folder) for network, target in pairs]))


if __name__ == "__main__":
    main()
