"""Runs a compiled digit classifier on the test images.

    python3 evaluate.py BINARY.garam --model MODEL.onnx [--images COUNT] [--garam TOOL]
        [--noise ideal|model] [--seeds COUNT]

BINARY.garam is MODEL.onnx compiled with --dim N=1: every image is one run on
the simulated devices, of which as many run at once as there are processors.
Prints the accuracy of both onnxruntime and the devices, on how many images they
agree, the latency of one image with what it was spent on, and its energy. Each
seed of the noise is one chip, whose weights were programmed once.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent
MAX_PIXEL = 16.0


# Of the latency: what takes less is not worth a line.
SHOWN_SHARE = 0.05


def run_on_device(garam, binary, image, options):
    """The digit of one image and the run's report."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        np.save(folder / "image.npy", image)
        subprocess.run(
            [garam, "run", binary, "--input", f"image={folder / 'image.npy'}", "--output-dir",
             folder / "out", "--report", folder / "report.json", "--threads", "1", *options],
            check=True, stdout=subprocess.DEVNULL)
        return (np.load(folder / "out" / "logits.npy").argmax(),
                json.loads((folder / "report.json").read_text()))


def run_all(garam, binary, images, options):
    """The digits of all images, and the report of a run: of times they are alike."""
    def run(image):
        return run_on_device(garam, binary, image[None], options)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(run, images))
    return np.array([digit for digit, _ in results]), results[-1][1]


def format_losses(report):
    """What the latency was spent on, the largest first."""
    latency = report["latency_s"]
    losses = sorted(report["losses"], key=lambda loss: -loss["seconds"])
    return ", ".join(f"{loss['category']} {loss['seconds'] * 1e6:.2f} us" for loss in losses
                     if loss["seconds"] >= SHOWN_SHARE * latency)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--images", type=int, default=None, help="how many, default all")
    parser.add_argument("--garam", type=pathlib.Path,
                        default=HERE.parents[1] / "build" / "bin" / "garam")
    parser.add_argument("--noise", choices=["ideal", "model"], default="ideal",
                        help="of analog devices; default: ideal")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 on; default 1")
    arguments = parser.parse_args()
    if arguments.seeds > 1 and arguments.noise != "model":
        parser.error("--seeds is of --noise model")

    images = np.load(HERE / "test_images.npy")[:arguments.images, None]
    images = (images / MAX_PIXEL).astype(np.float32)
    labels = np.load(HERE / "test_labels.npy")[:arguments.images]

    session = onnxruntime.InferenceSession(
        str(arguments.model), providers=["CPUExecutionProvider"])
    expected = session.run(None, {"image": images})[0].argmax(axis=1)

    print(f"  onnxruntime  {(expected == labels).mean():.2%} right of {len(labels)} real images")
    accuracies = []
    for seed in range(arguments.seeds):
        options = ["--noise", "model", "--seed", str(seed)] if arguments.noise == "model" else []
        digits, report = run_all(arguments.garam, arguments.binary, images, options)
        accuracies.append((digits == labels).mean())
        name = f"seed {seed}" if arguments.seeds > 1 else "simulated"
        print(f"  {name:12} {accuracies[-1]:.2%} right, as onnxruntime on "
              f"{(digits == expected).sum()} of {len(labels)} images")
    if arguments.seeds > 1:
        print(f"  all seeds    {min(accuracies):.2%} to {max(accuracies):.2%} right, "
              f"mean {np.mean(accuracies):.2%}")
    print(f"  latency      {report['latency_s'] * 1e6:.2f} us an image: {format_losses(report)}")
    if report["host_link_s"] is not None:
        print(f"  host link    {report['host_link_s'] * 1e6:.2f} us more, to the device and back")
    print(f"  energy       {report['energy_j'] * 1e6:.2f} uJ an image")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"evaluate.py: {' '.join(map(str, error.cmd))} ended with status "
                 f"{error.returncode}")
