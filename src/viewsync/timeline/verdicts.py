"""What to say of pairs that were set aside, and of cameras that couldn't be placed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from viewsync.timeline.consensus import Consensus, Disagreement, Dispute
from viewsync.timeline.equations import Measurements
from viewsync.types import CameraClock, PairOffset, Recording, Verdict

_STRONGEST = (Verdict.AMBIGUOUS, Verdict.NO_EVIDENCE, Verdict.NO_OVERLAP)
"""The first of these that any of a camera's pairs has is the camera's: one possible tie outweighs many absent ones."""


def with_reasons(
    pairs: Sequence[PairOffset], tied: Sequence[PairOffset], consensus: Consensus, names: Sequence[str]
) -> tuple[PairOffset, ...]:
    """All pairs; those that were set aside say why, and keep what they measured.

    Args:
        pairs: As measured.
        tied: Those of them that the consensus is about, in its order.
        consensus: Of the tied pairs.
        names: Ids of the cameras.
    """
    added: dict[tuple[str, str], list[str]] = {}
    for row, disagreement in consensus.outvoted.items():
        reason = f"Disagrees with the other pairs by {_gap(disagreement)}; left out."
        added.setdefault((tied[row].a, tied[row].b), []).append(reason)
    for dispute in consensus.disputes:
        for row in sorted(dispute.suspects):
            added.setdefault((tied[row].a, tied[row].b), []).append(_conflict(dispute, names))
    return tuple(replace(pair, reasons=(*pair.reasons, *added.get((pair.a, pair.b), ()))) for pair in pairs)


def untied(
    recording: Recording,
    group: Sequence[str],
    placed: Sequence[str],
    reference: str,
    pairs: Sequence[PairOffset],
    disputes: Sequence[str],
) -> CameraClock:
    """A camera without a place on the reference clock, and why.

    Args:
        recording: The camera's.
        group: Ids of the cameras that it is tied to, its own included.
        placed: Ids of the cameras that have a place.
        reference: Id of the camera whose clock is used.
        pairs: All pairs.
        disputes: Sentences on the conflicts that keep this group apart.
    """
    alone = len(group) == 1
    others = " and ".join(name for name in group if name != recording.id)
    company = () if alone else (f"Tied to {others}, but not to {reference}.",)
    if disputes:
        return CameraClock(recording, Verdict.AMBIGUOUS, (*company, *disputes))
    between = [pair for pair in pairs if (pair.a in group and pair.b in placed) or (pair.b in group and pair.a in placed)]
    verdict = next((v for v in _STRONGEST if any(pair.verdict is v for pair in between)), Verdict.NO_EVIDENCE)
    deciding = [pair for pair in between if pair.verdict is verdict]
    reasons = tuple(f"{pair.a}–{pair.b}: {' '.join(pair.reasons) or pair.verdict.sentence}" for pair in deciding)
    return CameraClock(recording, verdict, (*company, *reasons) or ("It wasn't compared with any placed camera.",))


def disputes_about(
    group: Sequence[int], consensus: Consensus, measured: Measurements, names: Sequence[str]
) -> tuple[str, ...]:
    """A sentence for every dispute that has a pair at one of these cameras.

    Args:
        group: Numbers of the cameras.
        consensus: Of the tied pairs.
        measured: The tied pairs.
        names: Ids of all cameras.
    """
    touching = np.isin(measured.a, group) | np.isin(measured.b, group)
    return tuple(_conflict(dispute, names) for dispute in consensus.disputes if touching[list(dispute.suspects)].any())


def _conflict(dispute: Dispute, names: Sequence[str]) -> str:
    cycle = ", ".join(names[camera] for camera in dispute.cameras)
    return f"The pairs around {cycle} don't add up: {_gap(dispute)} is left over, and nothing tells which is wrong."


def _gap(gap: Disagreement | Dispute) -> str:
    return f"{gap.gap_seconds:+.3f} s ({abs(gap.gap_seconds) / gap.std_seconds:.0f} σ)"
