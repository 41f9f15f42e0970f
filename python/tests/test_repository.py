"""Rules of CONTRIBUTING.md that a program can check."""

import re
import shutil
import subprocess
import sys

import pytest

from conftest import SOURCE_DIR

LICENCE = "Part of Garam. Licensed under the Apache License, Version 2.0."


def list_files(*patterns):
    """Files of the repository; those of an archive without git are skipped."""
    if not (SOURCE_DIR / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=SOURCE_DIR, check=True,
                           capture_output=True, text=True).stdout.split("\0")
    return [SOURCE_DIR / name for name in names if name and (SOURCE_DIR / name).is_file()]


def test_sources_are_formatted():
    tool = shutil.which("clang-format-22")
    if not tool:
        pytest.skip("needs clang-format-22")
    result = subprocess.run([tool, "--dry-run", "--Werror", *list_files("*.cpp", "*.h")],
                            capture_output=True, text=True)
    bad = sorted({line.split(":")[0] for line in result.stderr.splitlines() if "error:" in line})
    assert not bad, "run clang-format-22 -i on these"


def test_sources_name_their_licence():
    files = list_files("*.cpp", "*.h", "*.td")
    bad = [str(f) for f in files if LICENCE not in f.read_text()[:400]]
    assert not bad


def test_links_of_pages_lead_somewhere():
    broken = []
    for page in list_files("*.md"):
        text = re.sub(r"^ {4}.*$", "", page.read_text(), flags=re.M)  # without code
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in link and not (page.parent / link).exists():
                broken.append(f"{page.relative_to(SOURCE_DIR)}: {link}")
    assert not broken


def test_page_of_operators_is_up_to_date():
    subprocess.run([sys.executable, SOURCE_DIR / "scripts" / "operators.py", "--check"], check=True)


def list_includes(path):
    """Garam's headers, and others, that a C++ or TableGen file includes."""
    names = re.findall(r'^(?:#\s*)?include [<"]([^>"]+)[>"]', path.read_text(), flags=re.M)
    own = [name.removeprefix("garam/") for name in names if name.startswith("garam/")]
    return own, [name for name in names if not name.startswith("garam/")]


def get_folder(path):
    """The folder of a library: include/garam and lib mirror each other."""
    parts = path.relative_to(SOURCE_DIR).parts
    return "/".join(parts[1:-1] if parts[0] == "lib" else parts[2:-1])


def test_folders_are_layers():
    """Of two folders of lib at most one includes the other, also in a round."""
    below = {}
    for path in list_files("include/garam/**/*", "lib/**/*"):
        if path.suffix in (".h", ".cpp", ".td"):
            folders = {"/".join(name.split("/")[:-1]) for name in list_includes(path)[0]}
            below.setdefault(get_folder(path), set()).update(folders - {get_folder(path)})
    rounds = []

    def visit(folder, path):
        if folder in path:
            rounds.append(" -> ".join(path[path.index(folder):] + [folder]))
        elif folder not in done:
            for other in sorted(below.get(folder, ())):
                visit(other, path + [folder])
            done.add(folder)

    done = set()
    for folder in sorted(below):
        visit(folder, [])
    assert not rounds


def test_private_headers_stay_in_their_folder():
    """What two folders of lib share is under include/garam, where layers are seen."""
    bad = []
    for path in list_files("include/**/*", "lib/**/*", "tools/**/*"):
        if path.suffix in (".h", ".cpp", ".td"):
            others = list_includes(path)[1]
            bad += [f"{path.relative_to(SOURCE_DIR)}: {name}"
                    for name in others if ".." in name.split("/") or name.startswith("lib/")]
    assert not bad


def test_libraries_without_mlir_include_none():
    """Neither they nor Garam's headers that they include."""
    bad = []
    for lists in list_files("lib/**/CMakeLists.txt"):
        for body in re.findall(r"garam_add_library\(([^)]*)\)", lists.read_text()):
            words = body.split()
            if "MLIR" in words:
                continue
            open_files = [lists.parent / word for word in words if word.endswith(".cpp")]
            seen = set(open_files)
            while open_files:
                path = open_files.pop()
                own, others = list_includes(path)
                if any(name.startswith("mlir/") for name in others):
                    bad.append(f"{words[0]}: {path.relative_to(SOURCE_DIR)}")
                headers = {SOURCE_DIR / "include/garam" / name for name in own}
                headers |= {path.parent / name for name in others}
                new = {header for header in headers - seen if header.is_file()}
                seen |= new
                open_files += new
    assert not bad


# Devices whose name is a word of the language: only what can mean the device counts.
COMMON_WORDS = {"Host"}


def test_devices_are_named_in_their_own_folders_only():
    """Lists that add a device to the build, one line each, are excepted."""
    lists = list_files("lib/Target/**/CMakeLists.txt")
    devices = re.findall(r"^garam_add_device\((\w+)\)", "\n".join(f.read_text() for f in lists),
                         flags=re.M)
    assert devices
    bad = []
    for device in devices:
        name = re.compile(rf"(?<![A-Z]){device}|(?<![A-Za-z]){device.lower()}(?![a-z])")
        if device in COMMON_WORDS:
            name = re.compile(rf"""["'#]{device.lower()}["'.:]|\b{device.lower()}::|create{device}|"""
                              rf"(Dialect|Target|LinalgTo)/?{device}\b")
        own = re.compile(rf"(include/garam|lib)/(Dialect|Conversion|Target)/(LinalgTo)?{device}/")
        for path in list_files("cmake", "include", "lib", "python/garam", "scripts", "tools"):
            place = str(path.relative_to(SOURCE_DIR))
            if own.match(place):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                is_list = path.name == "CMakeLists.txt" and line.startswith("add_subdirectory(")
                if name.search(line) and not is_list:
                    bad.append(f"{place}:{number}: {line.strip()}")
    assert not bad


def test_chips_and_plugins_are_named_in_no_code():
    """What knows a chip is its file, what knows a device outside of the tree is its folder."""
    devices = [path.name for path in (SOURCE_DIR / "lib" / "Target").iterdir() if path.is_dir()]
    own = re.compile(rf"(include/garam|lib)/(Dialect|Conversion|Target)/(LinalgTo)?({'|'.join(devices)})/")
    names = {path.stem for path in list_files("targets/*.yaml", "examples/*/targets/*.yaml")}
    assert {"atom", "abacus"} <= names
    names -= {device.lower() for device in devices}
    name = re.compile(rf"\b({'|'.join(sorted(names))})\b", flags=re.I)
    bad = []
    for path in list_files("cmake", "include", "lib", "python/garam", "tools"):
        place = str(path.relative_to(SOURCE_DIR))
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if name.search(line) and not own.match(place):
                bad.append(f"{place}:{number}: {line.strip()}")
    assert not bad


def test_the_build_names_the_compilers_that_are_missing(tmp_path):
    """On a machine that has a compiler, but not the one."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ["cut", "dirname", "sha256sum"]:
        (programs / name).symlink_to(shutil.which(name))
    for name in ["clang++", "g++"]:
        (programs / name).symlink_to("/bin/true")
    result = subprocess.run(["/bin/bash", SOURCE_DIR / "scripts" / "build.sh"],
                            capture_output=True, text=True,
                            env={"PATH": str(programs), "HOME": str(tmp_path),
                                 "GARAM_BUILD_DIR": str(tmp_path / "build")})
    assert result.returncode == 1
    for name in ["the compiler clang-22", "the compiler clang++-22", "the linker ld.lld of LLVM 22"]:
        assert name in result.stderr
    assert not (tmp_path / "build").exists()


def test_messages_cite_constraints_that_are_defined():
    """The (Cn) of a verifier's message, each of which has a test, stands in the op's description."""
    defined = {}
    for path in list_files("include/garam/**/*.td"):
        text = path.read_text()
        dialects = re.findall(r'def \w+_Dialect : Dialect {\s*let name = "(\w+)"', text)
        dialects = dialects or re.findall(r'^def (\w+?)_', text, flags=re.M)[:1]
        # An op's definition begins with its mnemonic and ends before the next one.
        for match in re.finditer(r'^def \w+Op\b[^"]*"([\w.]+)"(.*?)(?=^def |\Z)', text,
                                 flags=re.M | re.S):
            name = f"{dialects[0].lower()}.{match[1]}"
            defined[name] = set(re.findall(r"^ *- \((C\d+)\)", match[2], flags=re.M))
    cited = set()
    for path in list_files("test/**/*.mlir", "test/**/*.test"):
        cited |= set(re.findall(r"'(\w+\.\w+)' op \((C\d+)\)", path.read_text()))
    assert {op for op, _ in cited} & {"npu.contract", "npu.concat", "npu.gather", "npu.constant"}
    bad = sorted(f"{op} ({number})" for op, number in cited
                 if op in defined and number not in defined[op])
    bad += sorted(op for op, _ in cited if op not in defined)
    assert not bad
