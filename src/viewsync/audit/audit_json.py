"""`audit.json`, schema 1: an audit for other programs. docs/check.md explains every key."""

from importlib.metadata import version
from typing import Any

from viewsync.audit.verdict import Audit, CueFinding, PairAudit

SCHEMA = "viewsync.audit/1"


def to_json(audit: Audit, command: str) -> dict[str, Any]:
    """An audit as plain values; times in seconds, each pair's on b's clock.

    Args:
        audit: The result.
        command: The command line that made it.
    """
    return {
        "schema": SCHEMA,
        "created_by": {"version": version("viewsync"), "command": command},
        "reference": audit.reference,
        "tolerance_seconds": audit.tolerance_seconds,
        "verdict": audit.verdict.value,
        "cameras": [
            {"id": recording.id, "path": str(recording.path), "sha256": recording.sha256}
            | ({} if recording.id == audit.reference else {"verdict": audit.of(recording.id).value})
            for recording in audit.recordings
        ],
        "pairs": [_pair(pair) for pair in audit.pairs],
        "facts": list(audit.facts),
    }


def _pair(pair: PairAudit) -> dict[str, Any]:
    return {
        "a": pair.a,
        "b": pair.b,
        "verdict": pair.verdict.value,
        "sentences": list(pair.sentences),
        "cues": [_cue(finding) for finding in pair.findings],
    }


def _cue(finding: CueFinding) -> dict[str, Any]:
    track = finding.track
    return {
        "name": track.cue,
        "verdict": finding.verdict.value,
        "bias_std_seconds": track.bias_std_seconds,
        "stretches": [
            {
                "start_seconds": stretch.start_seconds,
                "stop_seconds": stretch.stop_seconds,
                "middle_seconds": stretch.middle_seconds,
                "offset_seconds": stretch.offset_seconds,
                "offset_std_seconds": stretch.std_seconds,
                "rate_ppm": None if stretch.rate is None else stretch.rate * 1e6,
                "rate_std_ppm": None if stretch.rate is None else stretch.rate_std * 1e6,
            }
            for stretch in track.stretches
        ],
        "jumps": [
            {
                "seconds": jump.seconds,
                "std_seconds": jump.std_seconds,
                "size_seconds": jump.size_seconds,
                "size_std_seconds": jump.size_std_seconds,
                "log_odds": jump.log_odds,
            }
            for jump in track.jumps
        ],
        "curve": {
            "seconds": track.seconds.tolist(),
            "offset_seconds": track.offset_seconds.tolist(),
            "offset_std_seconds": track.std_seconds.tolist(),
            "support": track.support.tolist(),
        },
    }
