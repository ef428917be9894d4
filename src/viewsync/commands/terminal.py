"""What all commands share: exit codes and progress bars."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewsync.progress import Progress

EXIT_OUT_OF_SYNC, EXIT_UNUSABLE, EXIT_UNTIED, EXIT_INTERRUPTED, EXIT_UNREAD = 1, 2, 3, 130, 141


@contextmanager
def progress_bars() -> Iterator["Progress"]:
    """A bar per task on stderr, as tasks come up; nothing where that isn't a terminal."""
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    tasks: dict[str, TaskID] = {}
    console = Console(stderr=True)
    with Bars(console=console, transient=True, disable=not console.is_terminal) as bars:

        def report(task: str, done: int, whole: int) -> None:
            if task not in tasks:
                tasks[task] = bars.add_task(task, total=whole)
            # Done ones make room: there may be hundreds.
            bars.update(tasks[task], completed=done, visible=done < whole)

        yield report
