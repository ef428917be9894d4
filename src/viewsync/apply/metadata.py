"""What a recording says about itself, for a copy that begins later."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

# These describe the source's container, not the recording.
_OF_CONTAINER = {"major_brand", "minor_version", "compatible_brands", "encoder"}
# Apple's own field is the one that phones' other software goes by.
_MOMENTS = {"creation_time", "com.apple.quicktime.creationdate"}
_TIME_CODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)$")


def advanced(metadata: Mapping[str, str], begun_seconds: float, interval_seconds: float) -> dict[str, str]:
    """Metadata of a file or stream, with creation times and time code moved on to where the copy begins.

    Args:
        metadata: The source's.
        begun_seconds: Time of the source at which the copy begins.
        interval_seconds: Time between frames, by which a time code counts.
    """
    kept = {key: value for key, value in metadata.items() if key not in _OF_CONTAINER}
    for key in _MOMENTS & kept.keys():
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(kept[key]) + timedelta(seconds=begun_seconds)
            kept[key] = moment.isoformat()
    if "timecode" in kept:
        kept["timecode"] = _advanced_time_code(kept["timecode"], begun_seconds, interval_seconds)
    return kept


def _advanced_time_code(code: str, begun_seconds: float, interval_seconds: float) -> str:
    """A time code some frames later; drop-frame codes (with `;`) skip two or four numbers in nine minutes of ten."""
    match = _TIME_CODE.match(code)
    if match is None:
        return code
    hours, minutes, seconds, number = (int(match[group]) for group in (1, 2, 3, 5))
    rate = max(1, round(1 / interval_seconds))
    dropped = rate // 15 if match[4] != ":" else 0
    whole_minutes = 60 * hours + minutes
    frame = rate * (60 * whole_minutes + seconds) + number - dropped * (whole_minutes - whole_minutes // 10)
    frame = (frame + round(begun_seconds / interval_seconds)) % (24 * (3600 * rate - 54 * dropped))
    tens, within = divmod(frame, 600 * rate - 9 * dropped)
    # The first minute of ten is whole.
    skipped = max(0, (within - dropped) // (60 * rate - dropped)) if dropped else 0
    frame += dropped * (9 * tens + skipped)
    seconds, number = divmod(frame, rate)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{match[4]}{number:02}"
