"""JSON of other programs."""

import json
from pathlib import Path
from typing import Any

from viewsync.types import InputError


def read_json(path: Path) -> Any:
    """A JSON file.

    Raises:
        InputError: it can't be read, or isn't whole.
    """
    try:
        with open(path, "rb") as file:
            return json.loads(file.read())
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the name and your rights.") from error
    except (ValueError, RecursionError) as error:  # Bad JSON and text, endless numbers; nested too deeply.
        raise InputError(f"{path} isn't whole JSON: {error}. Export it again.") from error
