"""The architectures by name, and their export to ONNX files."""

import dataclasses
import importlib
import typing
import warnings

# The files of this folder that add architectures.
MODULES = ["torch_vision", "torch_sequence", "torch_other", "language", "decoders", "vision",
           "detection", "speech", "series"]

EXPORTERS = ("torchscript", "dynamo")


@dataclasses.dataclass(frozen=True)
class Case:
    """A network to export: `build` returns (module, {input's name: tensor}).

    The module is called with the inputs by position, in their order, and returns tensors.
    """

    name: str
    build: typing.Callable
    exporters: tuple[str, ...] = EXPORTERS
    # What each exporter is asked for.
    torchscript_opset: int = 17
    dynamo_opset: int = 18
    # Of the outputs in bfloat16 with those in float32, at least.
    cosine: float = 0.998
    # Further arguments of the exporters.
    options: dict = dataclasses.field(default_factory=dict)


CASES: dict[str, Case] = {}


def architecture(name, **fields):
    """Decorates a function that is a Case's `build`."""

    def register(build):
        assert name not in CASES, name
        CASES[name] = Case(name, build, **fields)
        return build

    return register


def load_cases():
    """All cases by name. Imports torch and transformers."""
    for module in MODULES:
        importlib.import_module(f"{__package__}.{module}")
    return CASES


def randomise(module, seed=0):
    """Weights of a trained network's magnitudes: what initialisers leave zero, one or tiny would hide errors.

    Products keep the variance of what goes in (deviation 1/sqrt of the terms of a sum), norms scale by
    about 1, statistics of batch normalisation are no identity.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)

    def normal(like):
        return torch.randn(like.shape, generator=generator).to(like.dtype)

    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = normal(parameter)
            if parameter.dim() >= 2:
                terms = parameter[0].numel()
                parameter.copy_(noise / terms ** 0.5)
            elif name.endswith("weight"):
                parameter.copy_(1 + 0.1 * noise)
            else:
                parameter.copy_(0.1 * noise)
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(0.1 * normal(buffer))
            elif name.endswith("running_var"):
                buffer.copy_(1 + 0.1 * normal(buffer).abs())
    return module


def export(case, exporter, path):
    """Writes the ONNX file of a case; returns the inputs that it has by name, as arrays."""
    import onnx
    import torch

    torch.manual_seed(0)
    module, inputs = case.build()
    if isinstance(module, torch.nn.Module):
        module.eval()
    opset = case.torchscript_opset if exporter == "torchscript" else case.dynamo_opset
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, tuple(inputs.values()), str(path), input_names=list(inputs),
            opset_version=opset, dynamo=exporter == "dynamo", verbose=False, **case.options)
    # The TorchScript exporter leaves out what the network does not read.
    kept = {value.name for value in onnx.load(path, load_external_data=False).graph.input}
    return {name: tensor.numpy() for name, tensor in inputs.items() if name in kept}
