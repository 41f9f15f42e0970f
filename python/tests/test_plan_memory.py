"""`garam plan-memory`: tables of buffers get addresses."""

import csv
import os
import pathlib

import pytest

from conftest import INPUT, MODEL, SOURCE_DIR, USAGE

INSTANCES = SOURCE_DIR.parent / "shared" / "benchsets" / "minimalloc"
TABLE = "id,lower,upper,size\na,0,2,4\nb,1,3,4\nc,2,4,4\n"


def read_height(path):
    """The height of a plan, whose buffers are checked pair by pair."""
    with open(path, newline="") as file:
        rows = [{name: int(row[name]) for name in ("lower", "upper", "size", "offset")}
                for row in csv.DictReader(file)]
    for number, a in enumerate(rows):
        assert a["offset"] >= 0
        for b in rows[:number]:
            live = a["lower"] < b["upper"] and b["lower"] < a["upper"]
            apart = (a["offset"] + a["size"] <= b["offset"]
                     or b["offset"] + b["size"] <= a["offset"])
            assert apart or not live, (a, b)
    return max(row["offset"] + row["size"] for row in rows)


def test_rows_are_kept(run_tool, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("lower,id,upper,note,size\n0,a,2,x y,4\n1,b,3,,4\n")
    result = run_tool("garam", "plan-memory", table, "--capacity", 8, "-o", tmp_path / "o.csv")
    assert result.stdout.startswith("2 buffers in 8 bytes, at least 8 needed, 0.")
    lines = (tmp_path / "o.csv").read_text().splitlines()
    assert lines[0] == "lower,id,upper,note,size,offset"
    assert [line.rsplit(",", 1)[0] for line in lines[1:]] == ["0,a,2,x y,4", "1,b,3,,4"]
    assert read_height(tmp_path / "o.csv") == 8


def test_what_does_not_fit_is_written_and_said(run_tool, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    result = run_tool("garam", "plan-memory", table, "--capacity", 7, "-o", tmp_path / "o.csv",
                      status=MODEL)
    assert "needs 8 bytes by the best plan that was found, but there are 7" in result.stderr
    assert "; no plan needs less than 8" in result.stderr
    assert read_height(tmp_path / "o.csv") == 8


def test_time_is_up(run_tool, tmp_path):
    """Without any time there is a plan all the same, and the bound that is the load."""
    table = tmp_path / "t.csv"
    rows = [f"{i},{i * 7 % 40},{i * 7 % 40 + 3 + i % 5},{64 + 37 * i % 91}" for i in range(200)]
    table.write_text("id,lower,upper,size\n" + "\n".join(rows) + "\n")
    load = max(sum(int(row.split(",")[3]) for row in rows
                   if int(row.split(",")[1]) <= time < int(row.split(",")[2]))
               for time in range(50))
    result = run_tool("garam", "plan-memory", table, "--capacity", load - 1, "--time-limit", 0,
                      "-o", tmp_path / "o.csv", status=MODEL)
    assert f"no plan needs less than {load}" in result.stderr
    assert read_height(tmp_path / "o.csv") >= load
    result = run_tool("garam", "plan-memory", table, "--capacity", load, "--time-limit", 0,
                      "-o", tmp_path / "o.csv", status=None)
    if result.returncode != 0:
        assert "a larger --time-limit may find a lower plan" in result.stderr


def test_alignment_and_banks(run_tool, tmp_path):
    """Three buffers of 24 bytes that live at once: one a bank of 40 bytes, or at multiples of 16."""
    table = tmp_path / "t.csv"
    table.write_text("id,lower,upper,size,alignment,bank\n" +
                     "".join(f"{name},0,1,24,8,40\n" for name in "abc"))
    run_tool("garam", "plan-memory", table, "--capacity", 120, "-o", tmp_path / "o.csv")
    with open(tmp_path / "o.csv", newline="") as file:
        offsets = sorted(int(row["offset"]) for row in csv.DictReader(file))
    assert all(offset % 8 == 0 and offset % 40 + 24 <= 40 for offset in offsets)
    assert offsets == [0, 40, 80]
    table.write_text("id,lower,upper,size,alignment\n" + "".join(f"{name},0,1,24,16\n" for name in "abc"))
    run_tool("garam", "plan-memory", table, "--capacity", 88, "-o", tmp_path / "o.csv")
    with open(tmp_path / "o.csv", newline="") as file:
        assert sorted(int(row["offset"]) for row in csv.DictReader(file)) == [0, 32, 64]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_has_no_end_is_no_table(fails, tmp_path, make):
    make(tmp_path / "t.csv")
    fails(INPUT, "it is not a regular file", "plan-memory", tmp_path / "t.csv", "--capacity", 8,
          "-o", tmp_path / "o.csv")


@pytest.mark.parametrize("text, message", [
    ("id,lower,upper,size\na,0,x,4\n", ":2: 'upper': found 'x', needed a whole number below 2^63"),
    ("", "the file is empty, needed a header"),
    (TABLE + "a,0,2,4\n", ":5: found 'id' 'a' again, which line 2 has"),
    (TABLE + ",0,2,4\n", ":5: 'id' is empty, needed a name of its own"),
    ("\0\xff\n" * 9, "needed one column 'id'"),
    ("id,lower,upper,size,alignment\na,0,2,4,0\n", ":2: found 'alignment' 0, needed 1 or more bytes"),
    ("id,lower,upper,size,bank\na,0,2,4,3\n", ":2: found 'bank' 3 for 4 bytes aligned to 1, needed"),
    ("id,bank,lower,upper,size,bank\n", ":1: needed at most one column 'bank'"),
    ("id,lower,upper,size\n" + "".join(f"{id},0,1,4611686018427387904\n" for id in "abc"),
     "the buffers are too large to add up"),
])
def test_bad_tables(fails, tmp_path, text, message):
    table = tmp_path / "t.csv"
    table.write_bytes(text.encode("latin-1"))
    fails(INPUT, message, "plan-memory", table, "--capacity", 8, "-o", tmp_path / "o.csv")


def test_usage(fails, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    output = tmp_path / "o.csv"
    fails(INPUT, "cannot read", "plan-memory", tmp_path / "none.csv", "--capacity", 8, "-o", output)
    for capacity in "0", "-5", "x", "1e3", "nan", "9223372036854775808", "9" * 40:
        fails(USAGE, f"--capacity: '{capacity}': needed an integer from 1 to 9223372036854775807",
              "plan-memory", table, "--capacity", capacity, "-o", output)
    for limit in "-1", "nan", "1e9":
        fails(USAGE, "needed seconds from 0 to 86400", "plan-memory", table, "--capacity", 8,
              "--time-limit", limit, "-o", output)
    fails(USAGE, "would overwrite the table", "plan-memory", table, "--capacity", 8, "-o", table)


@pytest.mark.skipif(not INSTANCES.is_dir(), reason=f"{INSTANCES} is not there")
@pytest.mark.parametrize("name", ["A", "C", "D", "F", "H", "K"])
def test_published_instances_fit_their_capacity(run_tool, tmp_path, name):
    (table,) = INSTANCES.glob(f"{name}.*.csv")
    capacity = int(pathlib.Path(table).name.split(".")[1])
    run_tool("garam", "plan-memory", table, "--capacity", capacity, "--time-limit", 300,
             "-o", tmp_path / "o.csv")
    assert read_height(tmp_path / "o.csv") <= capacity


@pytest.mark.parametrize("rows, fault", [
    ("a,0,2,4,0\nb,1,3,4,4\nc,2,4,4,0\n", None),
    ("a,0,2,4,0\nb,1,3,4,3\nc,2,4,4,0\n", "buffers a and b overlap"),
    ("a,0,2,4,1\nb,1,3,4,5\nc,2,4,4,0\n", "buffer b lies from 5 to 9"),
    ("a,0,9,4,2\nb,1,3,2,0\nc,2,4,8,0\n", "buffers b and c overlap"),
    ("a,0,9,2,4\nb,1,9,2,0\nc,2,4,8,0\n", "buffers b and c overlap"),
])
def test_benchmark_checks_plans(rows, fault, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks"))
    (tmp_path / "plan.csv").write_text("id,lower,upper,size,offset\n" + rows)
    assert __import__("plan_memory").find_fault(tmp_path / "plan.csv", 8) == fault


@pytest.mark.parametrize("row, fault", [
    ("a,0,2,4,8,8,8", None),
    ("a,0,2,4,8,16,4", "buffer a cannot begin at 4"),
    ("a,0,2,4,1,6,3", "buffer a cannot begin at 3"),
    ("a,0,2,4,1,0,3", None),
])
def test_benchmark_checks_alignment_and_banks(row, fault, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_DIR / "benchmarks"))
    (tmp_path / "plan.csv").write_text("id,lower,upper,size,alignment,bank,offset\n" + row + "\n")
    assert __import__("plan_memory").find_fault(tmp_path / "plan.csv", 16) == fault
