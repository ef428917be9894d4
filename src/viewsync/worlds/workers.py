"""Processes that film a world's cameras side by side, and write its truth once all have filmed it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty

from threadpoolctl import threadpool_limits

from viewsync.progress import Progress
from viewsync.types import InputError
from viewsync.worlds.filming import film
from viewsync.worlds.scene_folder import film_is_done, remove_unfinished
from viewsync.worlds.truth.scene import write_scene_truth
from viewsync.worlds.world import World

_POLL_SECONDS = 0.2


def film_all(scenes: Iterator[tuple[World, Path]], formats: tuple[str, ...], count: int, progress: Progress) -> None:
    """Film scenes and write their truth. However it ends, all files are whole.

    Args:
        scenes: Worlds and the folders they go to; taken one by one as processes get free.
        formats: Of truth.
        count: How many processes.
        progress: Called with (scene and camera, frames done, frames in all).

    Raises:
        InputError: A scene can't be filmed or written, or a process died.
    """
    context = multiprocessing.get_context("spawn")
    reports: Queue[tuple[str, int, int]] = context.Queue()
    # Nothing is ever sent: when the parent's end is closed, by itself or as the parent is gone, its processes end.
    theirs, ours = context.Pipe(duplex=False)
    # Processes are begun from a thread that nothing interrupts, and never see Ctrl-C: it is for their parent to handle.
    deaf = signal.pthread_sigmask, (signal.SIG_BLOCK, (signal.SIGINT,))
    pool = ProcessPoolExecutor(count, context, _begin, (reports, theirs, count))
    with theirs, ours, pool, ThreadPoolExecutor(1, "begin", *deaf) as desk:
        work = _Work(pool, desk, formats)
        try:
            for world, folder in scenes:
                work.take_on(world, folder)
                while len(work.waiting) >= 2 * count:
                    work.collect()
                    _pass_on(reports, progress)
            while work.waiting:
                work.collect()
                _pass_on(reports, progress)
        except BaseException as error:
            desk.shutdown()
            ours.close()
            pool.shutdown(cancel_futures=True)
            for folder in work.films_left:
                remove_unfinished(folder)
            if isinstance(error, BrokenProcessPool):
                raise InputError(
                    "a process that rendered was killed, perhaps for want of memory: "
                    "take fewer --workers or a smaller --size."
                ) from error
            raise


class _Work:
    """What a pool of processes has to do."""

    def __init__(self, pool: ProcessPoolExecutor, desk: ThreadPoolExecutor, formats: tuple[str, ...]) -> None:
        self.waiting: dict[Future[None], tuple[World, Path]] = {}
        self.films_left: dict[Path, int] = {}
        """Of each scene that was begun and isn't finished."""
        self._pool, self._desk, self._formats = pool, desk, formats

    def take_on(self, world: World, folder: Path) -> None:
        """Have a scene filmed."""
        remove_unfinished(folder)
        # A scene whose films are all done still needs its truth, so there is always one task.
        cameras = [i for i, camera in enumerate(world.cameras) if not film_is_done(camera, folder)] or [0]
        self.films_left[folder] = len(cameras)
        for camera in cameras:
            self._submit(_film, world, folder, camera)

    def collect(self) -> None:
        """Wait a moment for something to be done, and have the truth written of scenes whose films are."""
        done, _ = wait(self.waiting, _POLL_SECONDS, FIRST_COMPLETED)
        for future in done:
            world, folder = self.waiting.pop(future)
            future.result()
            self.films_left[folder] -= 1
            if self.films_left[folder] == 0:
                self._submit(write_scene_truth, world, folder)
            elif self.films_left[folder] < 0:
                del self.films_left[folder]

    def _submit(self, task: Callable[..., None], world: World, folder: Path, *arguments: int) -> None:
        submitted = self._desk.submit(self._pool.submit, task, world, folder, self._formats, *arguments)
        self.waiting[submitted.result()] = (world, folder)


def _pass_on(reports: "Queue[tuple[str, int, int]]", progress: Progress) -> None:
    try:
        while True:
            progress(*reports.get_nowait())
    except Empty:
        pass


# ── in the processes ──────────────────────────────────────────────────────────────────────────────────────────────

_reports: "Queue[tuple[str, int, int]] | None" = None


def _begin(reports: "Queue[tuple[str, int, int]]", parent: Connection, count: int) -> None:
    """Set a process up: it shares the cores, and ends as soon as its parent says so or is gone."""
    global _reports
    _reports = reports
    # Else it would wait at its end until somebody has read them all.
    reports.cancel_join_thread()
    threads = max(1, (os.cpu_count() or 1) // count)
    # Mesa's, and NumPy's: more of them than cores only wait for each other.
    os.environ["LP_NUM_THREADS"] = str(threads)
    threadpool_limits(threads)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Connection) -> None:
    parent.poll(None)
    # At once, whatever is going on; the hidden files that are left go before the command ends, or with the next one.
    os._exit(1)


def _film(world: World, folder: Path, formats: tuple[str, ...], camera: int) -> None:
    name = f"{folder.name} {world.cameras[camera].name}"

    def report(done: int, whole: int) -> None:
        if _reports is not None:
            _reports.put((name, done, whole))

    film(world, world.cameras[camera], folder, report, masks="masks" in formats, depth="depth" in formats)
