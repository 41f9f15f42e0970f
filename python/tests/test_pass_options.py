"""MLIR's own options for passes, which every pass of a compile follows."""

import re

import pytest

from conftest import DIGITS, MODEL, USAGE, SOURCE_DIR

# A pass of each device, from its first stage to its last.
PASSES = {
    "atom": ["ConvertLinalgToNPU", "NPUSearchSchedules", "NPUPlanMemory"],
    "hbm-pim": ["ConvertLinalgToPIM", "PIMPlaceKernels"],
    "hermes": ["ConvertLinalgToAnalog", "AnalogSplitTiles"],
    "host": ["HostFormKernels", "ConvertFuncToLLVMPass"],
}
PLACEMENT = SOURCE_DIR / "examples" / "digits" / "placement.json"


def compile_printing(run_tool, tmp_path, *arguments):
    return run_tool("garam", "compile", DIGITS, "--dim", "N=1", "-o", tmp_path / "d.garam",
                    "--mlir-elide-resource-strings-if-larger=32", "--mlir-elide-elementsattrs-if-larger=8",
                    *arguments).stderr


def test_ir_is_printed_after_the_passes_of_all_devices(run_tool, tmp_path):
    text = compile_printing(run_tool, tmp_path, "--target", "kcloud-stage3", "--placement", PLACEMENT,
                            "--mlir-print-ir-after-all")
    printed = set(re.findall(r"IR Dump After (\w+)", text))
    for passes in PASSES.values():
        assert set(passes) <= printed


def test_functions_are_printed_with_their_target(run_tool, tmp_path):
    """So that garam-opt can go on with what is printed."""
    text = compile_printing(run_tool, tmp_path, "--target", "atom", "--no-fallback",
                            "--mlir-print-ir-before=npu-search-schedules")
    assert text.count("IR Dump Before NPUSearchSchedules") == 1
    function = tmp_path / "printed.mlir"
    function.write_text(text.split("//----- //\n", 1)[1])
    assert "garam.target" in function.read_text()
    scheduled = run_tool("garam-opt", "--allow-unregistered-dialect", "--npu-search-schedules", function)
    assert "schedule<" in scheduled.stdout


def test_passes_are_timed(run_tool, tmp_path):
    assert "NPUSearchSchedules" in compile_printing(run_tool, tmp_path, "--target", "atom", "--mlir-timing")


def test_reproducer_of_a_pass(run_tool, tmp_path):
    """A device's pass that fails leaves the pipeline and the function."""
    reproducer = tmp_path / "reproducer.mlir"
    result = run_tool("garam", "compile", DIGITS, "--dim", "N=1", "--target", "warboy", "--no-fallback",
                      "-o", tmp_path / "d.garam",
                      f"--mlir-pass-pipeline-crash-reproducer={reproducer}", status=MODEL)
    assert "Failures have been detected while processing an MLIR pass pipeline" in result.stderr
    text = reproducer.read_text()
    assert "npu-check-stages" in text and "garam.target" in text


@pytest.mark.parametrize("option", ["--mlir-no-such-option", "--mlir-timing=perhaps"])
def test_unknown_options(option, run_tool):
    assert option.split("=")[0].lstrip("-") in run_tool("garam", "targets", option, status=USAGE).stderr
