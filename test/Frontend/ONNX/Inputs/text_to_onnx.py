"""Writes the model that an ONNX text file describes: text_to_onnx.py IN OUT."""

import sys

import onnx.parser

source, target = sys.argv[1:]
with open(source) as file:
    model = onnx.parser.parse_model(file.read())
onnx.save(model, target)
