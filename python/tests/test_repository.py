"""Rules of CONTRIBUTING.md that a program can check."""

import re
import shutil
import subprocess

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
