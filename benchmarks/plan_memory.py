#!/usr/bin/env python3
"""Measures `garam plan-memory`: published instances at their capacity, and what it has after a while.

    python3 benchmarks/plan_memory.py [FOLDER]

FOLDER has tables that are called NAME.CAPACITY.csv. The synthetic tables are made here: lifetimes
are uniform, sizes log-uniform from 64 B to 1 MiB, seed 1.
"""

import argparse
import csv
import pathlib
import random
import re
import subprocess
import tempfile

import garam_cli

# Seconds after which the best plan is taken.
TIME_LIMITS = (0.05, 1.0)
LARGE_TIME_LIMIT = 5.0
SYNTHETIC_SIZES = (1000, 20000)


def get_load(path):
    """The largest sum of sizes of buffers that live at the same time."""
    events = []
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            events += [(int(row["lower"]), int(row["size"])), (int(row["upper"]), -int(row["size"]))]
    load = most = 0
    for _, change in sorted(events):
        load += change
        most = max(most, load)
    return most


def write_synthetic(path, count, longest):
    """Lifetimes between two moments at random, or of at most the share `longest` of all time."""
    numbers = random.Random(1)
    end = 10 * count
    with open(path, "w") as file:
        file.write("id,lower,upper,size\n")
        for buffer in range(count):
            lower = numbers.randrange(end)
            upper = (numbers.randrange(end) if longest is None
                     else lower + numbers.randrange(int(end * longest)))
            lower, upper = sorted((lower, upper))
            size = int(2 ** numbers.uniform(6, 20))
            file.write(f"{buffer},{lower},{upper + 1},{size}\n")


def plan(table, capacity, limit, output):
    """(height, proven bound, seconds) of a run."""
    command = [garam_cli.DEFAULT_TOOL, "plan-memory", table, "--capacity", capacity, "--time-limit", limit,
               "-o", output]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    found = re.match(r"\d+ buffers in (\d+) bytes, at least (\d+) needed, ([\d.]+) s", result.stdout)
    if not found:
        raise SystemExit(result.stderr)
    return int(found[1]), int(found[2]), float(found[3])


def show(name, limit, load, result):
    height, bound, seconds = result
    print(f"{name:24} {limit:>8} {height:>12} {height / load:>8.4f} {height / bound:>8.4f} "
          f"{seconds:>8.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    print(f"{'table':24} {'limit s':>8} {'bytes':>12} {'/ load':>8} {'/ bound':>8} {'s':>8}")
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "plan.csv"
        total = 0
        for table in sorted(arguments.folder.glob("*.csv")) if arguments.folder else []:
            capacity = int(table.name.split(".")[1])
            result = plan(table, capacity, 300, output)
            total += result[2]
            show(table.name, "capacity", get_load(table), result)
            for limit in TIME_LIMITS:
                show(table.name, limit, get_load(table), plan(table, 1, limit, output))
        if total:
            print(f"all at their capacity: {total:.3f} s")
        for count in SYNTHETIC_SIZES:
            for longest in None, 0.01:
                table = pathlib.Path(folder) / f"{count}-{longest or 'any'}"
                write_synthetic(table, count, longest)
                show(table.name, LARGE_TIME_LIMIT, get_load(table),
                     plan(table, 1, LARGE_TIME_LIMIT, output))


if __name__ == "__main__":
    main()
