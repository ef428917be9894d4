"""Other people's programs, each run as a process of its own: two files in, an offset out.

All return ``t_a − t_b`` in seconds, as we do, or None where the program itself says that it can't tell.
"""

import json
import os
import subprocess
from pathlib import Path

from viewsync.types import InputError

_UNLIKELY_SCORE = 5.0
"""audio-offset-finder's README: a result with a lower standard score is unlikely to be right."""

_AUDALIGN = """
import contextlib, json, sys
import audalign
with contextlib.redirect_stdout(sys.stderr):
    found = audalign.align_files(*sys.argv[1:], recognizer=audalign.CorrelationRecognizer())
print(json.dumps({name: shift for name, shift in (found or {}).items() if isinstance(shift, (int, float))}))
"""


def peers_python() -> Path:
    """The interpreter of the environment that the peers live in: $VIEWSYNC_PEERS, or .venv-peers in the repository.

    Raises:
        InputError: There is none; the text says how to make it.
    """
    repository = Path(__file__).parents[3]
    environment = Path(os.environ.get("VIEWSYNC_PEERS") or repository / ".venv-peers")
    python = environment / "bin" / "python"
    if not python.exists():
        raise InputError(
            f"no peers at {environment}. Make them: python3.11 -m venv .venv-peers && "
            ".venv-peers/bin/pip install -r benchmarks/peers-requirements.txt (they need ffmpeg and ffprobe on PATH)."
        )
    return python


def audio_offset_finder(python: Path, a: Path, b: Path) -> float | None:
    """BBC's audio-offset-finder: MFCC correlation on a grid of 16 ms."""
    program = python.with_name("audio-offset-finder")
    said = _run([program, "--find-offset-of", b, "--within", a, "--json"])
    result = json.loads(said) if said else {"standard_score": 0.0}
    return float(result["time_offset"]) if result["standard_score"] >= _UNLIKELY_SCORE else None


def syncstart_sound(python: Path, a: Path, b: Path) -> float | None:
    """Syncstart: correlation of the waveforms."""
    return _syncstart(python, a, b)


def syncstart_picture(python: Path, a: Path, b: Path) -> float | None:
    """`syncstart -v`: correlation of the brightness difference between the picture's halves."""
    return _syncstart(python, a, b, "-v")


def _syncstart(python: Path, a: Path, b: Path, *options: str) -> float | None:
    said = _run([python.with_name("syncstart"), "-s", "-q", *options, a, b])
    lines = [line for line in said.splitlines() if line.startswith((f"{a},", f"{b},"))]
    if not lines:
        return None
    # It names the file that must be advanced: that one started earlier.
    file, _, seconds = lines[-1].rpartition(",")
    return float(seconds) if file == str(a) else -float(seconds)


def audalign(python: Path, a: Path, b: Path) -> float | None:
    """Audalign with its most exact recognizer, correlation of the waveforms."""
    said = _run([python, "-c", _AUDALIGN, a, b])
    shifts = json.loads(said.splitlines()[-1]) if said else {}
    return shifts[b.name] - shifts[a.name] if {a.name, b.name} <= shifts.keys() else None


def _run(command: list[str | Path]) -> str:
    """Standard output; empty where the program failed, which counts as "can't tell"."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300).stdout
