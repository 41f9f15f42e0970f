"""Trains the digit classifier of this example and writes its files.

    python3 train.py [--output-dir DIR]

Data: scikit-learn's handwritten digits (Alpaydin and Kaynak, "Optical
Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998):
1,797 images of 8 x 8 pixels with values from 0 to 16.

Network: two convolutions with ReLU, max pooling, two dense layers. It is
trained here with numpy alone, by back-propagation written out, and exported
with onnx.helper as an exporter of a framework would write it. onnxruntime's
quantisation tool makes the int8 model from it.

Writes digits.onnx, digits_int8.onnx, test_images.npy and test_labels.npy.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader, QuantFormat, QuantType, quantize_static)
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 0
TEST_IMAGES = 360
MAX_PIXEL = 16.0
EPOCHS = 30
BATCH = 32
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-4
OPSET = 17


def load_data():
    """Images (N, 1, 8, 8) as float32 in [0, 1] and labels, split for good."""
    images, labels = load_digits(return_X_y=True)
    images = (images / MAX_PIXEL).astype(np.float32).reshape(-1, 1, 8, 8)
    return train_test_split(images, labels.astype(np.int64), test_size=TEST_IMAGES,
                            random_state=SEED, stratify=labels)


# Layers. Each has forward(x) and backward(gradient of its output), which
# returns the gradient of its input and leaves those of its parameters in
# `gradients`.


class Conv3x3:
    """3 x 3 convolution, stride 1, padding 1, as a product with the patches."""

    def __init__(self, random, inputs, outputs):
        scale = np.sqrt(2.0 / (inputs * 9))  # He et al., 2015
        self.weight = random.normal(0, scale, (outputs, inputs, 3, 3)).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)
        self.parameters = [self.weight, self.bias]

    @staticmethod
    def patches(x):
        """(N, C, H, W) -> (N, H, W, C * 9)"""
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        n, c, h, w = x.shape
        return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)

    def forward(self, x):
        self.columns = self.patches(x)
        out = self.columns @ self.weight.reshape(len(self.weight), -1).T + self.bias
        return out.transpose(0, 3, 1, 2)

    def backward(self, gradient):
        flat = gradient.transpose(0, 2, 3, 1)
        weight_gradient = np.tensordot(flat, self.columns, axes=([0, 1, 2], [0, 1, 2]))
        self.gradients = [weight_gradient.reshape(self.weight.shape), flat.sum(axis=(0, 1, 2))]
        # The gradient of the input is a convolution with the kernel turned by
        # 180 degrees, its input and output channels exchanged.
        turned = self.weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        out = self.patches(gradient) @ turned.reshape(len(turned), -1).T
        return out.transpose(0, 3, 1, 2)


class Dense:
    def __init__(self, random, inputs, outputs):
        scale = np.sqrt(2.0 / inputs)
        self.weight = random.normal(0, scale, (outputs, inputs)).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)
        self.parameters = [self.weight, self.bias]

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, gradient):
        self.gradients = [gradient.T @ self.x, gradient.sum(axis=0)]
        return gradient @ self.weight


class ReLU:
    parameters = []

    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, gradient):
        self.gradients = []
        return gradient * self.positive


class MaxPool2x2:
    parameters = []

    def forward(self, x):
        n, c, h, w = x.shape
        self.shape = x.shape
        blocks = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        blocks = blocks.reshape(n, c, h // 2, w // 2, 4)
        self.winners = blocks.argmax(axis=-1)
        return blocks.max(axis=-1)

    def backward(self, gradient):
        self.gradients = []
        n, c, h, w = self.shape
        blocks = np.zeros((n, c, h // 2, w // 2, 4), gradient.dtype)
        np.put_along_axis(blocks, self.winners[..., None], gradient[..., None], axis=-1)
        blocks = blocks.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        return blocks.reshape(self.shape)


class Flatten:
    parameters = []

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, gradient):
        self.gradients = []
        return gradient.reshape(self.shape)


class Adam:
    """Kingma and Ba, 2015, with decoupled weight decay."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.means = [np.zeros_like(p) for p in parameters]
        self.squares = [np.zeros_like(p) for p in parameters]
        self.step = 0

    def update(self, gradients, rate):
        self.step += 1
        for parameter, gradient, mean, square in zip(
                self.parameters, gradients, self.means, self.squares):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            corrected = mean / (1 - 0.9**self.step)
            spread = np.sqrt(square / (1 - 0.999**self.step)) + 1e-8
            parameter -= rate * (corrected / spread + WEIGHT_DECAY * parameter)


def train(images, labels):
    random = np.random.default_rng(SEED)
    layers = [Conv3x3(random, 1, 16), ReLU(), Conv3x3(random, 16, 32), ReLU(), MaxPool2x2(),
              Flatten(), Dense(random, 32 * 4 * 4, 64), ReLU(), Dense(random, 64, 10)]
    optimiser = Adam([p for layer in layers for p in layer.parameters])
    for epoch in range(EPOCHS):
        rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = random.permutation(len(images))
        loss = 0.0
        for start in range(0, len(order), BATCH):
            batch = order[start:start + BATCH]
            x = images[batch]
            for layer in layers:
                x = layer.forward(x)
            # Softmax with cross entropy, and its gradient.
            x = x - x.max(axis=1, keepdims=True)
            probabilities = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
            loss -= np.log(probabilities[range(len(batch)), labels[batch]]).sum()
            gradient = probabilities
            gradient[range(len(batch)), labels[batch]] -= 1
            gradient = (gradient / len(batch)).astype(np.float32)
            for layer in reversed(layers):
                gradient = layer.backward(gradient)
            optimiser.update([g for layer in layers for g in layer.gradients], rate)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1}: loss {loss / len(images):.4f}")
    return layers


def export(layers):
    """The float model: input `image` (N, 1, 8, 8), output `logits` (N, 10)."""
    conv1, conv2, dense1, dense2 = [layer for layer in layers if layer.parameters]
    initializers = []
    for name, layer in [("conv1", conv1), ("conv2", conv2), ("dense1", dense1),
                        ("dense2", dense2)]:
        initializers += [numpy_helper.from_array(layer.weight, f"{name}.weight"),
                         numpy_helper.from_array(layer.bias, f"{name}.bias")]

    def conv(name, source, result):
        return helper.make_node("Conv", [source, f"{name}.weight", f"{name}.bias"], [result],
                                name=name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    def gemm(name, source, result):
        return helper.make_node("Gemm", [source, f"{name}.weight", f"{name}.bias"], [result],
                                name=name, transB=1)

    nodes = [
        conv("conv1", "image", "conv1.out"),
        helper.make_node("Relu", ["conv1.out"], ["relu1.out"], name="relu1"),
        conv("conv2", "relu1.out", "conv2.out"),
        helper.make_node("Relu", ["conv2.out"], ["relu2.out"], name="relu2"),
        helper.make_node("MaxPool", ["relu2.out"], ["pool.out"], name="pool",
                         kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool.out"], ["flatten.out"], name="flatten"),
        gemm("dense1", "flatten.out", "dense1.out"),
        helper.make_node("Relu", ["dense1.out"], ["relu3.out"], name="relu3"),
        gemm("dense2", "relu3.out", "logits"),
    ]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])], initializers)
    model = helper.make_model(
        graph, producer_name="garam-examples-digits", ir_version=8,
        opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model, full_check=True)
    return model


class CalibrationImages(CalibrationDataReader):
    """Training images, one batch after the other."""

    def __init__(self, images):
        self.batches = iter(np.array_split(images, len(images) // BATCH))

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"image": batch}


def measure_accuracy(path, images, labels):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": images})[0]
    return float((logits.argmax(axis=1) == labels).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output-dir", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent)
    output_dir = parser.parse_args().output_dir
    output_dir.mkdir(parents=True, exist_ok=True)

    train_images, test_images, train_labels, test_labels = load_data()
    layers = train(train_images, train_labels)

    float_path = output_dir / "digits.onnx"
    int8_path = output_dir / "digits_int8.onnx"
    onnx.save(export(layers), float_path)
    quantize_static(float_path, int8_path, CalibrationImages(train_images),
                    quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)
    np.save(output_dir / "test_images.npy",
            np.round(test_images[:, 0] * MAX_PIXEL).astype(np.uint8))
    np.save(output_dir / "test_labels.npy", test_labels.astype(np.uint8))
    for path in [float_path, int8_path]:
        print(f"{path.name}: {path.stat().st_size} bytes, accuracy on {len(test_images)} test "
              f"images {measure_accuracy(path, test_images, test_labels):.4f}")


if __name__ == "__main__":
    main()
