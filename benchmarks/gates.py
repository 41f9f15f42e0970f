"""What is asked of networks on targets, and whether it is met.

The figures are those of a schedule that is good, or those that others have published for the same
machine under the same rules (docs/targets.md); a baseline only says what was there before.
"""

import dataclasses
import operator


@dataclasses.dataclass(frozen=True)
class Gate:
    model: str
    target: str
    figure: str  # key of FIGURES
    limit: float
    source: str


def get_cycles(row):
    """Of the machines whose gates are in cycles: their clock is 1 GHz."""
    return row["latency_s"] * 1e9


def get_dram_bytes(row):
    return row["dram_read_bytes"] + row["dram_write_bytes"]


def get_fixed_seconds(row):
    """Of the critical path: start-ups of commands, and signals between queues."""
    return row["losses"]["fixed_cost"] + row["losses"].get("synchronisation", 0)


def get_compile_seconds(row):
    """At most what one waits for a compile on the machine when it does nothing else. Other work there
    makes the wall clock longer, and threads make the processor time longer than that."""
    return min(row["compile_s"], row["compile_processor_s"])


def get_compiler_bytes(row):
    """The peak of a compile's memory, without 1.2 times the model's file."""
    return row["compile_peak_bytes"] - 1.2 * row["model_bytes"]


def get_estimate_error(row):
    """Of the cost model, against the simulator; cost_model.py has the groups, too."""
    return abs(row["estimate_s"] / row["latency_s"] - 1)


def get_rest(row):
    """The part of the latency that is neither the bound nor fixed."""
    return (row["latency_s"] - row["bound_s"] - get_fixed_seconds(row)) / row["latency_s"]


# Of each figure: from a row, and whether it is at least or at most the limit.
FIGURES = {
    "ratio": (operator.itemgetter("ratio"), operator.ge),
    "cycles": (get_cycles, operator.le),
    "DRAM bytes": (get_dram_bytes, operator.le),
    "rest": (get_rest, operator.le),
    "fixed us": (lambda row: get_fixed_seconds(row) * 1e6, operator.le),
    # Of the machine that compiles, which is to have 2 cores.
    "compile s": (get_compile_seconds, operator.le),
    "compiler bytes": (get_compiler_bytes, operator.le),
    "estimate": (get_estimate_error, operator.le),
}

# Of onnxruntime's speed that the host has, with as many threads (host_speed.py): the kernels of a
# library that was tuned by hand for years are what compiled ones are measured by.
HOST_SHARES = {"resnet50": 0.5, "bert_base": 0.5}

BOUND = "bound by products and weights, fixed costs beside"
STREAM = "bound by DRAM, whose efficiency allows 0.85"
SOMA = "SoMa (HPCA 2025), with a margin"
VELA = "Vela under its own model"
PATIENCE = "time that one waits"
MEMORY = "beside 1.2 times the model"
TRUST = "tiles and splits are chosen by it"

REST = "a quarter for what is neither bound nor fixed"
FIXED = "one and a half start-ups of a contraction, for each on the longest path"
# Microseconds that rngd takes to start a contraction, with its operands and its result.
RNGD_START_UP = 1.75
# Contractions on the longest path of the network.
LONGEST_PATHS = {"resnet50": 50, "mobilenetv2": 53}
TRANSFORMERS = ("bert_base", "vit_b16", "gpt2_prefill", "gpt2_decode")
# Pairs of network and target that figures of the compiler itself are asked of.
COMPILED = tuple((model, target) for target in ("atom", "rngd") for model in (*LONGEST_PATHS, *TRANSFORMERS))

GATES = (
    Gate("resnet50", "atom", "ratio", 0.6, BOUND),
    Gate("resnet50_int8", "atom", "ratio", 0.5, BOUND),
    Gate("mobilenetv2", "atom", "ratio", 0.3, BOUND),
    Gate("mobilenetv2_int8", "atom", "ratio", 0.2, BOUND),
    *(Gate(model, "rngd", "rest", 0.25, REST) for model in LONGEST_PATHS),
    *(Gate(model, "rngd", "fixed us", 1.5 * RNGD_START_UP * length, FIXED)
      for model, length in LONGEST_PATHS.items()),
    Gate("bert_base", "atom", "ratio", 0.5, BOUND),
    Gate("gpt2_decode", "atom", "ratio", 0.6, STREAM),
    Gate("resnet50_v1_int8_b1", "soma-edge-64", "cycles", 660_000, SOMA),
    Gate("resnet50_v1_int8_b4", "soma-edge-16", "cycles", 2_750_000, SOMA),
    Gate("resnet50_v1_int8_b16", "soma-edge-16", "cycles", 9_600_000, SOMA),
    *(Gate(f"resnet50_v1_int8_b{batch}", target, "compile s", 10, PATIENCE)
      for batch, target in ((1, "soma-edge-64"), (4, "soma-edge-16"), (16, "soma-edge-16"))),
    Gate("mobilenetv2_int8", "u65-512", "cycles", 3_060_000, VELA),
    Gate("mobilenetv2_int8", "u65-512", "DRAM bytes", 4_750_000, VELA),
    *(Gate("resnet50", target, "compile s", 3, PATIENCE) for target in ("atom", "rngd")),
    *(Gate("mobilenetv2", target, "compile s", 1, PATIENCE) for target in ("atom", "rngd")),
    *(Gate(model, target, "compile s", 3, PATIENCE) for target in ("atom", "rngd")
      for model in TRANSFORMERS),
    *(Gate(model, target, "compiler bytes", 200_000_000, MEMORY) for model, target in COMPILED),
    *(Gate(model, target, "estimate", 0.1, TRUST) for model, target in COMPILED),
)


def check(row, gate):
    """(what was measured, whether it is enough); (None, False) where nothing was."""
    if "error" in row:
        return None, False
    get, is_enough = FIGURES[gate.figure]
    return get(row), is_enough(get(row), gate.limit)


def check_all(rows, gates=None):
    """(gate, what was measured, whether it is enough) of the gates of the rows; of GATES, where
    nothing is said."""
    rows = {(row["model"], row["target"]): row for row in rows}
    return [(gate, *check(rows[gate.model, gate.target], gate))
            for gate in (GATES if gates is None else gates)
            if (gate.model, gate.target) in rows]


def format_gates(checks):
    """A table of what check_all returns."""
    lines = ["| model | target | figure | asked | measured | | source |",
             "|---|---|---|---:|---:|---|---|"]
    for gate, found, is_met in checks:
        asked = ("at least " if FIGURES[gate.figure][1] is operator.ge else "at most ")
        lines.append(f"| {gate.model} | {gate.target} | {gate.figure} | {asked}{gate.limit:,} "
                     f"| {'' if found is None else format_number(found)} "
                     f"| {'met' if is_met else 'MISSED'} | {gate.source} |")
    return "\n".join(lines)


def format_number(number):
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3f}"
