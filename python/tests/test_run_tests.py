"""scripts/run_tests.py adds up what the test runners report."""

import json
import sys

import pytest

from conftest import SOURCE_DIR

sys.path.insert(0, str(SOURCE_DIR / "scripts"))
import run_tests  # noqa: E402


def test_gtest_report(tmp_path):
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"testsuites": [{"testsuite": [
        {"name": "a", "status": "RUN", "result": "COMPLETED"},
        {"name": "b", "status": "RUN", "result": "COMPLETED", "failures": [{"failure": "x"}]},
        {"name": "c", "status": "RUN", "result": "SKIPPED"},
        {"name": "d", "status": "NOTRUN", "result": "SUPPRESSED"}]}]}))
    assert run_tests.count_gtest(report) == run_tests.Counts(1, 1, 2)


def test_lit_report(tmp_path):
    report = tmp_path / "report.json"
    codes = ["PASS", "XFAIL", "FAIL", "XPASS", "UNRESOLVED", "TIMEOUT", "UNSUPPORTED"]
    report.write_text(json.dumps({"tests": [{"name": code, "code": code} for code in codes]}))
    assert run_tests.count_lit(report) == run_tests.Counts(2, 4, 1)


def test_pytest_report(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite><testcase name='a'/>"
        "<testcase name='b'><failure/></testcase><testcase name='c'><error/></testcase>"
        "<testcase name='d'><skipped/></testcase></testsuite></testsuites>")
    assert run_tests.count_pytest(report) == run_tests.Counts(1, 2, 1)


@pytest.mark.parametrize("status, failed", [(0, 0), (3, 1)])
def test_a_suite_that_ends_badly_is_a_failure(tmp_path, status, failed):
    counts = run_tests.run_suite(
        "suite", ["sh", "-c", f"exit {status}"], tmp_path / "none", run_tests.count_lit)
    assert counts == run_tests.Counts(0, failed, 0)


def test_summary_line():
    assert str(run_tests.Counts(3, 1)) == "3 passed, 1 failed"
    assert str(run_tests.Counts(3, 0, 2)) == "3 passed, 0 failed, 2 skipped"
