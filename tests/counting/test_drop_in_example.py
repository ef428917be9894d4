"""The example of view synchronization in somebody else's network does what it says."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

EXAMPLE = Path(__file__).parents[2] / "examples" / "drop_in_sync.py"


@pytest.fixture(scope="module")
def example():
    return runpy.run_path(str(EXAMPLE))


def test_it_runs_and_learns(example, capsys):
    errors = example["main"](steps=12)
    assert len(errors) == 12
    assert min(errors[-3:]) < errors[0]
    assert "in 12 steps" in capsys.readouterr().out


def test_views_are_moved_to_the_first_ones_instant(example):
    cameras = example["three_cameras"]()
    torch.manual_seed(0)
    network = example["SynchronizedCounter"](cameras)
    # Synchronization begins with no flow at all.
    example["train"](network, cameras, steps=2)
    pictures, _ = example["dots"](cameras, 2, np.random.default_rng(3))
    with torch.no_grad():
        maps, synchronized = network.see(pictures), network.in_step(pictures)
    for before, after, flow in zip(maps, synchronized.maps, synchronized.flows_cells, strict=True):
        assert torch.equal(before[:, 0], after[:, 0])
        assert not torch.allclose(before[:, 1:], after[:, 1:])
        assert flow[:, 1:].abs().mean() > 0
