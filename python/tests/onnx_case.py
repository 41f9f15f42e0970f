"""A node with inputs, for tests against onnxruntime, and what such cases are made of."""

import dataclasses

import numpy as np

# The newest operator set that both onnxruntime and the importer's checks know.
OPSET = 21


@dataclasses.dataclass
class Case:
    name: str
    op_type: str
    inputs: list
    attributes: dict
    opset: int = OPSET
    results: int = 1
    # How far integer results may be off: 1 where a rounding of floats decides.
    steps: int = 0
    rtol: float = 2e-5
    atol: float = 2e-5
    # Shapes of the results that the model declares, where inference needs operands of run time.
    declared: list = None


CASES = []


def add(name, op_type, *inputs, opset=OPSET, results=1, steps=0, rtol=2e-5, atol=2e-5,
        declared=None, **attributes):
    CASES.append(Case(f"{op_type}_{name}", op_type, list(inputs), attributes, opset, results,
                      steps, rtol, atol, declared))


def floats(*shape, low=-2.0, high=2.0, dtype=np.float32):
    """Seeded by the shape, so that a case does not depend on those before it."""
    generator = np.random.default_rng([7, *shape])
    return generator.uniform(low, high, shape).astype(dtype)


def integers(*shape, low=-100, high=100, dtype=np.int32):
    generator = np.random.default_rng([11, *shape])
    return generator.integers(low, high, shape, dtype=np.int64).astype(dtype)


def const(values, dtype=np.int64):
    return (np.asarray(values, dtype),)
