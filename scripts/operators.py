"""Writes docs/operators.md, the list of the ONNX operators that can be compiled, and
docs/operator-suite.md, how they do in onnx's own suite.

    python3 scripts/operators.py            # writes the pages
    python3 scripts/operators.py --check    # fails when one is out of date

Operators and families are those of the table of lib/Conversion/ONNXToLinalg, opsets those of
the onnx package; the limits are written here. What passes of the suite is what the lists of
python/tests/backend_failures, which a test compares with a run, do not have.
"""

import argparse
import pathlib
import re
import sys

import onnx

SOURCE_DIR = pathlib.Path(__file__).resolve().parents[1]
CONTRIB = SOURCE_DIR / "lib" / "Frontend" / "ONNX" / "ContribBodies.cpp"
EXPANSIONS = SOURCE_DIR / "lib" / "Frontend" / "ONNX" / "ExpandFunctions.cpp"
TABLE_DIR = SOURCE_DIR / "lib" / "Conversion" / "ONNXToLinalg"
PAGE = SOURCE_DIR / "docs" / "operators.md"
SUITE_PAGE = SOURCE_DIR / "docs" / "operator-suite.md"

sys.path.insert(0, str(SOURCE_DIR / "python" / "tests"))
import backend_suite  # noqa: E402

# The one that takes every model is first.
TARGETS = tuple(backend_suite.KINDS_OF_TARGETS)

NOT_IN_LOOPS = "not in the body of a `Loop` or `Scan`"
KNOWN_CONVOLUTION = "channels and the shape of the weight must be known"
KNOWN_AXES = "the dimensions that are normalised over must be known"
KNOWN_RECURRENCE = "the dimensions of inputs and weights must be known"
FLOATS = "floats only"
REDUCTION = "`axes` must be constant, or the shape of the output known"
BY_OUTPUT = "{} must be constant, or the shape of the output known"

# What an operator of the table does not do, as its lowering says. A test finds names that are not
# in the table.
LIMITS = {
    "AveragePool": FLOATS,
    "BatchNormalization": "statistics are outputs where `training_mode` is 1",
    "BitCast": "of types of less than 8 bits only between integers of as many",
    "Bernoulli": f"{FLOATS}; {NOT_IN_LOOPS}",
    "Cast": "no strings",
    "CastLike": "no strings",
    "CenterCropPad": "the shape of the output must be known",
    "Constant": "no strings, no sparse tensors",
    "Col2Im": BY_OUTPUT.format("`image_shape` and `block_shape`") + "; the dimensions of the columns "
              "must be known",
    "Compress": "the dimensions of the condition must be known",
    "ConstantOfShape": BY_OUTPUT.format("`input`"),
    "Conv": KNOWN_CONVOLUTION,
    "ConvInteger": KNOWN_CONVOLUTION,
    "ConvTranspose": KNOWN_CONVOLUTION,
    "CumProd": "the dimension of the axis must be known",
    "CumSum": "the dimension of the axis must be known",
    "DFT": f"{FLOATS}; the dimension of the axis must be known and the length constant; `axis` must "
           "be constant, or the shape of the output known",
    "DepthToSpace": "the channels must be known",
    "DequantizeLinear": "integers of at most 16 bits, or 32, and floats of at most 8",
    "Dropout": NOT_IN_LOOPS,
    "Expand": BY_OUTPUT.format("`shape`"),
    "GatherElements": "the dimensions must be known",
    "GatherND": "the dimensions of the data must be known",
    "GridSample": "the dimensions must be known; interpolation of floats only",
    "GRU": KNOWN_RECURRENCE,
    "GlobalAveragePool": FLOATS,
    "GroupNormalization": KNOWN_AXES,
    "GlobalLpPool": FLOATS,
    "Hardmax": FLOATS,
    "If": "the shapes of the outputs must be known, and the same in both bodies",
    "InstanceNormalization": KNOWN_AXES,
    "LayerNormalization": KNOWN_AXES,
    "LSTM": KNOWN_RECURRENCE,
    "Loop": "how often it runs at most must be known before its first step, and at compile time "
            "or from sizes of the inputs where it collects what the steps yield; states keep their "
            "shapes",
    "LpPool": FLOATS,
    "MaxUnpool": BY_OUTPUT.format("`output_shape`") + "; the dimensions must be known",
    "Mod": "floats need `fmod` = 1",
    "Multinomial": f"{FLOATS}; {NOT_IN_LOOPS}",
    "NonZero": "the dimensions must be known",
    "NonMaxSuppression": "the dimensions of boxes and scores must be known",
    "OneHot": "`depth` must be constant, or the shape of the output known",
    "PRelu": FLOATS,
    "Pad": BY_OUTPUT.format("`pads` and `axes`") + "; dimensions must be known that are cut",
    "QuantizeLinear": "integers of at most 16 bits and floats of at most 8; inputs of floats",
    "RMSNormalization": KNOWN_AXES,
    "RNN": KNOWN_RECURRENCE,
    "RandomNormal": NOT_IN_LOOPS,
    "RandomNormalLike": NOT_IN_LOOPS,
    "RandomUniform": NOT_IN_LOOPS,
    "RandomUniformLike": NOT_IN_LOOPS,
    "Range": BY_OUTPUT.format("the inputs"),
    "ReduceL1": REDUCTION,
    "ReduceL2": REDUCTION,
    "ReduceLogSum": REDUCTION,
    "ReduceLogSumExp": REDUCTION,
    "ReduceMax": REDUCTION,
    "ReduceMean": f"{REDUCTION}; the dimensions of the mean must be known",
    "ReduceMin": REDUCTION,
    "ReduceProd": REDUCTION,
    "ReduceSum": REDUCTION,
    "ReduceSumSquare": REDUCTION,
    "Reshape": BY_OUTPUT.format("`shape`"),
    "Resize": BY_OUTPUT.format("`scales` and `sizes`") + "; the dimensions that are resized known; "
              "interpolation of floats only",
    "ReverseSequence": "the dimensions must be known",
    "RoiAlign": "floats only; the dimensions must be known",
    "STFT": f"{FLOATS}; `frame_step` and `frame_length` must be constant; the length of the signal "
            "must be known",
    "Scan": "states keep their shapes; not of opset 8",
    "Scatter": "the dimensions must be known",
    "ScatterElements": "the dimensions of the data must be known",
    "ScatterND": "the dimensions of the data must be known",
    "Shape": "the dimensions must be known",
    "Shrink": FLOATS,
    "Size": "the dimensions must be known",
    "Slice": BY_OUTPUT.format("all but the data") + "; dimensions that are cut must be known",
    "SpaceToDepth": "the channels must be known; rows and columns of run time that do not fill a block are "
                    "left out",
    "Split": BY_OUTPUT.format("`split`") + "; the dimension must be known",
    "Squeeze": BY_OUTPUT.format("`axes`"),
    "TensorScatter": "the dimensions must be known",
    "Tile": BY_OUTPUT.format("`repeats`"),
    "TopK": BY_OUTPUT.format("`k`") + "; the dimension of the axis must be known",
    "Unique": "the dimensions must be known",
    "Unsqueeze": BY_OUTPUT.format("`axes`"),
    "Upsample": BY_OUTPUT.format("`scales`") + "; the dimensions that are resized known; "
                "interpolation of floats only",
}

HEADER = """\
# Operators

The operators that the compiler lowers; where nothing else is said, of ONNX's default domain `ai.onnx`. Written by
`scripts/operators.py`; a test checks that this page is up to date.

- *Opsets*: those in which onnx {version} has the operator. A model is converted to opset {opset}
  first; one that onnx cannot convert is refused. An operator that has gone shows the last of them.
- *Family*: the file of `lib/Conversion/ONNXToLinalg` with its lowering.
- *Inputs*: how many first inputs must be there.
- *Limits*: what is refused, with an error that names the node. "Constant" means: after the front
  end has folded what depends on shapes; "known": not symbolic any more. `--dim` and `--shape` bind
  symbolic dimensions, which mends most of them.
- What can be computed of constants and of known shapes is computed by the front end, tensors of at most
  16384 elements that are no weights (floats of more than a kilobyte): elementwise operators, movement,
  indexing, reductions, products, `Trilu`, `EyeLike`, `OneHot`, `Unique`, `TopK` and others that
  `lib/Dialect/ONNX/Transforms/Evaluate*.cpp` list, an `If` whose condition is known, and the steps of a
  `Loop` or `Scan`, as long as together they do not go over more than 2^18 operations and elements. By other
  operators (`Conv`, `Resize`, pooling, normalization) and of larger tensors, what depends on constants alone
  is computed in every run, by the device that takes it; quantised tensors stay quantised.
- Where an operand that says a shape is computed at run time, the shape is that which the model
  declares of its outputs, or which follows from it; an operand that says another one at run time
  is not found out.
- How many elements `Compress`, `NonMaxSuppression`, `NonZero` and `Unique` yield, and how many steps
  a `Loop` takes that may stop before it has taken as many as it may, shows at run time,
  unless the model declares it. What follows from them lies in buffers of the largest size; outputs
  have the size that they have. Such a size counts as known for `Compress`, `NonZero`, `Pad`,
  `Scatter`, `ScatterElements`, `ScatterND`, `Shape`, `Size`, `Slice` by positive steps and `Split`
  into constant sizes, which are the model's to make up the size. What `Shape` and `Size` yield is
  followed through arithmetic, so that `ConstantOfShape`, `Expand`, `Range` and `Reshape` take it. Operators
  that would need the number at compile time are refused, and so are those that combine such a
  tensor with one that need not be as long: where the number is 1 in a run ONNX would broadcast.
  Of an output the data decides one size.

Functions of the model are replaced by their bodies first, and so are these operators, which ONNX
defines by others, or which are written as others (`lib/Frontend/ONNX/FunctionBodies.cpp`):

{expanded}

So are these of domain `com.microsoft`, which onnxruntime's tools write:

{contrib}

Lengths of `GroupQueryAttention` may be those of a run; its total length, where it is no size of an
input, needs a `present_key` that the model declares with a fixed shape.

All other operators are refused by name.

A device may refuse more than this page says: it names the node, too. Data types and the
arithmetic are the device's: see the pages under [isa](isa).

"""

FOOTER = """
## Where ONNX leaves the result open

- `TopK` puts NaN before all numbers, of the greatest and of the least; in onnxruntime its place
  depends on where it stands.
- `QuantizeLinear` of NaN gives 0 on the device: its conversion of a float to an integer says so.
- `Bernoulli`, `Multinomial`, `RandomNormal`, `RandomNormalLike`, `RandomUniform`, `RandomUniformLike`, and `Dropout` in
  training mode: ONNX says what is drawn, not by which generator, and the numbers are not those of another runtime. Here
  each element follows from its position and the node's `seed` alone, by Philox4x32-10: two nodes with one `seed`
  draw the same, and **every run of a binary draws the same**. Without a `seed` a node has one of its own, made from its
  name, the same in every compile. For other numbers in each run make them outside and feed them. Where a step of a
  `Loop` or `Scan` would draw, the same for each step, the node is refused.
"""


def read_table():
    """(operator, number of required inputs, family) of every row of the table, by name."""
    rows = []
    for path in sorted(TABLE_DIR.glob("*.cpp")):
        rows += [(name, int(inputs), path.stem) for name, inputs in
                 re.findall(r'\btable\.add\("(\w+)",\s*(\d+),', path.read_text())]
    return sorted(rows)


def read_expanded_operators():
    """The operators that the front end replaces by ONNX's definition."""
    text = EXPANSIONS.read_text()
    return re.findall(r'"(\w+)"', re.search(r"kExpandedOperators\[\] = {(.*?)}", text, re.S)[1])


def read_contrib_operators():
    return re.findall(r'\.Case\("(\w+)"', CONTRIB.read_text())


def get_opsets(operator):
    """The opsets of ONNX's default domain that have the operator, as text."""
    versions = {s.since_version: s for s in onnx.defs.get_all_schemas_with_history()
                if s.domain == "" and s.name == operator}
    first, last = min(versions), max(versions)
    if versions[last].deprecated:
        return f"{first} to {last - 1}"
    return f"{first} and later"


def make_page():
    rows = read_table()
    unknown = sorted(set(LIMITS) - {name for name, _, _ in rows})
    if unknown:
        sys.exit(f"limits of operators that are not in the table: {', '.join(unknown)}")
    lines = ["| operator | opsets | family | inputs | limits |", "|---|---|---|---|---|"]
    lines += [f"| {name} | {get_opsets(name)} | {family} | {inputs} | {LIMITS.get(name, '')} |"
              for name, inputs, family in rows]
    version = ".".join(onnx.__version__.split(".")[:2])
    header = HEADER.format(version=version, opset=onnx.defs.onnx_opset_version(),
                           expanded="\n".join(f"- `{name}`" for name in read_expanded_operators()),
                           contrib="\n".join(f"- `{name}`" for name in read_contrib_operators()))
    return header + "\n".join(lines) + "\n" + FOOTER


SUITE_HEADER = """\
# Operators in onnx's own suite

What passes of the {count} node cases of onnx {version}'s suite, by operator: on `host`, with onnx's tolerances, and on `rngd` alone, with
nothing left to the host. Written by `scripts/operators.py` from the lists of failures that `python/tests/test_backend_suite.py` compares
with a run ([python.md](python.md#the-suite-of-onnxbackend)). Cases with several operators count for the one
that their name begins with.

*yes*: all cases pass; *no*: none does. Where `host` says more than `rngd`, a model's nodes run on the host
within the same binary. The reason is that of most of the cases that fail on `host`, else on `rngd`; `..` stands for what is different from case to case.

{totals}

| operator | cases | host | rngd | reason |
|---|---:|---|---|---|
"""


def read_cases():
    """The node cases of the suite: name -> operator."""
    folder = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "node"
    cases = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            model = onnx.load(path / "model.onnx", load_external_data=False)
            cases[path.name] = backend_suite.find_operator(
                path.name, [node.op_type for node in model.graph.node])
    return cases


def describe_count(names, failures):
    passed = sum(name not in failures for name in names)
    return {0: "no", len(names): "yes"}.get(passed, f"{passed} of {len(names)}")


def find_reason(names, lists):
    """The commonest reason in the first list that has one."""
    for failures in lists:
        reasons = [failures[name] for name in names if name in failures]
        if reasons:
            commonest = max(sorted(set(reasons)), key=reasons.count)
            return re.sub(r"(;? ?hint:.*|; when it depends.*)", "", commonest).replace("|", "\\|")
    return ""


def make_suite_page():
    cases = read_cases()
    lists = [backend_suite.read_failures(target) for target in TARGETS]
    operators = {}
    for name, operator in cases.items():
        operators.setdefault(operator, []).append(name)
    totals = "\n".join(
        f"- `{target}`: {sum(name not in failures for name in cases)} of {len(cases)}"
        for target, failures in zip(TARGETS, lists))
    rows = [f"| {operator} | {len(names)} | {describe_count(names, lists[0])} "
            f"| {describe_count(names, lists[1])} | {find_reason(names, lists)} |"
            for operator, names in sorted(operators.items())]
    return SUITE_HEADER.format(count=len(cases), version=onnx.__version__,
                               totals=totals) + "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args()
    for path, page in [(PAGE, make_page()), (SUITE_PAGE, make_suite_page())]:
        if not options.check:
            path.write_text(page)
        elif not path.exists() or path.read_text() != page:
            sys.exit(f"{path} is out of date: run scripts/operators.py")


if __name__ == "__main__":
    main()
