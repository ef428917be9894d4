"""The machine a benchmark ran on: a number without it says little."""

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("viewsync", "av", "numpy", "scipy", "opencv-python-headless")


@dataclass(frozen=True)
class Machine:
    """What the figures depend on besides the code."""

    processor: str
    cores: int
    """Usable by this process."""
    system: str
    python: str
    libraries: dict[str, str]
    commit: str | None
    """Of the checkout, "-dirty" where it has changes; None where there is none."""


def this_machine() -> Machine:
    """Describe the machine that runs this."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Machine(
        processor=_processor(),
        cores=usable or 1,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        libraries={name: version(name) for name in _LIBRARIES},
        commit=_commit(),
    )


def _processor() -> str:
    """The model's name: `platform.processor()` is empty or vague on Linux."""
    table = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in table.read_text().splitlines() if line.startswith("model name")]
        if table.exists()
        else []
    )
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str | None:
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip() or None
