"""The flash cue: laws first, then times worked by hand, then what isn't a flash."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

import viewsync
from viewsync.signals import flash
from viewsync.signals.bands import edges_of_event, joined
from viewsync.types import Edges, FlashSignal, Frame, Search, Verdict
from viewsync.worlds.drawn import Light, Scene, SketchCamera, render, truth, write_video

TIMES = (1.013, 1.911, 2.467, 3.302, 4.119, 4.688, 5.741, 6.333)
SCENE = Scene(seed=3, bodies=2, lights=tuple(Light(seconds) for seconds in TIMES))
FIRST = SketchCamera(seed=1, duration_seconds=7.0, readout_seconds=0.024, exposure_seconds=0.006)
SECOND = SketchCamera(
    seed=2,
    azimuth_degrees=120,
    fps=25,
    duration_seconds=7.0,
    offset_seconds=0.2468,
    readout_seconds=0.029,
    exposure_seconds=0.009,
)


@cache
def seen(camera: SketchCamera, scene: Scene = SCENE, turn: int = 0) -> FlashSignal:
    extractor = flash.Extractor(90 * turn)
    for index, (seconds, picture) in enumerate(render(scene, camera)):
        gray = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (160, 90), interpolation=cv2.INTER_AREA)
        extractor.push(Frame(index, seconds, np.ascontiguousarray(np.rot90(gray, turn))))
    return extractor.signal()


def moved_by(signal: FlashSignal, seconds: float) -> FlashSignal:
    edges = replace(signal.edges, pts_seconds=signal.edges.pts_seconds + seconds)
    return replace(signal, start_seconds=signal.start_seconds + seconds, edges=edges)


def best_offset(a: FlashSignal, b: FlashSignal) -> float:
    belief = flash.belief(a, b, Search())
    return float(belief.offsets_seconds[np.argmax(belief.log_likelihood_ratio)])


# ── laws ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_swapping_negates():
    a, b = seen(FIRST), seen(SECOND)
    forward, backward = flash.belief(a, b, Search()), flash.belief(b, a, Search())
    np.testing.assert_allclose(backward.offsets_seconds, -forward.offsets_seconds[::-1], atol=1e-9)
    np.testing.assert_allclose(backward.log_likelihood_ratio, forward.log_likelihood_ratio[::-1], atol=1e-6)
    (there,), (back,) = flash.local_offsets(a, b, 0.25), flash.local_offsets(b, a, -0.25)
    assert back.offset_seconds == pytest.approx(-there.offset_seconds, abs=2e-5)
    assert back.std_seconds == pytest.approx(there.std_seconds, rel=0.05)


def test_moving_a_clock_moves_the_offset():
    a, b, later = seen(FIRST), seen(SECOND), moved_by(seen(FIRST), 100.25)
    here, there = flash.belief(a, b, Search()), flash.belief(later, b, Search())
    np.testing.assert_allclose(there.offsets_seconds, here.offsets_seconds + 100.25)
    np.testing.assert_allclose(there.log_likelihood_ratio, here.log_likelihood_ratio, atol=1e-6)
    (before,), (after,) = flash.local_offsets(a, b, 0.25), flash.local_offsets(later, b, 100.5)
    assert after.offset_seconds == pytest.approx(before.offset_seconds + 100.25, abs=1e-6)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_sensor_reads_its_own_rows_however_it_is_held(turn):
    np.testing.assert_array_equal(seen(FIRST, turn=turn).edges.row, seen(FIRST).edges.row)


# ── a tenth of a millisecond ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("camera", [FIRST, SECOND], ids=["30 fps", "25 fps"])
def test_a_flash_is_where_its_rows_say_once_the_shutter_is_known(camera):
    edges = seen(camera).edges
    seconds = edges.pts_seconds + camera.readout_seconds * (edges.row - 0.5) + edges.exposures * camera.exposure_seconds
    distance = np.abs(camera.world_seconds(seconds)[:, None] - np.array(TIMES)).min(axis=1)
    sharp = edges.std_row < 0.01
    assert sharp.sum() >= 8
    assert distance[sharp].max() < 0.0003


def test_offset_and_shutters_are_found_together():
    a, b = seen(FIRST), seen(SECOND)
    true_offset, _ = truth(FIRST, SECOND)
    assert best_offset(a, b) == pytest.approx(true_offset, abs=0.02)
    found = flash.shutters(a, b, best_offset(a, b))
    assert found is not None
    (local,) = found.offsets
    assert local.offset_seconds == pytest.approx(true_offset, abs=0.0002)
    for read_out, camera in ((found.read_out_a, FIRST), (found.read_out_b, SECOND)):
        assert read_out.seconds == pytest.approx(camera.readout_seconds, abs=3 * read_out.std_seconds + 1e-4)
        assert read_out.exposure_seconds == pytest.approx(camera.exposure_seconds, abs=0.0002)
        assert read_out.std_seconds < 0.001


def test_one_common_event_leaves_the_read_out_time_open_and_says_so():
    one = Scene(seed=3, bodies=2, lights=(Light(3.302),))
    (local,) = flash.local_offsets(seen(FIRST, one), seen(SECOND, one), 0.25)
    assert 0.001 < local.std_seconds < 0.02
    assert abs(local.offset_seconds - truth(FIRST, SECOND)[0]) < 3 * local.std_seconds


def test_lamps_are_located_too():
    lights = tuple(Light(seconds, 0.5 if i % 2 == 0 else -0.5, "step") for i, seconds in enumerate(TIMES))
    a, b = (seen(camera, replace(SCENE, lights=lights)) for camera in (FIRST, SECOND))
    assert set(a.edges.kind) == set(b.edges.kind) == {2, -2}
    (local,) = flash.local_offsets(a, b, best_offset(a, b))
    assert local.offset_seconds == pytest.approx(truth(FIRST, SECOND)[0], abs=0.001)


def test_drift_is_in_the_stretches_and_shared_shutters_widen_their_errors():
    # Worked by hand: a reads in 20 ms and exposes for 0; b reads in 10 ms; t_a = (1 + 50e-6) t_b + 2.
    on_b = np.arange(1, 199) * 1.0137
    a = by_formula((1 + 50e-6) * on_b + 2, read_out=0.02, interval=1 / 30)
    b = by_formula(on_b, read_out=0.01, interval=1 / 60)
    offsets = flash.local_offsets(a, b, 2.005)
    assert len(offsets) == 6
    for local in offsets:
        assert local.offset_seconds == pytest.approx(2 + 50e-6 * local.seconds, abs=2e-5)


def by_formula(seconds: np.ndarray, read_out: float, interval: float) -> FlashSignal:
    """What a camera that exposes for no time at all would see of flashes that no row misses."""
    pts = np.round(seconds / interval) * interval
    row = np.clip((seconds - pts) / read_out + 0.5, 0, 1)
    caught = (row > 0) & (row < 1)
    zero, count = np.zeros(caught.sum()), int(np.ceil(seconds[-1] / interval)) + 10
    one = np.ones(caught.sum(), dtype=np.int64)
    edges = Edges(np.arange(caught.sum()), one, pts[caught], row[caught], zero, zero + 0.001, zero, zero)
    return FlashSignal("flash", np.zeros((count, 1)), np.ones(count, dtype=bool), 1 / interval, 0.0, edges)


# ── bands, worked by hand ─────────────────────────────────────────────────────────────────────────────────────────

REST = np.tile(np.linspace(3.0, 5.0, 90)[:, None], (1, 16))
BRIGHTER = float(np.log(1.5))


def lit_rows(*slices: slice) -> np.ndarray:
    levels = REST.copy()
    for rows in slices:
        levels[rows] += BRIGHTER
    return levels


def test_a_band_has_an_edge_above_and_one_below():
    above, below = edges_of_event(REST, [lit_rows(slice(30, 60))], REST, [0.0, 0.04], 0.04)
    assert (above.pts_seconds, above.row, above.exposures) == (0.04, pytest.approx(30 / 90), 1.0)
    assert (below.pts_seconds, below.row, below.exposures) == (0.04, pytest.approx(60 / 90), 0.0)
    assert above.kind == below.kind == 1


def test_a_band_goes_on_in_the_next_frame():
    during = [lit_rows(slice(70, 90)), lit_rows(slice(0, 20))]
    above, below = edges_of_event(REST, during, REST, [0.0, 0.04, 0.08], 0.04)
    assert (above.pts_seconds, above.row, above.exposures) == (0.04, pytest.approx(70 / 90), 1.0)
    assert (below.pts_seconds, below.row, below.exposures) == (0.08, pytest.approx(20 / 90), 0.0)


def test_a_lamp_lights_all_rows_after_one():
    up = edges_of_event(REST, [lit_rows(slice(45, 90)), lit_rows(slice(0, 90))], lit_rows(slice(0, 90)), [0, 1, 2], 0.04)
    down = edges_of_event(lit_rows(slice(0, 90)), [lit_rows(slice(0, 45)), REST], REST, [0, 1, 2], 0.04)
    for edges, kind in ((up, 2), (down, -2)):
        assert [(edge.kind, edge.pts_seconds, edge.exposures) for edge in edges] == [(kind, 1, 0.75), (kind, 1, 0.25)]
        # All between one row's middle and the next one's.
        assert all(44.5 / 90 <= edge.row <= 45.5 / 90 for edge in edges)


def test_a_lamp_between_two_frames_is_known_to_the_frame_interval():
    (edge,) = edges_of_event(REST, [lit_rows(slice(0, 90))], lit_rows(slice(0, 90)), [1.0, 1.04], 0.04)
    assert (edge.pts_seconds, edge.row) == (pytest.approx(1.02), 0.5)
    assert edge.std_seconds == pytest.approx(0.04 / np.sqrt(12))


@pytest.mark.parametrize(
    "during",
    [
        lit_rows(slice(10, 20), slice(60, 70)),
        np.where(np.arange(16) < 9, lit_rows(slice(0, 90)), REST),
        np.random.default_rng(0).uniform(3.0, 5.0, REST.shape),
    ],
    ids=["two bands", "a hand before half of the lens", "another picture"],
)
def test_what_is_no_band_is_no_flash(during):
    assert edges_of_event(REST, [during], REST, [0.0, 0.04], 0.04) == []


def test_a_cut_is_no_lamp():
    other = np.random.default_rng(0).uniform(3.5, 5.5, REST.shape)
    assert edges_of_event(REST, [other], other, [0.0, 0.04], 0.04) == []


# ── no evidence ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_moving_figures_are_no_flashes_and_nothing_is_said():
    dark = seen(FIRST, replace(SCENE, lights=()))
    assert len(dark.edges) == len(joined([])) == 0
    belief = flash.belief(dark, seen(SECOND), Search())
    assert belief.offsets_seconds.size > 100
    np.testing.assert_array_equal(belief.log_likelihood_ratio, 0.0)
    assert flash.local_offsets(dark, seen(SECOND), 0.0) == []
    assert flash.shutters(dark, seen(SECOND), 0.0) is None


def test_one_frame_is_a_signal_without_evidence():
    extractor = flash.Extractor()
    extractor.push(Frame(0, 0.5, np.zeros((90, 160), np.uint8)))
    assert not extractor.signal().valid.any()


def test_a_strobe_fits_many_offsets():
    strobe = by_formula(np.arange(0.5, 20, 0.5) + 0.001, read_out=0.03, interval=1 / 30)
    ratio = flash.belief(strobe, strobe, Search()).log_likelihood_ratio
    peaks = np.flatnonzero((ratio[1:-1] > ratio[:-2]) & (ratio[1:-1] >= ratio[2:]) & (ratio[1:-1] > 0.7 * ratio.max()))
    assert len(peaks) >= 5


def test_no_candidates_where_the_overlap_is_too_short():
    assert flash.belief(seen(FIRST), seen(SECOND), Search(min_overlap_seconds=60.0)).offsets_seconds.size == 0


def test_files_are_tied_by_their_flashes_alone(tmp_path):
    paths = tmp_path / "a.mp4", tmp_path / "b.mp4"
    for path, camera in zip(paths, (FIRST, SECOND), strict=True):
        write_video(SCENE, camera, path)
    (pair,) = viewsync.sync(paths, cues=("flash",)).pairs
    assert pair.verdict is Verdict.TIED
    assert pair.offset_seconds == pytest.approx(truth(FIRST, SECOND)[0], abs=0.0005)
