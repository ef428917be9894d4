"""JSON that may be long, written item by item so that it is never held whole."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from viewsync.files import whole_file


def write_lists(path: Path, lists: Iterable[tuple[str, Iterable[Any]]]) -> None:
    """Write a JSON object of lists.

    Args:
        path: The file.
        lists: Their names and items.

    Raises:
        InputError: The file can't be written.
    """
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write("{")
        for i, (name, items) in enumerate(lists):
            file.write(f"{',' if i else ''}\n{json.dumps(name)}: [")
            for j, item in enumerate(items):
                file.write((",\n" if j else "\n") + json.dumps(item, allow_nan=False))
            file.write("\n]")
        file.write("\n}\n")
