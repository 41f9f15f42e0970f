"""Writes images that the digit classifier was trained on, for --calibrate.

    python3 calibrate.py SAMPLES.npz [--images COUNT]
"""

import argparse

import numpy as np

import train


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("--images", type=int, default=64)
    arguments = parser.parse_args()
    images = train.load_data()[0][:arguments.images]
    np.savez(arguments.output, image=images.astype(np.float32))


if __name__ == "__main__":
    main()
