from itertools import islice

import cv2
import numpy as np
import pytest
import torch
from eyes import FRAMES, write_eyes
from scipy.ndimage import gaussian_filter1d

from viewsync.media import frames
from viewsync.networks.stereo_delay import RATE_HZ, DelayNetwork
from viewsync.signals.flow import FlowReader, small_field
from viewsync.signals.resample import average_onto_grid
from viewsync.stereo.clips import LEAST_SHARED, DelayClips, StereoFields, stereo_fields
from viewsync.stereo.delay_training import Schedule, score, trained
from viewsync.stereo.recordings import stereo_recordings
from viewsync.stereo.refilming import _closer, _dulled, _noisy, _refreshed, disturbed, filmed, flipped, shares
from viewsync.types import InputError

FPS = (15.0, 20.0, 24.0, 29.97, 30.0, 48.0, 59.94, 60.0)


def clock(seconds=8.0, fps=30.0, name=0):
    """Flow that says when it is: 1 per second, and 100 per recording."""
    middles = (np.arange(int(seconds * fps)) + 0.5) / fps + 100 * name
    eye = np.broadcast_to(middles[:, None, None, None], (len(middles), 2, 24, 32)).astype(np.float32)
    return StereoFields(f"clock {name}", fps, eye, eye)


def random_fields(intervals, seed=0):
    return np.random.default_rng(seed).normal(size=(intervals, 2, 24, 32)).astype(np.float32)


def test_flow_is_worked_out_as_the_cue_does_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    (rig,) = stereo_recordings(write_eyes(tmp_path / "data" / "rig"))
    made = stereo_fields(rig)
    assert (made.name, made.fps) == ("rig", pytest.approx(30))
    assert (made.left.shape, made.left.dtype) == ((FRAMES - 1, 2, 24, 32), np.float16)
    reader = FlowReader()
    flows = [reader.flow(frame) for frame in frames(rig.right)]
    expected = np.stack([small_field(flow, 1 / 30) for flow in flows[1:]])
    np.testing.assert_allclose(made.right, expected, rtol=1e-3, atol=1e-3)
    assert np.median(made.right[:, 0]) > 1
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache" / "stereo").iterdir()}
    assert len(kept) == 2
    again = stereo_fields(rig)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    np.testing.assert_array_equal(again.left, made.left)


def test_a_camera_of_the_same_rate_sees_the_same():
    fields = random_fields(60)
    np.testing.assert_allclose(filmed(fields, 30.0, 0.5, 1.0, 30.0), fields[15:45], atol=1e-5)
    between = filmed(fields, 30.0, 0.5 + 0.25 / 30, 1.0, 30.0)
    np.testing.assert_allclose(between, 0.75 * fields[15:45] + 0.25 * fields[16:46], atol=1e-5)


@pytest.mark.parametrize("fps", FPS)
def test_at_any_rate_all_displacements_are_seen(fps):
    fields = random_fields(90)
    seen = filmed(fields, 30.0, 0.1, 2.0, fps)
    seconds = len(seen) / fps
    whole = seconds * 30.0
    expected = fields[3 : 3 + int(whole)].sum(axis=0) + (whole % 1) * fields[3 + int(whole)]
    np.testing.assert_allclose(seen.sum(axis=0) * 30 / fps, expected, atol=1e-3)


@pytest.mark.parametrize("fps", FPS)
def test_samples_are_means_as_the_cue_takes_them(fps):
    count = 3 * round(fps)
    values = np.random.default_rng(0).normal(size=(count, 4))
    times = np.arange(count + 1) / fps
    expected, valid = average_onto_grid(times, values / fps, RATE_HZ)
    samples = int(count / fps * RATE_HZ) - 1
    intervals, parts = shares(count, fps, samples)
    np.testing.assert_allclose((values[intervals] * parts[..., None]).sum(axis=1), expected[:samples], atol=1e-5)
    np.testing.assert_allclose(parts.sum(axis=1), 1, atol=1e-5)
    assert valid.all()


@pytest.mark.parametrize("axis", [2, 3])
def test_flipped_flow_is_that_of_flipped_pictures(axis):
    grays = [np.random.default_rng(0).uniform(0, 255, (96, 140)).astype(np.float32)]
    grays = [cv2.GaussianBlur(grays[0], (0, 0), 3)]
    grays = [
        np.uint8(cv2.normalize(grays[0], None, 0, 255, cv2.NORM_MINMAX))[start:, start : start + 128] for start in (0, 2)
    ]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    before, after = (np.ascontiguousarray(gray[:90]) for gray in grays)
    seen = small_field(flow.calc(before, after, None), 1 / 30)[None]
    turned = [np.ascontiguousarray(np.flip(gray, axis - 2)) for gray in (before, after)]
    mirrored = small_field(flow.calc(*turned, None), 1 / 30)[None]
    np.testing.assert_allclose(flipped(seen, [axis])[0, :, 2:-2, 2:-2], mirrored[0, :, 2:-2, 2:-2], atol=0.3)
    np.testing.assert_array_equal(flipped(flipped(seen, [axis]), [axis]), seen)


def test_other_lenses_make_flow_larger_by_as_much_as_pictures():
    gradual = np.broadcast_to(np.linspace(-1, 1, 32, dtype=np.float32), (3, 2, 24, 32)).copy()
    for seed in range(8):
        made = _closer(gradual, np.random.default_rng(seed))
        # Part of a zoom's flow, made as large as the whole, is the same zoom's: as steep, with another middle.
        np.testing.assert_allclose(np.diff(made, axis=3)[:, :, :, 3:-3], 2 / 31, atol=0.01)


@pytest.mark.parametrize("change", [_dulled, _noisy, _refreshed, disturbed])
def test_no_disturbance_tells_the_time(change):
    fields = np.ones((400, 2, 24, 32), np.float32)
    made = [change(fields, np.random.default_rng(seed)) for seed in range(30)]
    assert all(one.dtype == np.float32 and one.shape == fields.shape for one in made)
    assert np.std(made) > 0.05
    sizes = np.stack([one.std(axis=(1, 2, 3)) for one in made])
    assert np.ptp(sizes.mean(axis=0)) < 8 * sizes.std() / np.sqrt(len(made)) + 1e-6
    np.testing.assert_array_equal(fields, 1)


@pytest.mark.parametrize("plain", [True, False])
def test_lags_are_true(plain, monkeypatch):
    monkeypatch.setattr("viewsync.stereo.clips.disturbed", lambda fields, rng: fields)
    clips = DelayClips([clock(name=number) for number in range(3)], 300, 0, (1.0, 4.0), plain=plain)
    for batch in islice(clips, 6):
        a, b = (eye.on_grid(eye.fields.abs().mean((1, 2, 3))[:, None].double())[..., 0] for eye in (batch.a, batch.b))
        assert a.shape == b.shape
        assert a.shape[0] * a.shape[1] == pytest.approx(300, rel=0.4)
        for one, other, lag in zip(a, b, batch.lag_samples, strict=True):
            # Sample t of b shows what sample t + lag of a shows.
            assert round(one[0].item() // 100) == round(other[0].item() // 100)
            found = (other - one)[4:-4] * RATE_HZ
            # At other rates a sample may be told what was seen between two frames some time before or after it.
            assert found.mean().item() == pytest.approx(lag.item(), abs=0.01 if plain else 0.1)
            assert (found - lag).abs().max() < (0.02 if plain else 1.01)
            assert abs(lag) <= batch.largest_lag
            assert abs(lag) <= (1 - LEAST_SHARED) * len(one) + 1
        assert batch.lag_samples.frac().abs().max() > 0.01
        recordings = (a[:, 0] // 100).round()
        assert bool((recordings != recordings.roll(1)).all())


def test_batches_depend_on_the_seed_alone():
    recordings = [StereoFields(str(seed), 30.0, random_fields(90, seed), random_fields(90, seed + 9)) for seed in range(2)]
    one, same, other = (next(iter(DelayClips(recordings, 120, seed, (1.0, 1.5)))) for seed in (0, 0, 1))
    assert torch.equal(one.a.fields, same.a.fields)
    assert torch.equal(one.lag_samples, same.lag_samples)
    assert not torch.equal(one.lag_samples[:2], other.lag_samples[:2])


def test_too_little_to_learn_from():
    with pytest.raises(InputError, match="at least 2 stereo recordings, got 1"):
        DelayClips([clock()], 300, 0)
    with pytest.raises(InputError, match=r"clock 1 lasts 1\.0 s, but clips of 0\.7 s .* need 1\.2 s"):
        DelayClips([clock(), clock(1.0, name=1)], 300, 0)


def test_training_steps_and_scores(monkeypatch):
    monkeypatch.setattr("viewsync.stereo.delay_training._TESTED_SAMPLES", 60)
    recordings = [
        StereoFields(str(seed), 30.0, *2 * (3 * gaussian_filter1d(random_fields(90, seed), 1.5, axis=0),))
        for seed in range(2)
    ]
    told = []
    network = trained(
        recordings, Schedule(2, samples=60, learning_rate=1e-5), seed=0, progress=lambda *args: told.append(args)
    )
    assert told == [("training", 1, 2), ("training", 2, 2)]
    torch.manual_seed(0)
    fresh = DelayNetwork()
    assert not torch.equal(network.head.log_gain, fresh.head.log_gain)
    # To a fresh network, all moments are much alike. Here, little makes a great difference.
    torch.nn.init.constant_(network.head.log_gain, 2.0)
    torch.nn.init.constant_(network.head.leave.bias[0], -0.98)
    found = score(network, recordings, (1.5, 1.5), batches=4, seed=0)
    assert found.clips == 8
    # Both eyes see exactly the same.
    assert found.right >= 0.75
    assert found.median_error_seconds < 0.04
