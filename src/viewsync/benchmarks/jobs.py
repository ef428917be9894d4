"""Jobs that take minutes: one process per core, and what is done is kept for the next time, by the code that did it."""

import ast
import hashlib
import json
import multiprocessing
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import torch
from threadpoolctl import threadpool_limits

import viewsync
from viewsync.files import write_whole
from viewsync.machine import this_machine


@runtime_checkable
class Place(Protocol):
    """What jobs are done with."""

    @property
    def folder(self) -> Path:
        """Where all is kept."""


Stage = TypeVar("Stage", bound=Place)
Found = TypeVar("Found")


class Work(ABC, Generic[Stage, Found]):
    """A job; two that read alike (`repr`) are one."""

    @abstractmethod
    def outcome(self, stage: Stage) -> Found:
        """Do it."""

    @abstractmethod
    def name(self, stage: Stage) -> str | None:
        """Of the outcome's file: it says all that the outcome depends on. None: it isn't kept."""

    @staticmethod
    @abstractmethod
    def read(said: Any) -> Found:
        """An outcome from its JSON, in which dataclasses are dictionaries."""

    @abstractmethod
    def told(self, found: Found) -> str:
        """A line about an outcome."""

    @classmethod
    @abstractmethod
    def prepare(cls, new: Sequence[Any], stage: Stage, cores: int, tell: Callable[[str], None]) -> None:
        """Make what all of these need; none of them are left where everything is kept."""

    @property
    def base(self) -> "Work[Stage, Found] | None":
        """The job that this one goes on from: done before it."""
        return None


def follow(
    jobs: Sequence[Work[Stage, Found]], stage: Stage, tell: Callable[[str], None], cores: int | None = None
) -> list[Found]:
    """Outcomes of jobs in their order; equal ones are done once, and those whose outcomes are kept not at all.

    Args:
        jobs: What to do, all of one kind.
        stage: What it is done with; in its folder `runs` outcomes are kept.
        tell: Told of everything that is done.
        cores: How many processes work; as many as may be used if None. 1: this one.
    """
    cores = cores or this_machine().cores
    different, bases = {repr(job): job for job in jobs}, {repr(job.base) for job in jobs}
    paths = {said: stage.folder / "runs" / f"{name}.json" for said, job in different.items() if (name := job.name(stage))}
    found = {
        said: different[said].read(json.loads(path.read_bytes())["found"]) for said, path in paths.items() if path.exists()
    }
    new = {said: job for said, job in different.items() if said not in found}
    tell(f"{len(different)} runs, of which {len(found)} are kept in {stage.folder}")
    for kind in {type(job) for job in jobs}:
        kind.prepare([*new.values()], stage, cores, tell)
    waves = (
        each({said: partial(_timed, job, stage) for said, job in new.items() if (said in bases) is early}, cores)
        for early in (True, False)
    )
    for number, (said, (outcome, minutes)) in enumerate(chain.from_iterable(waves), start=1):
        found[said] = outcome
        if said in paths:
            content = {"job": said, "cpu_minutes": minutes, "found": outcome}
            write_whole(paths[said], json.dumps(content, indent=1, default=asdict).encode())
        tell(f"{number} of {len(new)} done, {minutes:.1f} min: {different[said].told(outcome)}")
    return [found[repr(job)] for job in jobs]


def _timed(job: Work[Stage, Found], stage: Stage) -> tuple[Found, float]:
    """An outcome, and minutes of a core."""
    began = time.process_time()
    return job.outcome(stage), (time.process_time() - began) / 60


def each(tasks: Mapping[str, Callable[[], Found]], cores: int) -> Iterator[tuple[str, Found]]:
    """What tasks return, in the order in which they end, with their names.

    Args:
        tasks: What to do, by name.
        cores: How many processes work. 1: this one.
    """
    if cores == 1 or len(tasks) <= 1:
        yield from ((name, task()) for name, task in tasks.items())
        return
    with ProcessPoolExecutor(min(cores, len(tasks)), multiprocessing.get_context("spawn"), _begin) as pool:
        try:
            names = {pool.submit(task): name for name, task in tasks.items()}
            for future in as_completed(names):
                yield names[future], future.result()
        except BaseException:
            # Else the pool would wait for minutes.
            for process in multiprocessing.active_children():
                process.kill()
            raise


def _begin() -> None:
    """Processes share the cores: one thread each."""
    os.environ["LP_NUM_THREADS"] = "1"
    threadpool_limits(1)
    torch.set_num_threads(1)


def fingerprint(depends_on: tuple[str, ...], *settings: object) -> str:
    """Of code, and of settings as they read: short enough for a file's name.

    Args:
        depends_on: Patterns of the package's files.
        settings: What else counts.
    """
    return hashlib.sha256(" ".join(map(str, (code(depends_on), *settings))).encode()).hexdigest()[:16]


@cache
def code(patterns: tuple[str, ...]) -> str:
    """A hash of some of the package's code, but for its words: a comment mustn't cost hours of training."""
    package, digest = Path(viewsync.__file__).parent, hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in package.glob(pattern)):
        digest.update(ast.dump(_Wordless().visit(ast.parse(path.read_bytes()))).encode())
    return digest.hexdigest()


class _Wordless(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Drop a docstring."""
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else node
