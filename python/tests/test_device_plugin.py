"""Devices in shared libraries: what is refused before any of them is used."""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

from conftest import BUILD_DIR, CONFIG, DIGITS, SOURCE_DIR

# The structure of garam/Target/DevicePlugin.h as C sees it.
PLUGIN = """
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>
struct info {{
  uint32_t api;
  const char *garam, *headers, *libraries, *name;
  void (*add)(void *);
}};
static void add(void *registry) {{ {work} }}
const struct info *garamGetDevicePlugin(void) {{
  static const struct info it = {{{api}, "{garam}", "{headers}", "{libraries}", "nothing", add}};
  return &it;
}}
"""

# Adds what is there already.
SECOND_DEVICES = """
#include "garam/Target/DevicePlugin.h"
extern "C" const garam::DevicePluginInfo *garamGetDevicePlugin() {
  static constexpr garam::DevicePluginInfo info = {
      garam::devicePluginAPIVersion, garam::devicePluginBuild, "again",
      [](garam::DeviceRegistry &registry) {
        garam::registerBuiltinDevices(registry);
      }};
  return &info;
}
"""


def hash_headers(include):
    """Notes the hash of altered headers, as a build of Garam with them would."""
    subprocess.run(["cmake", f"-DINCLUDE_DIR={include}",
                    f"-DOUTPUT={include / 'garam' / 'HeadersHash.h'}", "-P",
                    SOURCE_DIR / "cmake" / "HashHeaders.cmake"], check=True)


def read_hash(include=BUILD_DIR / "include"):
    return re.search('GARAM_HEADERS_HASH "(.*)"',
                     (include / "garam" / "HeadersHash.h").read_text())[1]


def write_plugin(**parts):
    """One that fits, but for `parts`: its libraries are what C++ says of itself."""
    own = dict(api=3, garam=read_version(), headers=read_hash(), libraries=read_libraries(), work="")
    return PLUGIN.format(**{**own, **parts})


def read_version():
    return re.search('GARAM_VERSION_STRING "(.*)"',
                     (BUILD_DIR / "include" / "garam" / "Config.h").read_text())[1]


@functools.cache
def read_libraries():
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "say.cpp"), pathlib.Path(folder, "say")
        source.write_text("""
            #include "garam/Target/DevicePlugin.h"
            #include <cstdio>
            int main() { puts(garam::devicePluginBuild.libraries); }""")
        # Nothing of the libraries is called, so that nothing of them needs to be linked.
        subprocess.run(
            ["clang++-22", "-std=c++17", "-isystem", "/usr/lib/llvm-22/include", "-I",
             SOURCE_DIR / "include", "-I", BUILD_DIR / "include", "-Wl,--unresolved-symbols=ignore-all",
             source, "-o", program], check=True)
        return subprocess.run([program], check=True, capture_output=True, text=True).stdout.strip()


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


def test_plugin_that_is_not_whole(fails, tmp_path, build_c):
    path = tmp_path / "part.so"
    path.write_bytes(pathlib.Path(build_c(write_plugin())).read_bytes()[:4096])
    fails(CONFIG, "part.so': cannot be loaded: it is not whole: a segment ends behind its 4096 bytes",
          "targets", f"--device-plugin={path}")


def test_plugin_that_is_no_library(fails, tmp_path):
    path = tmp_path / "text.so"
    path.write_text("not a library")
    fails(CONFIG, "text.so': cannot be loaded: ", "targets", f"--device-plugin={path}")


def test_library_that_is_no_plugin(fails, build_c):
    path = build_c("int answer(void) { return 42; }")
    fails(CONFIG, "has no function 'garamGetDevicePlugin'; needed a library made as "
          "'Adding a device' of CONTRIBUTING.md says", "targets", "--device-plugin", path)


def test_plugin_of_another_interface(fails, build_c):
    path = build_c(write_plugin(api=77))
    fails(CONFIG, "is of plugin interface 77, this Garam has 3; hint: compile it again",
          "targets", "--device-plugin", path)


def test_plugin_of_an_interface_with_another_structure(fails, build_c):
    """Of a structure that has more or less in it only the interface's number is read."""
    for number, members in [(2, ""), (4, "char more[1 << 24];")]:
        path = build_c(f"""
            struct info {{ unsigned api; {members} }};
            const struct info *garamGetDevicePlugin(void) {{
              static const struct info it = {{ {number} }};
              return &it;
            }}""", name=f"plugin{number}")
        fails(CONFIG, f"is of plugin interface {number}, this Garam has 3", "targets",
              "--device-plugin", path)


def test_plugin_before_there_was_a_pointer(fails, build_c):
    """Interface 2 returned a structure, by another function, which is not called."""
    path = build_c("""
        struct info { unsigned api; const char *garam, *name; void (*add)(void *); };
        struct info garamGetDevicePluginInfo(void) { __builtin_trap(); }""")
    fails(CONFIG, "has no function 'garamGetDevicePlugin'", "targets", "--device-plugin", path)


def test_plugin_that_says_nothing(fails, build_c):
    path = build_c("const void *garamGetDevicePlugin(void) { return 0; }")
    fails(CONFIG, "has a function 'garamGetDevicePlugin' that returns nothing", "targets",
          "--device-plugin", path)


def test_plugin_for_another_garam(fails, build_c):
    path = build_c(write_plugin(garam="0.0.9"))
    fails(CONFIG, "was made for Garam 0.0.9, this is ", "targets", "--device-plugin", path)


def test_plugin_with_other_libraries(fails, build_c):
    path = build_c(write_plugin(libraries="LLVM 19.1.7"))
    message = fails(CONFIG, "was compiled with LLVM 19.1.7, this Garam with LLVM 22.",
                    "targets", "--device-plugin", path)
    assert "libstdc++" in message or "libc++" in message


def build_second_devices(folder, *includes):
    source = folder / "again.cpp"
    source.write_text(SECOND_DEVICES)
    flags = [flag for include in includes for flag in ("-I", include)]
    return build_library(
        folder / "again.so", source, "-std=c++17", "-isystem", "/usr/lib/llvm-22/include", *flags,
        "-I", BUILD_DIR / "include", compiler="clang++-22")


def test_plugin_with_a_kind_that_is_there(fails, tmp_path):
    path = build_second_devices(tmp_path, SOURCE_DIR / "include")
    fails(CONFIG, "(again) adds a device of kind '", "targets", "--device-plugin", path)


def test_plugin_compiled_against_altered_headers(fails, tmp_path):
    """A header of the same version, in which a class has one member more."""
    include = tmp_path / "include"
    shutil.copytree(SOURCE_DIR / "include", include)
    header = include / "garam" / "Target" / "TargetRegistry.h"
    text = header.read_text()
    member = "std::string name;"
    assert member in text
    header.write_text(text.replace(member, f"int addedMember = 0;\n  {member}", 1))
    hash_headers(include)
    path = build_second_devices(tmp_path, include)
    message = fails(CONFIG, "was compiled against other headers of Garam ", "targets",
                    "--device-plugin", path)
    assert f"(SHA-256 {read_hash(include)[:12]}..., needed {read_hash()[:12]}...)" in message


def test_hash_covers_names_and_contents_of_headers(tmp_path):
    include = tmp_path / "include"
    (include / "garam").mkdir(parents=True)

    def hash_of(**contents):
        for name, text in contents.items():
            (include / "garam" / name.replace("_", ".")).write_text(text)
        hash_headers(include)
        for name in contents:
            (include / "garam" / name.replace("_", ".")).unlink()
        return read_hash(include)

    hashes = {hash_of(), hash_of(A_h=""), hash_of(B_h=""), hash_of(A_h=" "), hash_of(A_td=""),
              hash_of(A_h="", B_h=" "), hash_of(A_h=" ", B_h="")}
    assert len(hashes) == 7
    # The hash is not of itself, nor of what is no header.
    assert hash_of(A_h="") == hash_of(A_h="", B_txt="x")


def test_option_stands_on_either_side_of_the_subcommand(run_tool, build_c):
    path = build_c(write_plugin())
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


# A thread loads a plugin, which waits in a pipe for the main thread. Meanwhile others look at the
# devices: they wait for it, without the lock of Python, or the main thread would not come to write.
LOAD_AND_LOOK = """
import sys, threading, time
import garam

plugin, pipe, model = sys.argv[1:]
looks = [garam._core.libraries, garam._core.fallback_target, lambda: garam._core.read_target("rngd"),
         lambda: garam.compile(model, "host", dims={"N": 1})]
results = {}

def look(number):
    results[number] = looks[number]()

threads = [threading.Thread(target=garam.load_device_plugin, args=(plugin,))]
threads += [threading.Thread(target=look, args=(number,)) for number in range(len(looks))]
threads[0].start()
with open(pipe, "wb") as end:  # returns when the plugin has opened it too
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.5)
    assert not results, f"did not wait: {list(results)}"
    end.write(b"go on")
for thread in threads:
    thread.join()
assert len(results) == len(looks)
assert plugin.encode() in results[0], "looked before the plugin was there"
"""


def test_a_plugin_that_loads_while_others_look_at_the_devices(build_c, tmp_path):
    """In a process of its own: what goes wrong here ends in a wait for ever."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    plugin = build_c(write_plugin(work=f'char byte; read(open("{pipe}", O_RDONLY), &byte, 1);'))
    subprocess.run([sys.executable, "-c", LOAD_AND_LOOK, plugin, pipe, DIGITS], check=True, timeout=120)
