"""The drone's clocks, against the tables that were published with it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from viewsync.benchmarks.drone import CAMERAS, DOUBTFUL, drone_take
from viewsync.benchmarks.takes import true_offset
from viewsync.types import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NUMBER = re.compile(r"-?\d+\.\d+")


@pytest.fixture
def small(tmp_path):
    """A data set of the same form: seen from frame 3 on, and frame 5 comes twice."""
    for name, camera in CAMERAS.items():
        detections = tmp_path / "drone_tracking/dataset3/detections" / f"{name}.txt"
        detections.parent.mkdir(parents=True, exist_ok=True)
        rows = [[frame, 10.0 * frame * (frame > 2), 5.0 * (frame > 2)] for frame in (1, 2, 3, 4, 5, 5, 6)]
        np.savetxt(detections, rows, header=" frame no. x y", comments="")
        lens = tmp_path / "drone_tracking/calibration" / f"{camera.lens}.json"
        lens.parent.mkdir(parents=True, exist_ok=True)
        matrix = [[1000.0, 0.0, 960.0], [0.0, 1000.0, 540.0], [0.0, 0.0, 1.0]]
        lens.write_text(json.dumps({"K-matrix": matrix, "distCoeff": [0.0] * 5, "resolution": [1920, 1080]}))
    return tmp_path


def test_frames_times_and_sightings(small):
    taken = drone_take(small)
    poses = taken.poses["cam3"]
    assert poses.joints == ("point_0",)
    assert poses.size == (1920, 1080)
    assert poses.pts_seconds == pytest.approx(np.array([1, 2, 3, 4, 5, 6]) / 25)
    assert poses.frames.tolist() == [2, 3, 4, 5]
    assert poses.pixels[:, 0].tolist() == [[30, 5], [40, 5], [50, 5], [60, 5]]
    assert taken.calibration["cam3"].focal_pixels == (1000, 1000)
    # Frame 1013.951 of cam1 is frame 0 of cam0.
    cam1 = taken.take.clip("cam1")
    assert np.interp(1013.951 / 30, cam1.pts_seconds, cam1.world_seconds - cam1.pts_seconds) == pytest.approx(
        -1013.951 / 30, abs=0.01
    )


def test_a_missing_data_set_is_an_error_with_its_name(tmp_path):
    with pytest.raises(InputError, match=r"cam0\.txt"):
        drone_take(tmp_path)


def published():
    readme = DATA / "drone_tracking/dataset3/README.md"
    if not readme.exists():
        pytest.skip(f"{readme} isn't there")
    rows = [NUMBER.findall(line) for line in readme.read_text().splitlines() if line.startswith("|")]
    tables = np.array([row for row in rows if len(row) == 6], dtype=float)
    return tables[:6], tables[6:]


def test_clocks_say_what_was_published():
    alphas, betas = published()
    _, _, alpha, beta = (np.array(column) for column in zip(*CAMERAS.values(), strict=True))
    ours = alpha / alpha[:, None]
    assert ours == pytest.approx(alphas, abs=6e-5)
    off = np.abs(beta - ours * beta[:, None] - betas)
    assert off[4, 3] == pytest.approx(0.52, abs=0.01), "the one that disagrees with all others"
    off[4, 3] = 0
    assert off.max() < 0.01


def test_real_takes_overlap_in_all_pairs():
    published()
    taken = drone_take(DATA)
    clips = taken.take.clips
    assert taken.doubtful == DOUBTFUL
    for place, a in enumerate(clips):
        for b in clips[place + 1 :]:
            true = true_offset(a, b)
            assert true is not None
            assert abs(true.offset_seconds) < 60
            seen = [clip.world_seconds[taken.poses[clip.id].frames] for clip in (a, b)]
            assert min(times[-1] for times in seen) - max(times[0] for times in seen) > 300
