"""Compares the cost model with the simulator.

    python3 benchmarks/cost_model.py [--targets rngd,atom] [--only NAME,...]

The cost model's time of a program (`estimate_s` of the report) is what the
compiler chose tiles and core splits by; the simulated latency is what came of
them. Networks: those of measure.py, and some that nobody has looked at when the
model was made: matrix-vector products and networks drawn at random.
"""

import argparse
import dataclasses
import pathlib
import subprocess
import sys
import tempfile

from garam_cli import DEFAULT_TOOL, compile_model
from measure import GENERATORS, Network, list_networks

RANDOM_NETWORKS = 8


@dataclasses.dataclass
class Comparison:
    model: str
    target: str
    estimate: float  # seconds
    simulated: float  # seconds

    @property
    def error(self):
        return self.estimate / self.simulated - 1


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


def get_targets(network):
    """Targets of one device that take the whole network. Warboy has no float arithmetic; a product's
    scales are float. The analog device is left out: its cost model is its simulator."""
    is_quantised = network.is_int8 and not network.name.startswith("gemv")
    return (["rngd", "atom"] + (["warboy"] if is_quantised else []) +
            (["hbm-pim", "hbm-pim-x4"] if network.name in PIM_NETWORKS else []) + ["host"])


def generate(network):
    """Writes the network's file if it is a generated one."""
    if network.generator and not network.file.exists():
        script, *options = network.generator
        subprocess.run([sys.executable, str(GENERATORS / script), str(network.file), *options],
                       check=True, stdout=subprocess.DEVNULL)


def compare(tool, network, target, folder):
    generate(network)
    report = compile_model(tool, network.file, target, pathlib.Path(folder) / "model.garam", folder,
                           "--no-fallback", *network.options).report
    return Comparison(network.name, target, report["estimate_s"], report["latency_s"])


def format_table(rows):
    lines = ["| model | target | estimated (us) | simulated (us) | error |",
             "|---|---|---:|---:|---:|"]
    lines += [f"| {row.model} | {row.target} | {row.estimate * 1e6:.1f} "
              f"| {row.simulated * 1e6:.1f} | {round(100 * row.error, 1) + 0.0:+.1f} % |" for row in rows]
    return "\n".join(lines)


def compare_all(tool, folder, targets=None, only=None):
    """Every network on every target that takes it."""
    folder = pathlib.Path(folder)
    return [compare(tool, network, target, folder)
            for network in list_networks(folder) + list_unseen_networks(folder)
            if not only or network.name in only
            for target in get_targets(network) if not targets or target in targets]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", default="rngd,atom,warboy,hbm-pim,hbm-pim-x4,host")
    parser.add_argument("--only", default="", help="names of networks, separated by commas")
    parser.add_argument("--garam", type=pathlib.Path, default=DEFAULT_TOOL)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(format_table(compare_all(arguments.garam, folder, arguments.targets.split(","),
                                       set(filter(None, arguments.only.split(","))))))


if __name__ == "__main__":
    main()
