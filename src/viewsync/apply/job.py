"""Files that are made once: one that the same job has finished before is left as it is."""

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from viewsync.files import hidden_stem, remove_abandoned, whole_file, write_whole

Facts = Mapping[str, Any]
"""Plain values, as JSON has them."""


def once(out: Path, parameters: Facts, make: Callable[[Path], Facts]) -> Facts:
    """Make a file, whole or not at all, unless this job has made it before and nobody has touched it since.

    What was done is kept in a small hidden file beside it, which is written last: a run that was killed in between makes
    the file once more.

    Args:
        out: The file.
        parameters: All that its content depends on.
        make: Writes the file that it is given, and says what is worth knowing about it.

    Returns:
        What `make` said, now or then.

    Raises:
        InputError: The file can't be written, or `make` raised it.
    """
    record = out.with_name(f"{hidden_stem(out)}.json")
    job = {"version": version("viewsync"), **parameters}
    known = _read(record)
    if known is not None and known["job"] == job and known["file"] == _state(out):
        facts: Facts = known["facts"]
        return facts
    remove_abandoned(out)
    with whole_file(out) as temporary:
        facts = make(temporary)
    write_whole(record, json.dumps({"job": job, "file": _state(out), "facts": facts}).encode())
    return facts


def _state(path: Path) -> list[int] | None:
    """What changes when somebody writes to the file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _read(record: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(record.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.keys() >= {"job", "file", "facts"} else None
