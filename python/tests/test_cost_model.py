"""The cost models of the devices, by which tiles, core splits and placements are
chosen, agree with the simulators: on the networks of the benchmarks, and on such
as they were not made with."""

import sys

import pytest

from conftest import SOURCE_DIR, find_tool

sys.path.append(str(SOURCE_DIR / "benchmarks"))
import cost_model  # noqa: E402
import measure  # noqa: E402

# Of the simulated latency. The host's cost model and simulator add the same times up.
BOUND = 0.10
# Of the time by which a group of nodes moves the end; the median over a network's groups.
GROUP_BOUND = 0.15
TIGHTER_BOUNDS = {"hbm-pim": 0.03, "hbm-pim-x4": 0.03, "host": 1e-6}

# The generator would take longer than all other cases together.
LEFT_OUT = {"resnet50_int8", "mobilenetv2_int8"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cost_model")


def get_bound(row):
    return TIGHTER_BOUNDS.get(row.target, BOUND)


def test_agrees_with_simulator(folder, record_property):
    """Where ../shared/models is missing, its networks are left out: the list
    has those only that are there."""
    networks = measure.list_networks(folder) + cost_model.list_unseen_networks(folder)
    rows = [cost_model.compare(find_tool("garam"), network, target, folder)
            for network in networks if network.name not in LEFT_OUT
            for target in cost_model.get_targets(network)]
    print(cost_model.format_table(rows))
    record_property("largest_error", max(abs(row.error) for row in rows))
    # The digits, the generated networks: these are always there.
    assert len(rows) >= 7 + 3 * (2 + cost_model.RANDOM_NETWORKS + 2)
    assert [(row.model, row.target, f"{row.error:+.1%}") for row in rows
            if abs(row.error) > get_bound(row)] == []
    # The NPU's model tells groups apart.
    assert all(row.groups for row in rows if row.target in ["rngd", "atom", *cost_model.INTEGER_TARGETS])
    assert [(row.model, row.target, f"{row.group_error:.1%}") for row in rows
            if row.groups and row.group_error > GROUP_BOUND] == []


def test_estimate_is_deterministic(folder):
    network = measure.list_networks(folder)[0]
    first, second = (cost_model.compare(find_tool("garam"), network, "atom", folder)
                     for _ in range(2))
    assert first == second
