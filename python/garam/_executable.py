"""Compiled models and their runs."""

from __future__ import annotations

import dataclasses
import json
import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _core
from ._arrays import check_arrays, get_dtype, get_type_name, prepare_array, take_arrays


class GaramWarning(UserWarning):
    """What the compiler says that does not stop it."""


@dataclasses.dataclass(frozen=True)
class Value:
    """An input or output of a model.

    A dimension whose size is that of a run is a name, or of an output an expression of names.
    """

    name: str
    dtype: np.dtype
    shape: tuple[int | str, ...]


@dataclasses.dataclass(frozen=True)
class State:
    """What a session keeps from run to run: the `output` of one is the `input` of the next."""

    input: Value
    output: Value


def _make_values(bindings) -> list[Value]:
    return [Value(name, get_dtype(dtype), shape) for name, dtype, shape in bindings]


def warn(texts, stacklevel: int) -> None:
    for text in texts:
        warnings.warn(text, GaramWarning, stacklevel=stacklevel + 1)


class Executable:
    """A device binary: a model, compiled for a target.

    Immutable: any number of threads may use one. `run` is for a single run; state that a program
    keeps from run to run, and what is set up once, are in a `Session`.
    """

    def __init__(self, binary: _core.Binary):
        self._binary = binary
        self._inputs = _make_values(binary.inputs)
        self._outputs = _make_values(binary.outputs)
        self._states = [State(*_make_values(state)) for state in binary.states]

    @staticmethod
    def load(binary: str | os.PathLike | bytes, *, trust_native: bool = False) -> Executable:
        """Reads what `save` or `garam compile` wrote, from a path or its bytes.

        Native code of a binary that was not compiled here runs only when it is on the user's list
        (`garam trust`) or with `trust_native`.
        """
        if isinstance(binary, (str, os.PathLike)):
            return Executable(_core.load(os.fsencode(binary), None, trust_native))
        if not isinstance(binary, (bytes, bytearray, memoryview)):
            raise TypeError(f"the binary is of type {type(binary).__name__}, but a path or bytes are needed")
        return Executable(_core.load(b"model.garam", bytes(binary), trust_native))

    @property
    def inputs(self) -> list[Value]:
        """The inputs of the model, in its order."""
        return list(self._inputs)

    @property
    def outputs(self) -> list[Value]:
        """The outputs of the model, in its order."""
        return list(self._outputs)

    @property
    def states(self) -> list[State]:
        """What a session keeps from run to run; not among `inputs` and `outputs`."""
        return list(self._states)

    @property
    def dimensions(self) -> dict[str, tuple[int, int]]:
        """The least and the greatest size of each dimension whose size is that of a run."""
        return dict(self._binary.dimensions)

    @property
    def target(self) -> str:
        """The name of the target."""
        return self._binary.target

    @property
    def holds_native_code(self) -> bool:
        """Whether a program is code for this machine's processor."""
        return self._binary.holds_native_code

    @property
    def content_hash(self) -> str:
        """The SHA-256 of the binary."""
        return self._binary.content_hash

    @property
    def warnings(self) -> list[str]:
        """What the compiler warned of."""
        return list(self._binary.warnings)

    @property
    def compile_seconds(self) -> float | None:
        """The time of the compile; None of a loaded binary."""
        return self._binary.compile_seconds

    @property
    def stage_seconds(self) -> dict[str, float]:
        """The time of each stage of the compile."""
        seconds: dict[str, float] = {}
        for stage, time in self._binary.stages:
            seconds[stage] = seconds.get(stage, 0.0) + time
        return seconds

    def save(self, path: str | os.PathLike) -> None:
        """Writes the binary, whole or not at all."""
        warn(self._binary.save(os.fsencode(path)), stacklevel=2)

    def session(self) -> Session:
        """A session: the binary on its devices, with state of its own."""
        return Session(self)

    def run(self, inputs: Mapping[str, Any], **options) -> dict[str, np.ndarray]:
        """Runs once, in a session of its own: see Session.run."""
        return self.session().run(inputs, **options)

    def random_inputs(self, seed: int = 0) -> dict[str, np.ndarray]:
        """An array for each input, the same for one seed on every machine: those of `garam run`.

        Floats are uniform in [0, 1); 8-bit integers cover their range; wider ones, which are mostly
        indices, are 0 or 1.
        """
        return take_arrays(self._binary.random_inputs(seed))

    def report(self) -> dict[str, Any]:
        """Simulated times, traffic and energy: the JSON report of docs/report.md."""
        return json.loads(self._binary.report())

    def summary(self) -> str:
        """The report in a few lines, for people."""
        return self._binary.summary()

    def explain(self) -> dict[str, Any]:
        """What bounds the time, node by node: the JSON of docs/explain.md."""
        return json.loads(self._binary.explain())

    def inspect(self, *, disassemble: bool = False) -> str:
        """What the binary has, for people; with `disassemble` its programs, one command a line."""
        return self._binary.disassemble() if disassemble else self._binary.inspect()

    def __repr__(self) -> str:
        names = ", ".join(f"{value.name}: {value.dtype}{list(value.shape)}"
                          for value in self._inputs)
        return f"<garam.Executable for {self.target} ({names})>"


@dataclasses.dataclass(frozen=True)
class Figures:
    """What a run came to on the simulated machine."""

    latency_s: float
    energy_j: float
    macs: int
    dram_read_bytes: int
    dram_write_bytes: int


class Session:
    """A binary on its devices, with its state.

    Any thread may use a session; those that do so at the same time wait for each other. For runs
    side by side make several sessions of one Executable.
    """

    def __init__(self, executable: Executable):
        self.executable = executable
        self._session = _core.Session(executable._binary)
        self._figures: Figures | None = None

    @property
    def figures(self) -> Figures | None:
        """Of the last run that ended."""
        return self._figures

    def run(self, inputs: Mapping[str, Any], *, noise: bool = False, seed: int = 0,
            threads: int = 0) -> dict[str, np.ndarray]:
        """Runs the model on arrays by the names of its inputs; gives the outputs by theirs.

        Arrays must have the type and shape of the input; what is no array, as a list or a number, is
        made one. State need not be given: it is what the run before has left, zero for the first;
        what is given replaces it. Arrays that are contiguous and of this machine's byte order are
        read where they are, others are copied; outputs are not copied. `noise` and `seed` are for
        devices whose arithmetic is not exact. `threads` of the simulators, 0 for one a processor,
        make no difference to results.
        """
        return self._run(inputs, noise, seed, threads, keep_values=False)[0]

    def run_with_values(self, inputs: Mapping[str, Any], *, noise: bool = False, seed: int = 0,
                        threads: int = 0) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """As run; gives what the nodes yield on the device, too, by the ids of the nodes.

        Those are absent that are never in a memory: what is fused into another node.
        """
        return self._run(inputs, noise, seed, threads, keep_values=True)

    def _run(self, inputs, noise, seed, threads, keep_values):
        check_arrays(inputs)
        binary = self.executable._binary
        known = [*binary.inputs, *(input_ for input_, _ in binary.states)]
        names = {name: dtype for name, dtype, _ in known}
        arrays = []
        for name, value in inputs.items():
            expected = names.get(name)
            array = prepare_array(name, value, get_dtype(expected) if expected else None)
            arrays.append((name, get_type_name(array, expected), array))
        options = {"noise": noise, "seed": seed, "threads": threads}
        outputs, values, figures = self._session.run(arrays, options, keep_values)
        self._figures = Figures(**figures)
        return take_arrays(outputs), take_arrays(values)

    def read_states(self) -> dict[str, np.ndarray]:
        """What the next run takes as state, by the names of its inputs."""
        return take_arrays(self._session.read_states())

    def reset_states(self) -> None:
        """State is zero again, as before the first run."""
        self._session.reset_states()
