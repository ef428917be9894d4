"""How long work says how far it is."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Progress = Callable[[str, int, int], None]
"""Called with a task's name, what of it is done, and the whole; perhaps from several threads."""
Item = TypeVar("Item")


def told(items: Iterable[Item], task: str, count: int, progress: Progress) -> Iterator[Item]:
    """The same items, while progress is told.

    Args:
        items: Made one by one.
        task: What they are made for.
        count: How many there are.
        progress: Told after each one is made.
    """
    for done, item in enumerate(items, start=1):
        progress(task, done, count)
        yield item
