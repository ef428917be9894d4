"""Other people's programs, each run as a process of its own: two files in, an offset out (Pose2Sim: folders, offsets).

All return ``t_a − t_b`` in seconds, as we do, or None where the program itself says that it can't tell.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

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

_POSE2SIM = """
import json, logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
from Pose2Sim.synchronization import synchronize_cams_all
synchronize_cams_all(json.loads(sys.argv[1]))
"""
_POSE2SIM_SAYS = re.compile(r"--> Camera \S+ and c(\d+): (-?\d+) frames offset, correlation (\S+)\.")


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
            ".venv-peers/bin/pip install -r benchmarks/peers-requirements.txt && .venv-peers/bin/pip install --no-deps "
            "pose2sim==0.10.49 (they need ffmpeg and ffprobe on PATH)."
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


def pose2sim(python: Path, folders: Mapping[str, Path], fps: int) -> dict[tuple[str, str], float | None]:
    """Pose2Sim's stage `synchronization`, with the options of its demo but for windows and plots, which need a screen.

    It ties every camera to the first, in whole frames. None where it fails, or where there is no correlation at any offset,
    which it says by one of exactly 0; it has no other way to say that it can't tell.

    Args:
        python: As `peers_python` gives it.
        folders: Each camera's OpenPose JSON (BODY_25), one file per frame, numbered from 0.
        fps: Frames per second of all.

    Returns:
        Seconds t_a − t_b for every two cameras (a, b), in the order of `folders`.
    """
    with TemporaryDirectory() as project:
        pose = Path(project) / "pose"
        pose.mkdir()
        for number, folder in enumerate(folders.values()):
            (pose / f"c{number}_json").symlink_to(folder.resolve())
        config = {
            "project": {"project_dir": project, "frame_rate": fps, "frame_range": "auto"},
            "pose": {"pose_model": "BODY_25"},
            "synchronization": {
                "synchronization_gui": False, "display_sync_plots": False, "save_sync_plots": False,
                "keypoints_to_consider": "all", "approx_time_maxspeed": "auto", "time_range_around_maxspeed": 2.0,
                "likelihood_threshold_synchronization": 0.4, "filter_cutoff": 6, "filter_order": 4,
            },
        }  # fmt: skip
        said = _run([python, "-c", _POSE2SIM, json.dumps(config)])
    # The frame numbers of a camera less its offset are those of the first camera.
    frames = {int(number): int(offset) for number, offset, r in _POSE2SIM_SAYS.findall(said) if r != "0"}
    ahead = [0 if number == 0 else frames.get(number) for number in range(len(folders))]
    return {
        (a, b): None if i is None or j is None else (i - j) / fps
        for (a, i), (b, j) in combinations(zip(folders, ahead, strict=True), 2)
    }


def _run(command: list[str | Path]) -> str:
    """Standard output; empty where the program failed, which counts as "can't tell"."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300).stdout
