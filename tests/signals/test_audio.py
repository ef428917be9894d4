"""The audio cue on generated sound: laws first, then offsets far below a millisecond, drift, and refusals."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile
from sounds import KINDS, RATE_HZ, heard, make, resampled, sound, speech

from viewsync.match.fuse import fuse
from viewsync.offsets.calibrate import CALIBRATIONS
from viewsync.signals import audio
from viewsync.types import AudioSignal, OffsetBelief, Search, Sound

SECONDS = 12.0
LATE, LATER = 37531 / RATE_HZ, 17600 / RATE_HZ
"""By how much the second and the third recorder start after the first, in seconds."""
NARA_WPE = Path(__file__).resolve().parents[2].parent / "shared/data/audio/nara_wpe/data"


@cache
def recorded(kind: str) -> tuple[AudioSignal, AudioSignal, AudioSignal]:
    """One source, heard by three recorders in different places of a room, each from another time on."""
    rng = np.random.default_rng(4)
    source = make(kind, SECONDS + 4, rng)
    return tuple(audio.signal(cut(sound(heard(source, rng)), first, SECONDS)) for first in (0.0, LATE, LATER))


def cut(whole: Sound, first_seconds: float, seconds: float, start_seconds: float = 0.0) -> Sound:
    """A part of a sound, on a clock of its own."""
    first = round(first_seconds * RATE_HZ)
    return Sound(whole.samples[first : first + round(seconds * RATE_HZ)], RATE_HZ, start_seconds)


def moved_by(signal: AudioSignal, seconds: float) -> AudioSignal:
    there = Sound(signal.sound.samples, RATE_HZ, signal.sound.start_seconds + seconds)
    return AudioSignal(signal.cue, signal.values, signal.valid, signal.rate_hz, signal.start_seconds + seconds, there)


def match(a: AudioSignal, b: AudioSignal) -> tuple[OffsetBelief, np.ndarray]:
    """The belief, and the local offsets near its best offset: a row each of times, offsets and errors."""
    belief = audio.belief(a, b, Search())
    found = audio.local_offsets(a, b, float(belief.offsets_seconds[np.argmax(belief.log_likelihood_ratio)]))
    return belief, np.array([(local.seconds, local.offset_seconds, local.std_seconds) for local in found]).reshape(-1, 3).T


@cache
def matched(kind: str, first: int, second: int) -> tuple[OffsetBelief, np.ndarray]:
    return match(recorded(kind)[first], recorded(kind)[second])


def most_probable(belief: OffsetBelief) -> float:
    """Posterior of the best offset, with what lies within 50 ms of it."""
    posterior = fuse([belief], {"audio": CALIBRATIONS["audio"].bias_seconds}, 0.002)
    return float(posterior.probability[posterior.near_best(0.05)].sum())


@pytest.mark.parametrize("kind", KINDS)
def test_swapping_mirrors_the_belief_and_the_local_offsets(kind):
    (forward, (seconds, offsets, stds)), (backward, (seconds_back, offsets_back, stds_back)) = (
        matched(kind, *order) for order in ((0, 1), (1, 0))
    )
    np.testing.assert_allclose(backward.offsets_seconds, -forward.offsets_seconds[::-1], atol=1e-12)
    np.testing.assert_allclose(backward.log_likelihood_ratio[::-1], forward.log_likelihood_ratio, atol=1e-9)
    np.testing.assert_allclose(offsets_back, -offsets, atol=1e-9)
    np.testing.assert_allclose(stds_back, stds, atol=1e-9)
    # The same stretches, on the other clock: they were cut at the best offset of a belief with a step of 10 ms.
    np.testing.assert_allclose(seconds_back, seconds + offsets, atol=0.01)


def test_moving_a_clock_moves_everything():
    a, b, _ = recorded("speech")
    here, before = matched("speech", 0, 1)
    there, after = match(moved_by(a, 100.25), moved_by(b, 7.5))
    np.testing.assert_allclose(there.offsets_seconds, here.offsets_seconds + 92.75, atol=1e-12)
    np.testing.assert_array_equal(there.log_likelihood_ratio, here.log_likelihood_ratio)
    np.testing.assert_allclose(after - before, np.repeat([[7.5], [92.75], [0.0]], before.shape[1], axis=1), atol=1e-9)


def test_a_later_cut_moves_the_offset_by_as_much():
    a, b, _ = recorded("music")
    whole = matched("music", 0, 1)[1][1].mean()
    for first_seconds in (0.5, 8007 / RATE_HZ):  # The second isn't a whole number of hops.
        later = audio.signal(cut(b.sound, first_seconds, SECONDS))
        assert match(a, later)[1][1].mean() - whole == pytest.approx(first_seconds, abs=5e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_local_offsets_close_around_three_recorders(kind):
    ab, bc, ac = (matched(kind, *pair)[1] for pair in ((0, 1), (1, 2), (0, 2)))
    error = np.sqrt(sum(np.mean(stds**2) / stds.size for _, _, stds in (ab, bc, ac)))
    assert abs(ab[1].mean() + bc[1].mean() - ac[1].mean()) < 3 * error


@pytest.mark.parametrize("kind", KINDS)
def test_offsets_far_below_a_millisecond(kind):
    belief, (_, offsets, stds) = matched(kind, 0, 1)
    assert most_probable(belief) > 0.99
    assert offsets.size >= 2
    np.testing.assert_allclose(offsets, LATE, atol=2e-4)
    assert np.all(np.abs(offsets - LATE) < 4 * stds)
    assert stds.max() < 2e-4


def test_local_offsets_lie_on_the_line_of_the_drift():
    rng = np.random.default_rng(11)
    source, count, rate = speech(126.0, rng), round(120 * RATE_HZ), 80e-6
    a, b = (sound(resampled(heard(source, rng), *clock)) for clock in ((0.0, count, 1.0), (rate, count, 3.30371)))
    _, (seconds, offsets, stds) = match(audio.signal(a), audio.signal(b))
    assert seconds.size > 20
    (slope, at_zero), covariance = np.polyfit(seconds, offsets, 1, w=1 / stds, cov="unscaled")
    assert slope == pytest.approx(rate, abs=4 * np.sqrt(covariance[0, 0]))
    assert np.sqrt(covariance[0, 0]) < 1e-6
    assert at_zero == pytest.approx(2.30371, abs=2e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hum", [0.0, 1.5], ids=["", "over hum"])
def test_unrelated_sounds_have_no_probable_offset(kind, hum):
    rng = np.random.default_rng(50)
    seconds = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ

    def recording(phase: float) -> Sound:
        """A sound of its own, and mains of the same frequency, which only differs in phase."""
        samples = heard(make(kind, SECONDS, rng)[: seconds.size], rng)
        mains = sum(np.sin(2 * np.pi * 50 * k * seconds + phase * k) / k for k in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16))
        return sound(samples / samples.std() + hum * mains)

    belief = audio.belief(audio.signal(recording(0.3)), audio.signal(recording(2.0)), Search())
    # Over unrelated pairs a likelihood ratio averages 1, or less where it errs towards refusing. Below 1 no offset can
    # be more probable afterwards than "related" was before.
    assert np.exp(belief.log_likelihood_ratio).mean() < 0.3


@pytest.mark.parametrize("moved", [0, 33])
def test_a_buzz_repeats_too_often_to_tell_an_offset(moved):
    buzz = np.where(np.arange(round(SECONDS * RATE_HZ)) % 80 < 3, 9000, 0).astype(np.int16)
    a, b = (audio.signal(Sound(samples, RATE_HZ, 0.0)) for samples in (buzz, np.roll(buzz, moved)))
    assert most_probable(audio.belief(a, b, Search())) < 0.01
    assert audio.local_offsets(a, b, 0.0) == []


def test_silence_says_nothing_at_all():
    silence = audio.signal(Sound(np.zeros(round(SECONDS * RATE_HZ), np.int16), RATE_HZ, 0.0))
    assert not silence.valid.any()
    for other in (silence, recorded("speech")[0]):
        np.testing.assert_array_equal(audio.belief(silence, other, Search()).log_likelihood_ratio, 0.0)
        assert audio.local_offsets(silence, other, 0.0) == []


def test_no_candidates_where_the_overlap_is_too_short():
    a, b, _ = recorded("speech")
    assert audio.belief(a, b, Search(min_overlap_seconds=60.0)).offsets_seconds.size == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("offset_seconds", [-30.0, -11.9999, 11.9, 12.0, 30.0])
def test_beside_one_another_there_is_nothing_to_locate(offset_seconds):
    a, b, _ = recorded("speech")
    assert audio.local_offsets(a, b, offset_seconds) == []


def test_sounds_of_different_rates_are_refused():
    a, b, _ = recorded("speech")
    other = AudioSignal(b.cue, b.values, b.valid, b.rate_hz, b.start_seconds, Sound(b.sound.samples, 8000, 0.0))
    with pytest.raises(ValueError, match="one sampling rate, got 16000 and 8000 Hz"):
        audio.belief(a, other, Search())


@pytest.mark.skipif(not NARA_WPE.is_dir(), reason="the nara_wpe recordings are not there")
@pytest.mark.parametrize("late_samples", [12345, 40000])
def test_real_speech_in_a_real_room(late_samples):
    # Microphones of one array, some 20 cm (0.6 ms) apart.
    one, five = (wavfile.read(NARA_WPE / f"AMI_WSJ20-Array1-{number}_T10c0201.wav")[1] for number in (1, 5))
    belief, (_, offsets, _) = match(*(audio.signal(Sound(x, RATE_HZ, 0.0)) for x in (one, five[late_samples:])))
    assert most_probable(belief) > 0.99
    assert offsets.size >= 1
    np.testing.assert_allclose(offsets, late_samples / RATE_HZ, atol=0.002)
