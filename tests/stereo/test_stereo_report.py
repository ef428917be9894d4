"""What is said and drawn of weights."""

import json

import numpy as np
import pytest
import torch
from eyes import write_eyes
from matplotlib.figure import Figure

from viewsync.cli import main
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.networks.stereo_delay import DelayNetwork
from viewsync.stereo import report
from viewsync.stereo.drawing import Measured, grouped_bars, matching_matrices
from viewsync.stereo.report import measure, table, write_report

SMALL = {"features": 8, "channels": 8, "dimensions": 8, "head_channels": 4}


def test_bars_of_systems_stand_side_by_side():
    figure = grouped_bars(
        {
            "one": {"zed_m": Measured(0.5, 3.0), "oak_m": Measured(0.25, 4.0)},
            "other": {"zed_m": Measured(1.0, 0.0), "zed_p": Measured(0.75, 1.0)},
        },
        ["zed_m", "oak_m", "zed_p"],
    )
    upper, lower = figure.axes
    assert [bar.get_height() for bar in upper.patches] == [0.5, 0.25, 1.0, 0.75]
    assert [bar.get_height() for bar in lower.patches] == [3.0, 4.0, 0.0, 1.0]
    assert [label.get_text() for label in lower.get_xticklabels()] == ["zed_m", "oak_m", "zed_p"]
    # Beside each other, around the tick of their set.
    first, _, second, third = (bar.get_x() + bar.get_width() / 2 for bar in upper.patches)
    assert first == pytest.approx(-second)
    assert 2 < third < 2.5


@pytest.mark.parametrize("delay", [-12, 0, 5, 19, 20])
def test_the_diagonals_of_truth_and_answer_lie_in_the_matrix(delay):
    figure = matching_matrices(np.eye(20)[None], [delay], [0], higher_is_alike=True)
    truth, found = figure.axes[0].lines
    columns, rows = truth.get_data()
    np.testing.assert_array_equal(rows - columns, delay)
    np.testing.assert_array_equal(found.get_data()[0], [0, 19])
    if delay < 20:
        assert columns.min() >= 0
        assert columns.max() <= 19
    assert isinstance(figure, Figure)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    for seed in range(2):
        write_eyes(tmp_path / "data" / f"take{seed}", seed, frames=60)
    return tmp_path / "data"


def test_weights_of_the_cue_are_measured_by_clips_of_several_lengths(data, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "TESTED_SECONDS", ((1.0, 1.0),))
    monkeypatch.setattr(report, "_BATCHES", 1)
    torch.manual_seed(0)
    path = tmp_path / "stereo.safetensors"
    save_network(path, DelayNetwork(**SMALL), ModelCard("", SMALL, "", "", "", 0, None))
    found = measure(path, data, 0, lambda *_: None)
    assert list(found.tests) == ["1 to 1 s"]
    assert found.examples is None
    assert "right" in [column.header for column in table(found).columns]
    (written,) = write_report(found, tmp_path / "out")
    assert json.loads(written.read_text())["weights"] == "stereo.safetensors"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("stereo",), "DATA"),
        (("synnet", "data"), "Unrecognized options: data"),
        (("stereo", "data", "--weights", "nowhere.safetensors"), "nowhere.json: no model card beside the weights"),
    ],
)
def test_usage_that_makes_no_sense_is_refused(capsys, tmp_path, arguments, said):
    with pytest.raises(SystemExit) as left:
        main(["eval", *arguments, "-o", str(tmp_path)])
    assert left.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())
