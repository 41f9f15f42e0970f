"""The constants that a function of printed IR returns."""

import re

import numpy

DTYPES = {
    "i1": bool, "i8": numpy.int8, "i16": numpy.int16, "i32": numpy.int32, "i64": numpy.int64,
    "ui8": numpy.uint8, "ui16": numpy.uint16, "ui32": numpy.uint32, "ui64": numpy.uint64,
    "f16": numpy.float16, "f32": numpy.float32, "f64": numpy.float64,
}


def parse_number(word, dtype):
    if word in ("true", "false"):
        return word == "true"
    if word.startswith("0x"):  # infinities and NaNs are printed as bits
        return numpy.array(int(word, 16), f"u{dtype.itemsize}").view(dtype)
    return dtype.type(word)


def parse_constant(text):
    """The array of a printed `dense<...> : tensor<...>`."""
    literal, dims, element = re.match(r"dense<(.*?)> : tensor<((?:\d+x)*)(\w+)>", text).groups()
    dtype = numpy.dtype(DTYPES[element])
    shape = [int(dim) for dim in dims.split("x")[:-1]]
    if literal == "":
        return numpy.zeros(shape, dtype)
    if literal.startswith('"0x'):
        raw = bytes.fromhex(literal[3:-1])
        if dtype == bool:  # eight to a byte
            bits = numpy.unpackbits(numpy.frombuffer(raw, numpy.uint8), bitorder="little")
            return bits[:numpy.prod(shape)].astype(bool).reshape(shape)
        return numpy.frombuffer(raw, dtype).reshape(shape)
    numbers = [parse_number(word, dtype) for word in re.findall(r"[^\[\],\s]+", literal)]
    if len(numbers) == 1:
        return numpy.full(shape, numbers[0], dtype)
    return numpy.array(numbers, dtype).reshape(shape)


def parse_results(text):
    """The arrays that the module's one function returns, all of them constants."""
    constants = dict(re.findall(r"(%\w+) = onnx\.constant (dense<.*)", text))
    names = re.search(r"return (.*) :", text).group(1).split(", ")
    return [parse_constant(constants[name]) for name in names]
