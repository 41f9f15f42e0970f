"""Command line that the model generators share."""

import argparse
import pathlib

import onnx


def parse_batch(text):
    """A number, or the name of a symbolic dimension."""
    return int(text) if text.isdigit() else text


def generate(description, build):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    parser.add_argument("--batch", type=parse_batch, default=1,
                        help="images a run, or a name for a symbolic batch (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default 0)")
    arguments = parser.parse_args()
    model, graph = build(batch=arguments.batch, seed=arguments.seed)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, arguments.output)
    print(f"{arguments.output}: {len(model.graph.node)} nodes, "
          f"{graph.count_parameters():,} parameters, {graph.macs:,} MACs an image")
