"""Models under random legal placements on a system of four devices agree with onnxruntime."""

import json
import random
import re

import numpy as np
import onnx
from onnx import numpy_helper
import pytest

import analog_reference
import oracle
from conftest import MODEL, SOURCE_DIR

SYSTEM = "kcloud-stage3"
ANALOG = "hermes"
CORES = 64  # of the analog chip, with a crossbar each
PLACEMENTS = 10
# Of a chip that is short of crossbars, of which most draws are refused.
SHORT_PLACEMENTS = 3
# Draws that are refused for these reasons are drawn again; any other refusal is an error.
DRAWS = 100
# A device may take an operation only beside another, as a bias.
REFUSED_ALONE = "is neither a product nor a bias, a factor or bounds directly behind one on the same device"
# Only where the products that are placed on the chip need more than it has.
REFUSED_FOR_ROOM = re.compile(r"its weights take \d+ crossbars of 256 x 256, and \d+ of \d+ are left")
# What the analog device does behind a product, in the same pass over its sums.
FOLLOWERS = {"Add", "Relu", "Clip"}

MODELS = {
    "ad_autoencoder": ("mlperf_tiny/ad_autoencoder_fp32.onnx", -40, 10),
    "kws": ("mlperf_tiny/kws_dscnn_fp32.onnx", -100, 100),
    "mnist8": ("mnist8/model.onnx", 0, 255),
    "squeezenet": ("squeezenet/squeezenet11_fp32.onnx", 0, 255),
}


class Network:
    """A model with an input, its compiled form and what a run of it gives."""

    def __init__(self, name, run_tool, models_dir, folder):
        file, low, high = MODELS[name]
        self.run_tool, self.folder = run_tool, folder
        self.system, self.cores = SYSTEM, CORES
        self.model = onnx.load(models_dir / file)
        # Names that are whole in names of files.
        for number, node in enumerate(self.model.graph.node):
            node.name = f"node{number}"
        self.path = folder / "model.onnx"
        onnx.save(self.model, self.path)
        generator = np.random.default_rng(0)
        self.inputs = {key: generator.uniform(low, high, oracle.bind_shape(shape)).astype(np.float32)
                       for key, shape in oracle.get_inputs(self.model).items()}
        self.arguments = []
        for key, value in self.inputs.items():
            self.arguments += ["--shape", f"{key}={'x'.join(map(str, value.shape))}"]
            np.save(folder / f"{key}.npy", value)

    def set_cores(self, cores):
        """Gives the analog chip of the system as many."""
        targets = SOURCE_DIR / "targets"
        chip, self.system = self.folder / "chip.yaml", self.folder / "system.yaml"
        chip.write_text((targets / f"{ANALOG}.yaml").read_text().replace(
            f"cores: {{ value: {CORES}", f"cores: {{ value: {cores}"))
        self.system.write_text((targets / f"{SYSTEM}.yaml").read_text().replace(
            f"target: {ANALOG} ", f"target: {chip} "))
        self.cores = cores

    def list_allowed(self):
        """The devices that take each node."""
        used = self.folder / "used.json"
        self.run_tool("garam", "compile", self.path, *self.arguments, "--target", self.system,
                      "--emit=placed", "-o", self.folder / "placed.mlir", "--emit-placement", used)
        names = ["atom", "hbm-pim-x4", ANALOG, "host"]
        return {rule["node"]: [name for name in names if name not in rule.get("reasons", {})]
                for rule in json.loads(used.read_text())["rules"]}

    def choose(self, allowed, draw, products):
        """A device for each node: the analog one for at least one of `products`, if there are any,
        and not for what is directly before and behind that, so that its input and its result are on
        links. What that device only does behind a product may go there behind one."""
        chosen = draw.choice(products) if products else None
        before, behind = (set(chosen.input), set(chosen.output)) if products else (set(), set())
        producers = {output: node.name for node in self.model.graph.node for output in node.output}
        placement = {}
        for node in self.model.graph.node:
            devices = allowed.get(node.name)
            if not devices:
                continue  # folded away
            others = [device for device in devices if device != ANALOG]
            is_behind = ANALOG in (placement.get(producers.get(name)) for name in node.input)
            if node is chosen:
                devices = [ANALOG]
            elif node.op_type in FOLLOWERS:
                devices = others + [ANALOG] * is_behind
            elif behind.intersection(node.input):
                devices = others
            if before.intersection(node.output):
                devices = others
            placement[node.name] = draw.choice(devices)
            if placement[node.name] == ANALOG and behind.intersection(node.input):
                behind.update(node.output)
        return placement

    def check_refusal(self, errors, used):
        """That draw() may expect it, with `used` crossbars placed on the analog device."""
        lines = [line for line in errors.splitlines() if not line.startswith(("warning: ", "note: "))]
        assert lines
        for line in lines:
            assert REFUSED_ALONE in line or (REFUSED_FOR_ROOM.search(line) and used > self.cores), (
                line, used)

    def draw(self, allowed, seed, *options, crossbars=None, count=PLACEMENTS):
        """Random placements, each compiled. `crossbars` are those that products need which the
        analog device takes; each placement has one at least there."""
        draw = random.Random(seed)
        crossbars = crossbars or {}
        products = [node for node in self.model.graph.node if node.name in crossbars]
        done = 0
        for _ in range(DRAWS):
            placement = self.choose(allowed, draw, products)
            used = sum(number for name, number in crossbars.items() if placement[name] == ANALOG)
            rules = [{"node": node, "device": device} for node, device in placement.items()]
            (self.folder / "p.json").write_text(json.dumps({"schema": 1, "rules": rules}))
            result = self.run_tool(
                "garam", "compile", self.path, *self.arguments, "--target", self.system,
                "--placement", self.folder / "p.json", "-o", self.folder / "model.garam", "--quiet",
                *options, status=None)
            if result.returncode == MODEL:
                self.check_refusal(result.stderr, used)
                continue
            assert result.returncode == 0, result.stderr
            assert used <= self.cores
            yield placement
            done += 1
            if done == count:
                return
        pytest.fail(f"of {DRAWS} placements only {done} were legal")

    def run(self, *options):
        self.run_tool("garam", "run", self.folder / "model.garam", "--output-dir",
                      self.folder / "out", "--quiet", *options,
                      *[part for key in self.inputs
                        for part in ("--input", f"{key}={self.folder / key}.npy")])

    def get_output(self, name):
        return np.load(next((self.folder / "out").glob(f"{name}*.npy")))


@pytest.mark.parametrize("name", MODELS)
def test_random_digital_placements(name, run_tool, models_dir, tmp_path):
    network = Network(name, run_tool, models_dir, tmp_path)
    expected = oracle.run_onnxruntime(network.path, network.inputs)
    allowed = {node: [device for device in devices if device != ANALOG]
               for node, devices in network.list_allowed().items()}
    assert {device for devices in allowed.values() for device in devices} >= {"atom", "host"}
    for placement in network.draw(allowed, name):
        network.run()
        for output, value in expected.items():
            assert oracle.cosine(network.get_output(output), value) >= 0.998, placement


def pad_same_upper(x, weights, attributes):
    """`pads` of a Conv whose output is as large as its input over its strides."""
    whole = []
    for size, kernel, stride in zip(x.shape[2:], weights.shape[2:],
                                    attributes.get("strides", (1, 1))):
        whole.append(max(0, (-(-size // stride) - 1) * stride + kernel - size))
    return [part // 2 for part in whole] + [part - part // 2 for part in whole]


class AnalogCheck:
    """Compares each product that ran on crossbars with the exact product of the input that it had.

    The bound is that of docs/isa/analog.md. Where an input is outside of the calibrated range the
    converter saturates, and there is none.
    """

    def __init__(self, network, samples):
        self.model, self.inputs = network.model, network.inputs
        self.ranges, values = observe(network, samples)
        self.shapes = {tensor: value.shape for tensor, value in values.items()}
        # A weight may be the result of a node of constants.
        self.weights = values | {tensor.name: numpy_helper.to_array(tensor)
                                 for tensor in self.model.graph.initializer}
        self.producers = {output: node for node in self.model.graph.node for output in node.output}
        self.folder = network.folder

    def find_value(self, tensor):
        """What a tensor was in the run; None if no device held it by itself."""
        if tensor in self.inputs:
            return self.inputs[tensor]
        if tensor in {output.name for output in self.model.graph.output}:
            return np.load(next((self.folder / "out").glob(f"{tensor}*.npy")))
        producer = self.producers[tensor]
        file = self.folder / "values" / f"{producer.name}.npy"
        if file.exists():
            return np.load(file)
        # Another shape of a tensor is no tensor of its own.
        if producer.op_type not in ("Flatten", "Reshape"):
            return None
        value = self.find_value(producer.input[0])
        return None if value is None else value.reshape(self.shapes[tensor])

    def find_result(self, product, placement):
        """The first tensor at or behind a product that the analog device kept."""
        tensor = product.output[0]
        while (value := self.find_value(tensor)) is None:
            users = [node for node in self.model.graph.node if tensor in node.input]
            if len(users) != 1 or users[0].op_type not in FOLLOWERS or placement.get(
                    users[0].name) != ANALOG:
                return None, None
            tensor = users[0].output[0]
        return tensor, value

    def count_crossbars(self, product):
        groups = {a.name: a.i for a in product.attribute}.get("group", 1)
        weights = self.weights[product.input[1]]
        # Of a Conv [outputs, inputs of a group, window]; of a product [inputs, outputs] or transposed.
        outputs_first = product.op_type == "Conv" or any(
            a.name == "transB" and a.i for a in product.attribute)
        columns = weights.shape[0 if outputs_first else 1]
        return analog_reference.count_crossbars(weights.size // columns, columns // groups, groups)

    def get_bound(self, product, x, dac):
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in product.attribute}
        weights = self.weights[product.input[1]]
        if product.op_type == "Conv":
            if attributes.pop("auto_pad", b"NOTSET") == b"SAME_UPPER":
                attributes["pads"] = pad_same_upper(x, weights, attributes)
            return analog_reference.convolve(
                x, weights, dac, attributes.get("group", 1),
                **{key: tuple(attributes[key]) for key in ("strides", "pads", "dilations")
                   if key in attributes})[1]
        if attributes.get("transB"):
            weights = weights.T
        return analog_reference.multiply(x.reshape(-1, len(weights)), weights, dac)[1]

    def check(self, product, placement):
        """Whether there was something to compare."""
        x = self.find_value(product.input[0])
        tensor, found = self.find_result(product, placement)
        low, high = self.ranges[product.input[0]]
        if x is None or found is None or x.min() < low or x.max() > high:
            return False
        part = onnx.utils.Extractor(self.model).extract_model([product.input[0]], [tensor])
        exact = oracle.run_onnxruntime(part, {product.input[0]: x})[tensor]
        bound = self.get_bound(product, x, analog_reference.make_dac(low, high))
        # Rounding in f32 on both sides; ranges are of another f32 computation.
        slack = bound * 1e-3 + 1e-5 * np.abs(exact).max()
        excess = np.abs(np.float64(found) - exact).ravel() - (bound + slack).ravel()
        assert excess.max() <= 0, (product.name, excess.max())
        return True


def observe(network, samples):
    """The least and the largest of each tensor over samples, and its values for the last of them, by
    onnxruntime."""
    model = onnx.shape_inference.infer_shapes(network.model)
    del model.graph.output[:]
    model.graph.output.extend(
        onnx.helper.make_empty_tensor_value_info(output)
        for node in model.graph.node for output in node.output)
    ranges = {}
    for number in range(len(next(iter(samples.values())))):
        inputs = {key: value[number] for key, value in samples.items()}
        values = {**oracle.run_onnxruntime(model, inputs, optimise=False), **inputs}
        for key, value in values.items():
            low, high = ranges.get(key, (0.0, 0.0))
            ranges[key] = (min(low, value.min()), max(high, value.max()))
    return ranges, values


@pytest.mark.parametrize("share", [1, 3], ids=["all", "third"])
@pytest.mark.parametrize("name", MODELS)
def test_random_placements_with_analog_products(name, share, run_tool, models_dir, tmp_path):
    """Each product on crossbars is within what its converters may cost it. Of a chip with a third of
    the crossbars that the products need, a placement is refused where it takes more, only there."""
    network = Network(name, run_tool, models_dir, tmp_path)
    # Room around the input of the run, for what is before a product errs; which of the scales makes a
    # value large depends on its bias.
    samples = {key: np.stack([value * np.float32(scale) for scale in (0.5, 0.75, 1, 1.25, 1.5)])
               for key, value in network.inputs.items()}
    np.savez(tmp_path / "samples.npz", **samples)
    check = AnalogCheck(network, samples)
    allowed = network.list_allowed()
    products = [node for node in network.model.graph.node
                if node.op_type in ("Conv", "Gemm", "MatMul") and ANALOG in allowed.get(node.name, [])]
    assert products
    crossbars = {product.name: check.count_crossbars(product) for product in products}
    if share > 1:
        network.set_cores(max(max(crossbars.values()), sum(crossbars.values()) // share))
    for placement in network.draw(allowed, name, "--calibrate", tmp_path / "samples.npz",
                                  crossbars=crossbars,
                                  count=PLACEMENTS if share == 1 else SHORT_PLACEMENTS):
        for file in (tmp_path / "values").glob("*.npy"):
            file.unlink()
        network.run("--keep-intermediates", tmp_path / "values")
        compared = sum(check.check(product, placement) for product in products
                       if placement[product.name] == ANALOG)
        # Not every product: what goes in or out may exist only within a fused command.
        assert compared > 0, placement
