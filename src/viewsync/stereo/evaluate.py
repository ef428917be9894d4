"""How often, and by how much, delays are told wrongly: the paper's measures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int

from viewsync.networks.delay import DelayHead
from viewsync.networks.stereo import MatchingNetwork
from viewsync.networks.stereo_delay import DelayNetwork
from viewsync.stereo.clips import StereoFields
from viewsync.stereo.embedding import Embedded, matrices
from viewsync.stereo.recordings import CLIP_FRAMES
from viewsync.stereo.sampling import Sequences
from viewsync.types import InputError

LEAST_SHARED = 5
"""Frames that two clips must share for a delay to be worth asking for."""
_AT_ONCE = 256


@dataclass(frozen=True)
class Score:
    """Of some clips. F1 is of the exact delay."""

    sequences: int
    f1_macro: float
    """Mean of the F1 of all delays that occur."""
    f1_weighted: float
    """The same, each delay weighted by how often it occurs."""
    exact: float
    """Share of the clips whose delay was told exactly."""
    mae_frames: float
    """Mean distance from the true delay."""

    @classmethod
    def of(cls, found: Int[np.ndarray, " sequence"], truth: Int[np.ndarray, " sequence"]) -> "Score":
        """Of delays found.

        Raises:
            InputError: There are no clips.
        """
        if not len(truth):
            raise InputError("there are no clips to test on. Give recordings that are long enough.")
        delays, counts = np.unique(truth, return_counts=True)
        hits = ((found == truth) & (truth == delays[:, None])).sum(axis=1)
        # 2 TP / (2 TP + FP + FN): of each delay, how often it was found plus how often it was true.
        f1 = 2 * hits / ((found == delays[:, None]).sum(axis=1) + counts)
        return cls(
            sequences=len(truth),
            f1_macro=round(float(f1.mean()), 4),
            f1_weighted=round(float(np.average(f1, weights=counts)), 4),
            exact=round(float((found == truth).mean()), 4),
            mae_frames=round(float(np.abs(found - truth).mean()), 4),
        )


@dataclass(frozen=True)
class Scores:
    """Over all delays, and over those that leave enough to go by."""

    every: Score
    shared: Score
    """Where the clips share at least `LEAST_SHARED` frames."""

    @classmethod
    def of(cls, found: Int[np.ndarray, " sequence"], truth: Int[np.ndarray, " sequence"]) -> "Scores":
        """Of delays found.

        Raises:
            InputError: There are no clips, or none that share enough.
        """
        enough = shares_enough(truth)
        return cls(Score.of(found, truth), Score.of(found[enough], truth[enough]))


def shares_enough(delay: Int[np.ndarray, " sequence"]) -> Bool[np.ndarray, " sequence"]:
    """Whether clips of these delays share at least `LEAST_SHARED` frames."""
    return np.asarray(CLIP_FRAMES - np.abs(delay) >= LEAST_SHARED)


@torch.inference_mode()
def delays_found(
    matcher: MatchingNetwork, head: DelayHead, recordings: Sequence[Embedded], clips: Sequences
) -> Int[np.ndarray, " sequence"]:
    """What a matching and a delay network say.

    Args:
        matcher: By which the recordings were embedded.
        head: In evaluation mode.
        recordings: That the clips were drawn from.
        clips: Of `CLIP_FRAMES` frames.
    """
    parts = (head(matrices(matcher, recordings, part)).argmax(1).numpy() for part in _parts(clips))
    return np.concatenate([*parts]) + head.delays[0]


@torch.inference_mode()
def delays_believed(
    network: DelayNetwork, recordings: Sequence[StereoFields], clips: Sequences
) -> Int[np.ndarray, " sequence"]:
    """What the network of the cue says of the same clips; nothing around their intervals is shown to it.

    Args:
        network: In evaluation mode.
        recordings: That the clips were drawn from, 30 frames per second.
        clips: Of `CLIP_FRAMES` intervals.
    """
    sides = [
        [network.see(torch.from_numpy(np.array(side, dtype=np.float32))) for side in (one.left, one.right)]
        for one in recordings
    ]
    lags, found = range(1 - CLIP_FRAMES, CLIP_FRAMES + 1), []
    for part in _parts(clips):
        a, b = (
            torch.stack(
                [sides[one][side][start : start + CLIP_FRAMES] for one, start in zip(part.recording, starts, strict=True)]
            )
            for side, starts in enumerate((part.left_start, part.right_start))
        )
        belief = network.belief(network.embed(a), network.embed(b), lags)
        found.append(belief.log_likelihood.argmax(1).numpy() + lags[0])
    return np.concatenate(found)


def _parts(clips: Sequences) -> list[Sequences]:
    """Few enough at once for any memory."""
    return [
        Sequences(*(values[start : start + _AT_ONCE] for values in clips)) for start in range(0, len(clips.delay), _AT_ONCE)
    ]
