"""One line of a benchmark, and the file that keeps a suite's lines together with the machine they were measured on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from viewsync.machine import Machine
from viewsync.types import InputError

SCHEMA = "viewsync.bench/1"


@dataclass(frozen=True)
class Row:
    """One measured number, and the bar it has to reach."""

    suite: str
    scene: str
    metric: str
    value: float | None
    """None where there was nothing to measure; `note` says why."""
    unit: str
    bar: str
    """The bar as text, such as "≤ 1"; empty where the number is only printed."""
    passed: bool | None
    """None where there is no bar, or nothing to hold against it."""
    n: int
    """How many cases the number comes from."""
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """The range that a number has to lie in."""

    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        limits = (("≥", self.at_least), ("≤", self.at_most))
        return " and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)

    def holds(self, value: float) -> bool:
        """Whether the value lies in the range."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


def measured(
    suite: str, scene: str, metric: str, value: float | None, unit: str, n: int, bar: Bar | None = None, note: str = ""
) -> Row:
    """A row whose bar, if it has one, is a range."""
    value = None if value is None else float(value)  # NumPy's numbers are none of JSON's.
    passed = None if bar is None or value is None else bar.holds(value)
    return Row(suite, scene, metric, value, unit, "" if bar is None else str(bar), passed, n, note)


def skipped(suite: str, scene: str, reason: str) -> Row:
    """A row that says what could not be run, and why."""
    return Row(suite, scene, "not run", None, "", "", None, 0, reason)


@dataclass(frozen=True)
class Results:
    """A suite's rows as one run measured them."""

    suite: str
    seed: int
    quick: bool
    seconds: float
    """Wall time of the whole suite."""
    machine: Machine
    rows: tuple[Row, ...]


def write_results(results: Results, folder: Path) -> Path:
    """Write `<suite>.json`; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.suite}.json"
    text = json.dumps({"schema": SCHEMA} | asdict(results), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises:
        InputError: The file isn't a results file.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields.pop("schema") != SCHEMA:
            raise ValueError(f"its schema isn't {SCHEMA}")
        rows = tuple(Row(**row) for row in fields.pop("rows"))
        return Results(machine=Machine(**fields.pop("machine")), rows=rows, **fields)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} can't be read as benchmark results: {error}. Run `viewsync bench` again.") from error


def all_passed(rows: Iterable[Row]) -> bool:
    """Whether no bar was missed. Rows without a bar, and scenes that were not run, don't count."""
    return all(row.passed is not False for row in rows)
