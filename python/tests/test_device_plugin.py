"""Devices in shared libraries: what is refused before any of them is used."""

import subprocess

import pytest

from conftest import BUILD_DIR, CONFIG, SOURCE_DIR

# The structure of garam/Target/DevicePlugin.h as C sees it.
PLUGIN = """
#include <stdint.h>
struct info {{ uint32_t api; const char *garam, *name; void (*add)(void *); }};
static void add(void *registry) {{}}
struct info garamGetDevicePluginInfo(void) {{
  struct info it = {{{api}, "{garam}", "nothing", add}};
  return it;
}}
"""

# Adds what is there already.
SECOND_DEVICES = """
#include "garam/Target/DevicePlugin.h"
extern "C" garam::DevicePluginInfo garamGetDevicePluginInfo() {
  return {garam::devicePluginAPIVersion, GARAM_VERSION_STRING, "again",
          [](garam::DeviceRegistry &registry) {
            garam::registerBuiltinDevices(registry);
          }};
}
"""


def build_library(path, source, *flags, compiler="clang-22"):
    subprocess.run([compiler, "-shared", "-fPIC", *flags, "-o", path, source], check=True)
    return path


@pytest.fixture
def build_c(tmp_path):
    def build(text, name="plugin"):
        source = tmp_path / f"{name}.c"
        source.write_text(text)
        return build_library(tmp_path / f"{name}.so", source)
    return build


def test_plugin_that_is_missing(fails, tmp_path):
    message = fails(CONFIG, "none.so': is not a file that can be read",
                    "targets", "--device-plugin", tmp_path / "none.so")
    assert message.startswith("error: device plugin '")


def test_plugin_that_is_no_library(fails, tmp_path):
    path = tmp_path / "text.so"
    path.write_text("not a library")
    fails(CONFIG, "text.so': cannot be loaded: ", "targets", f"--device-plugin={path}")


def test_library_that_is_no_plugin(fails, build_c):
    path = build_c("int answer(void) { return 42; }")
    fails(CONFIG, "has no function 'garamGetDevicePluginInfo'; needed a library made as "
          "'Adding a device' of CONTRIBUTING.md says", "targets", "--device-plugin", path)


def test_plugin_of_another_interface(fails, build_c):
    path = build_c(PLUGIN.format(api=77, garam="0.1.0"))
    fails(CONFIG, "is of plugin interface 77, this Garam has 1; hint: compile it again",
          "targets", "--device-plugin", path)


def test_plugin_for_another_garam(fails, build_c):
    path = build_c(PLUGIN.format(api=1, garam="0.0.9"))
    fails(CONFIG, "was made for Garam 0.0.9, this is ", "targets", "--device-plugin", path)


def test_plugin_with_a_kind_that_is_there(fails, tmp_path):
    source = tmp_path / "again.cpp"
    source.write_text(SECOND_DEVICES)
    path = build_library(
        tmp_path / "again.so", source, "-std=c++17", "-isystem", "/usr/lib/llvm-22/include",
        "-I", SOURCE_DIR / "include", "-I", BUILD_DIR / "include", compiler="clang++-22")
    fails(CONFIG, "(again) adds a device of kind '", "targets", "--device-plugin", path)


def test_option_stands_on_either_side_of_the_subcommand(run_tool, build_c):
    path = build_c(PLUGIN.format(api=1, garam=version(run_tool)))
    for arguments in (["targets", "--device-plugin", path], ["--device-plugin", path, "targets"]):
        assert "rngd" in run_tool("garam", *arguments).stdout
    # A name behind it is the subcommand's.
    assert "GDDR6" in run_tool("garam", "targets", "--device-plugin", path, "atom").stdout
    for tool in ["garam-opt", "garam-translate", "garam-lsp-server"]:
        assert "--device-plugin" in run_tool(tool, f"--device-plugin={path}", "--help").stdout


@pytest.mark.parametrize("tool", ["garam-opt", "garam-translate", "garam-lsp-server"])
def test_other_tools_need_a_plugin_that_loads(tool, run_tool, tmp_path):
    result = run_tool(tool, "--device-plugin", tmp_path / "none.so", status=CONFIG)
    assert "is not a file that can be read" in result.stderr


def version(run_tool):
    return run_tool("garam", "--version").stdout.split()[-1]
