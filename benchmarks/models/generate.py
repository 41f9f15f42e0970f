"""Command line that the model generators share."""

import argparse
import logging
import pathlib
import tempfile

import numpy as np
import onnx

CALIBRATION_IMAGES = 4


def parse_batch(text):
    """A number, or the name of a symbolic dimension."""
    return int(text) if text.isdigit() else text


def quantize(model, output, seed):
    """Writes `model` as int8 QDQ with weights per channel, by onnxruntime's
    tool, calibrated on seeded images of unit variance."""
    from onnxruntime.quantization import (
        CalibrationDataReader, QuantFormat, QuantType, quantize_static)

    name = model.graph.input[0].name
    shape = [d.dim_value or 1 for d in model.graph.input[0].type.tensor_type.shape.dim]
    random = np.random.default_rng(seed + 1)

    class SeededImages(CalibrationDataReader):
        left = CALIBRATION_IMAGES

        def get_next(self):
            self.left -= 1
            return {name: random.standard_normal(shape, dtype=np.float32)} \
                if self.left >= 0 else None

    logging.disable(logging.WARNING)  # the tool advises what is done already
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "float.onnx"
        onnx.save(model, source)
        quantize_static(source, output, SeededImages(), quant_format=QuantFormat.QDQ,
                        per_channel=True, activation_type=QuantType.QInt8,
                        weight_type=QuantType.QInt8)


def generate(description, build, add_options=lambda parser: None):
    """Builds and writes what the command line asks for. What `add_options` adds to it are further
    arguments of `build`."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path, help="the .onnx file to write")
    parser.add_argument("--batch", type=parse_batch, default=1,
                        help="images a run, or a name for a symbolic batch (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default 0)")
    parser.add_argument("--int8", action="store_true", help="quantise: int8 QDQ, per channel")
    add_options(parser)
    arguments = vars(parser.parse_args())
    output, is_int8 = arguments.pop("output"), arguments.pop("int8")
    model, graph = build(**arguments)
    output.parent.mkdir(parents=True, exist_ok=True)
    if is_int8:
        quantize(model, output, arguments["seed"])
    else:
        onnx.save(model, output)
    print(f"{output}: {len(model.graph.node)} nodes, "
          f"{graph.count_parameters():,} parameters, {graph.macs:,} MACs an image")
