"""Sounds that a test makes for itself, and recorders that hear them badly."""

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from viewsync.types import Sound

RATE_HZ = 16_000
KINDS = ("speech", "music", "impacts", "crowd")


def sound(samples, start_seconds=0.0, level=3000.0):
    """16-bit sound of a root-mean-square level."""
    scale = level / max(float(np.std(samples)), 1e-9)
    return Sound(np.clip(np.round(samples * scale), -32768, 32767).astype(np.int16), RATE_HZ, start_seconds)


def make(kind, seconds, rng):
    """A source: someone talks, someone plays, things fall, or a place is full of people."""
    if kind == "crowd":
        return sum(speech(seconds, rng) * rng.uniform(0.3, 1) for _ in range(12))
    return {"speech": speech, "music": music, "impacts": impacts}[kind](seconds, rng)


def speech(seconds, rng):
    """Syllables of voiced (buzzing, with formants) and unvoiced (hissing) sound, with pauses between phrases."""
    count = round(seconds * RATE_HZ)
    track, at, pitch = np.zeros(count), 0, rng.uniform(90, 220)
    while at < count:
        if rng.uniform() < 0.12:
            at += round(rng.uniform(0.3, 1.2) * RATE_HZ)
            continue
        length = round(rng.uniform(0.08, 0.3) * RATE_HZ)
        swell = np.hanning(length) ** 0.5 * rng.uniform(0.3, 1)
        if rng.uniform() < 0.7:
            hz = pitch * rng.uniform(0.8, 1.3) * (1 + 0.1 * np.linspace(0, rng.normal(), length))
            phase = np.cumsum(hz) / RATE_HZ
            voice = np.diff(np.floor(phase), prepend=0.0) + 0.02 * rng.normal(size=length)
            for formant in (rng.uniform(300, 800), rng.uniform(900, 2300), rng.uniform(2400, 3500)):
                radius = np.exp(-np.pi * 90 / RATE_HZ)
                turn = 2 * np.pi * formant / RATE_HZ
                voice = lfilter([1 - radius], [1, -2 * radius * np.cos(turn), radius**2], voice)
            voice /= voice.std() + 1e-9
        else:
            band = (rng.uniform(1500, 3000), rng.uniform(5000, 7500))
            voice = sosfilt(butter(2, band, "bandpass", fs=RATE_HZ, output="sos"), rng.normal(size=length))
            voice *= 0.3 / voice.std()
        stop = min(at + length, count)
        track[at:stop] += (swell * voice)[: stop - at]
        at += round(length * rng.uniform(0.7, 1.1))
    return track


def music(seconds, rng):
    """Two voices of decaying notes with overtones on a pentatonic scale and a beat."""
    count = round(seconds * RATE_HZ)
    track, beat = np.zeros(count), 60 / rng.uniform(80, 140)
    scale = 220 * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)
    for octave in (0.5, 1.0):
        at = 0.0
        while at < seconds:
            length = min(round(1.2 * RATE_HZ), count - round(at * RATE_HZ))
            t, hz = np.arange(length) / RATE_HZ, octave * rng.choice(scale)
            note = sum(np.sin(2 * np.pi * k * hz * t + rng.uniform(0, 6.3)) * 0.6**k for k in range(1, 9))
            start = round(at * RATE_HZ)
            track[start : start + length] += rng.uniform(0.3, 1) * note * np.exp(-t / 0.25)
            at += beat * rng.choice([0.5, 1, 1, 2]) + rng.normal(0, 0.008)
    return track + 0.003 * rng.normal(size=count)


def impacts(seconds, rng):
    """Steps and things that fall, two a second, over a faint hiss."""
    count = round(seconds * RATE_HZ)
    strikes = np.zeros(count)
    when = rng.integers(0, count, max(2, rng.poisson(2 * seconds)))
    strikes[when] = rng.uniform(0.1, 1, len(when))
    ring = rng.normal(size=800) * np.exp(-np.arange(800) / rng.uniform(50, 250))
    return fftconvolve(strikes, ring)[:count] + 0.002 * rng.normal(size=count)


def room(samples, decay_seconds, rng, direct=1.0):
    """The sound in a room: the direct path, then an exponentially decaying noise of echoes."""
    tail = np.arange(round(6 * decay_seconds * RATE_HZ)) / RATE_HZ
    echoes = rng.normal(size=tail.size) * np.exp(-tail / decay_seconds)
    echoes *= 1 / np.sqrt(np.sum(echoes**2))
    echoes[0] = direct
    return fftconvolve(samples, echoes)[: len(samples)]


def noisy(samples, snr_db, rng):
    """The sound with white noise."""
    return samples + rng.normal(0, 10 ** (-snr_db / 20) * samples.std(), len(samples))


def heard(samples, rng):
    """The sound as some recorder somewhere in the room keeps it: echoes, its own frequency response, its own noise."""
    samples = room(samples, rng.uniform(0.02, 0.12), rng, direct=rng.uniform(0.5, 3))
    band = (rng.uniform(50, 250), rng.uniform(2500, 7800))
    samples = sosfilt(butter(1, band, "bandpass", fs=RATE_HZ, output="sos"), samples)
    return noisy(samples, rng.uniform(0, 30), rng)


def resampled(samples, rate, count, start_seconds):
    """What a recorder whose clock obeys t = (1 + rate) · t_own + start hears: `count` samples of its own."""
    place = ((1 + rate) * np.arange(count) / RATE_HZ + start_seconds) * RATE_HZ
    return map_coordinates(samples.astype(np.float64), place[None], order=5, mode="constant")
