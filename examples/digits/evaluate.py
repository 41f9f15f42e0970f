"""Runs a compiled digit classifier on the test images.

    python3 evaluate.py BINARY.garam --model MODEL.onnx [--images COUNT] [--garam TOOL]
        [--noise ideal|model]

BINARY.garam is MODEL.onnx compiled with --dim N=1: every image is one run on
the simulated device. Prints the accuracy of both onnxruntime and the device, on
how many images they agree, and the device's latency and its lower bound.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent
MAX_PIXEL = 16.0


def run_on_device(garam, binary, image, folder, options):
    """Logits of one image and the run's report."""
    np.save(folder / "image.npy", image)
    subprocess.run(
        [garam, "run", binary, "--input", f"image={folder / 'image.npy'}",
         "--output-dir", folder / "out", "--report", folder / "report.json", *options],
        check=True, stdout=subprocess.DEVNULL)
    return (np.load(folder / "out" / "logits.npy"),
            json.loads((folder / "report.json").read_text()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--images", type=int, default=None, help="how many, default all")
    parser.add_argument("--garam", type=pathlib.Path,
                        default=HERE.parents[1] / "build" / "bin" / "garam")
    parser.add_argument("--noise", choices=["ideal", "model"],
                        help="of analog devices; default: without any")
    arguments = parser.parse_args()
    options = ["--noise", arguments.noise] if arguments.noise else []

    images = np.load(HERE / "test_images.npy")[:arguments.images, None]
    images = (images / MAX_PIXEL).astype(np.float32)
    labels = np.load(HERE / "test_labels.npy")[:arguments.images]

    session = onnxruntime.InferenceSession(
        str(arguments.model), providers=["CPUExecutionProvider"])
    expected = session.run(None, {"image": images})[0].argmax(axis=1)

    digits = []
    with tempfile.TemporaryDirectory() as folder:
        for image in images:
            logits, report = run_on_device(
                arguments.garam, arguments.binary, image[None], pathlib.Path(folder), options)
            digits.append(logits.argmax())
    digits = np.array(digits)

    print(f"  accuracy     {(digits == labels).mean():.2%} on the device, "
          f"{(expected == labels).mean():.2%} in onnxruntime, on {len(labels)} real images")
    print(f"  agreement    {(digits == expected).sum()} of {len(labels)} images")
    print(f"  latency      {report['latency_s'] * 1e6:.2f} us an image, lower bound "
          f"{report['bound_s'] * 1e6:.2f} us, ratio {report['ratio']:.3f}")
    print(f"  energy       {report['energy_j'] * 1e6:.2f} uJ an image")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"evaluate.py: {' '.join(map(str, error.cmd))} ended with status "
                 f"{error.returncode}")
