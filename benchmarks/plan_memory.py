#!/usr/bin/env python3
"""Measures `garam plan-memory`: published instances at their capacity, and what it has after a while.

    python3 benchmarks/plan_memory.py [FOLDER]

FOLDER has tables that are called NAME.CAPACITY.csv. The synthetic tables are made here: lifetimes
are uniform, sizes log-uniform from 64 B to 1 MiB, seed 1.

Every plan is checked. The exit code is 1 when a plan is wrong, a table is not solved at its
capacity, all of them take longer than is asked together, or a plan is farther from the largest load
than is asked.
"""

import argparse
import bisect
import csv
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import garam_cli

# Seconds after which the best plan is taken, and its height over the largest load that is asked.
TIME_LIMITS = {0.05: 1.2, 1.0: 1.05}
LARGE_TIME_LIMIT = 5.0
LARGE_HEIGHT = 1.02
# Seconds in which all tables are to be solved at their capacity, together.
TOTAL_TIME_LIMIT = 15.0
SYNTHETIC_SIZES = (1000, 20000)
# Of buffers that live between two moments at random: more than the search takes, and with more
# conflicts than descents do.
ANYTIME_SIZE = 4096


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


def find_fault(path, height):
    """What is wrong with a plan: two buffers that overlap, one that ends above `height` or is where
    it may not be, or nothing."""
    events = []
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            begin = int(row["offset"])
            end = begin + int(row["size"])
            if begin < 0 or end > height:
                return f"buffer {row['id']} lies from {begin} to {end}"
            alignment, bank = int(row.get("alignment", 1)), int(row.get("bank", 0))
            if begin % alignment or bank and begin % bank + end - begin > bank:
                return f"buffer {row['id']} cannot begin at {begin}"
            if begin < end:
                # At the same time ends come first.
                events += [(int(row["upper"]), 0, begin, end, row["id"]),
                           (int(row["lower"]), 1, begin, end, row["id"])]
    live = []  # in order of offset
    for _, is_begin, begin, end, buffer in sorted(events):
        place = bisect.bisect(live, (begin, end, buffer))
        if not is_begin:
            del live[place - 1]
            continue
        for other in live[max(place - 1, 0):place + 1]:
            if other[0] < end and begin < other[1]:
                return f"buffers {other[2]} and {buffer} overlap"
        live.insert(place, (begin, end, buffer))
    return None


def plan(table, capacity, limit, output):
    """(height, proven bound, seconds) of a run, whose plan is right."""
    output.unlink(missing_ok=True)
    command = [garam_cli.DEFAULT_TOOL, "plan-memory", table, "--capacity", capacity, "--time-limit", limit,
               "-o", output]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    found = re.match(r"\d+ buffers in (\d+) bytes, at least (\d+) needed, ([\d.]+) s", result.stdout)
    if not found:
        raise SystemExit(result.stderr)
    if fault := find_fault(output, int(found[1])):
        raise SystemExit(f"{table}: the plan is wrong: {fault}")
    return int(found[1]), int(found[2]), float(found[3])


def show(name, limit, load, result, asked):
    """Prints a line; whether the height is at most what is asked, if anything is."""
    height, bound, seconds = result
    is_met = asked is None or height <= asked
    print(f"{name:24} {limit:>8} {height:>12} {height / load:>8.4f} {height / bound:>8.4f} "
          f"{seconds:>8.3f}{'' if asked is None else ' met' if is_met else ' MISSED'}")
    return is_met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    print(f"{'table':24} {'limit s':>8} {'bytes':>12} {'/ load':>8} {'/ bound':>8} {'s':>8}")
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "plan.csv"
        total = 0
        is_met = True
        for table in sorted(arguments.folder.glob("*.csv")) if arguments.folder else []:
            capacity = int(table.name.split(".")[1])
            result = plan(table, capacity, TOTAL_TIME_LIMIT, output)
            total += result[2]
            load = get_load(table)
            is_met &= show(table.name, "capacity", load, result, capacity)
            for limit, share in TIME_LIMITS.items():
                is_met &= show(table.name, limit, load, plan(table, 1, limit, output), share * load)
        if total:
            is_met &= total <= TOTAL_TIME_LIMIT
            print(f"all at their capacity: {total:.3f} s of {TOTAL_TIME_LIMIT} s")
        table = pathlib.Path(folder) / f"{ANYTIME_SIZE}-any"
        write_synthetic(table, ANYTIME_SIZE, None)
        load = get_load(table)
        for limit, share in TIME_LIMITS.items():
            is_met &= show(table.name, limit, load, plan(table, 1, limit, output), share * load)
        for count in SYNTHETIC_SIZES:
            for longest in None, 0.01:
                table = pathlib.Path(folder) / f"{count}-{longest or 'any'}"
                write_synthetic(table, count, longest)
                load = get_load(table)
                is_met &= show(table.name, LARGE_TIME_LIMIT, load,
                               plan(table, 1, LARGE_TIME_LIMIT, output), LARGE_HEIGHT * load)
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
