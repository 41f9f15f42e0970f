"""Every message that the sources can give is in a test.

A message is a statement with literals of several words. It counts as tested when a few words in a row
of one of its literals stand in a test, which a test of another message hardly has by chance.
"""

import re

import pytest

from conftest import SOURCE_DIR
from test_repository import list_files

# As many words in a row of a literal must be in a test; of shorter ones all.
WORDS = 4

# What is no message: documentation of options and tables, assertions, reasons of patterns that only
# --debug prints, functions in ONNX's notation.
NO_MESSAGE = re.compile(
    r"\b(assert|static_assert|llvm_unreachable|notifyMatchFailure|add_option|add_flag|"
    r"add_subcommand|footer|CLI::App|cl::desc|PassPipelineRegistration|TranslateRegistration|Regex|"
    r"MlirOptMain|mlirTranslateMain|addOnnx|onnxText|kWindow)\b")
# Messages of what no input brings about.
UNREACHABLE = {
    "cannot read the file: ": "the file was there an instant ago, and tests may run as root",
    "the model is larger than 2 GiB without its weights": "would take a file of 2 GiB",
    "a message is longer than 2 GiB without its weights": "would take a file of 2 GiB",
    "cannot expand an operator": "a fault of the onnx library",
    "cannot fold a sequence": "a fault of the onnx library, whose checker is before it",
    "' is used but never computed": "a fault of the onnx library, whose checker is before it",
    "the IR is not valid any more: ": "a fault of a pass",
    "it failed without a reason": "a fault of a pass",
    "segment {0} of a program that has {1}": "the verifier's rule C10, again where memory is reached",
    "launch parameter {0} of a program that has {1}": "the verifier's rule C10, again",
    "operand reaches beyond 62-bit addresses in ": "the verifier's rule C12, again",
    "accumulates onto sums that the command before it did not leave: rows, columns and kind of type "
    "must be the same": "the verifier's rules of accumulators, again",
    " writes segment ": "the verifier's rule C10, again",
    "LLVM has no machine for ": "the processors that can be asked for are LLVM's",
    "LLVM cannot write objects for ": "LLVM can for every x86-64 processor",
    "the kernels have no LLVM IR": "a fault of ours",
    "the kernels cannot be lowered": "a fault of ours",
    "a product cannot be tiled": "a fault of ours",
    "no native code: ": "a fault of ours",
    "found 'native' on a machine that is not x86-64, needed one of ": "tests run on x86-64",
    ", this machine is ": "tests run on x86-64",
    "the program cannot be encoded: ": "the static checker is before it",
    "its raw data is not that of the file": "the scan replaces all raw data, and the onnx library "
                                            "writes its own in full",
    "cannot serialise the weights": "MLIR can always write its own newest bytecode",
    ": its dispatches and transfers do not agree: ": "the verifiers of these operations are before it",
    " has transactions but issues none": "a fault of ours",
    "the stream has too many transactions": "would take a file of four billion lines",
    "cannot be locked": "would take a file system without locks",
    "no device has this option": "the command line has only those that devices have",
    "there is no device that takes every model": "every build has the host",
    "the model cannot be run on its samples": "no model of fixed dimensions is known that the host "
                                              "refuses",
    "a member of it is damaged": "libzip refuses to open such an archive",
    "internal error: ": "a fault of ours",
    " cannot move between devices": "no device yields such a tensor",
    " dispatches and transfers, the most is ": "would take thousands of programs",
    "\nnote: reproduce it with the model itself": "a fault of ours, again",
    "internal error: the binary does not run: ": "a fault of ours",
    "internal error: garam crashed; please report it with the command line\n": "a fault of ours",
}

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"((?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\\n]|\\.)\'', re.S)
ESCAPES = {"n": "\n", "t": "\t"}


def unescape(text):
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match.group(1), match.group(1)), text)


def list_statements(source):
    """(line, code, literals) of each statement with literals; neighbouring literals are one."""
    result, code, literals, line, position, end = [], "", [], 0, 0, None
    for match in TOKEN.finditer(source):
        between = source[position:match.start()]
        position = match.end()
        parts = re.split(r"[;{}]", between)
        if len(parts) > 1:
            if literals:
                result.append((line, code + parts[0], literals))
            code, literals, end = "", [], None
        code += parts[-1]
        if match.group(1) is None:
            continue
        text = unescape(match.group(1))
        if end is not None and not source[end:match.start()].strip():
            literals[-1] += text
        else:
            if not literals:
                line = source.count("\n", 0, match.start()) + 1
            literals.append(text)
        end = match.end()
    if literals:
        result.append((line, code, literals))
    return result


def split_literal(literal):
    """The parts of a literal between what a format replaces."""
    return [part for part in re.split(r"\{\d[^}]*\}|%[-.\d]*\w", literal) if is_sentence(part)]


def is_sentence(text):
    return " " in text.strip() and len(re.findall(r"[A-Za-z]{2,}", text)) >= 2


@pytest.fixture(scope="module")
def tests_text():
    texts = []
    # Tests compare these pages with the schemas of target files.
    for path in list_files("test/*.mlir", "test/*.test", "examples/*.mlir", "unittests/*.cpp",
                           "unittests/*.h", "python/tests/*.py", "docs/targets.md",
                           "examples/device-plugin/README.md"):
        if path.name == "test_messages.py":
            continue
        text = re.sub(r'"\s*[rf]{0,2}"', "", path.read_text())  # literals in two parts
        texts.append(" ".join(text.replace("{{", "").replace("}}", "").replace("\\", "").split()))
    return "\n".join(texts)


def is_tested(part, tests_text):
    words = part.split()
    count = min(WORDS, len(words))
    return any(" ".join(words[i:i + count]) in tests_text for i in range(len(words) - count + 1))


def list_messages():
    for path in list_files("lib/*.cpp", "lib/*.h", "tools/*.cpp", "examples/*.cpp"):
        name = str(path.relative_to(SOURCE_DIR))
        for line, code, literals in list_statements(path.read_text()):
            parts = [part for literal in literals for part in split_literal(literal)]
            if parts and not NO_MESSAGE.search(code) and "#include" not in code:
                yield f"{name}:{line}", literals, parts


def test_every_message_is_tested(tests_text):
    missing = [f"{place}: {' ... '.join(parts)}" for place, literals, parts in list_messages()
               if not any(literal in UNREACHABLE for literal in literals)
               and not any(is_tested(part, tests_text) for part in parts)]
    assert not missing, "messages without a test:\n" + "\n".join(missing)


def test_exceptions_are_messages():
    literals = {literal for _, literals, _ in list_messages() for literal in literals}
    assert not sorted(set(UNREACHABLE) - literals)


def test_a_message_without_a_test_is_found(tests_text):
    source = 'return fail("a sentence that " "no test has " + Twine(n));\nint x;'
    (line, _, literals), = list_statements(source)
    assert (line, literals) == (1, ["a sentence that no test has "])
    assert is_tested("has at most 3 row sizes, got: 4", tests_text)
    assert not is_tested(" ".join(reversed("at last a row of words".split())), tests_text)
