"""Rows as tables: on the terminal, and in Markdown for the README."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from viewsync.benchmarks.row import Results, Row

_HEADINGS = ("scene", "metric", "value", "bar", "", "n")
_WORDS = {True: "pass", False: "FAIL", None: ""}
_STYLES = {True: "green", False: "bold red", None: ""}


def table(rows: Sequence[Row], title: str) -> RenderableType:
    """One suite's rows, with the notes below."""
    grid = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for heading in _HEADINGS:
        grid.add_column(heading, justify="right" if heading in ("value", "n") else "left")
    for row, cells in zip(rows, _cells(rows), strict=True):
        grid.add_row(*(Text(cell, style=_STYLES[row.passed] if cell in _WORDS.values() else "") for cell in cells))
    return Group(grid, *(Text(note) for note in _notes(rows)))


def markdown(results: Results) -> str:
    """One suite's rows as a Markdown table, with the run's circumstances above."""
    machine = results.machine
    circumstances = (
        f"Seed {results.seed}{', quick' if results.quick else ''}; {results.seconds:.0f} s on {machine.processor}, "
        f"{machine.cores} cores; commit {machine.commit or 'unknown'}."
    )
    lines = [f"### `viewsync bench {results.suite}`", "", circumstances, ""]
    lines += [_markdown_line(_HEADINGS), _markdown_line(["---", "---", "---:", "---", "---", "---:"])]
    lines += [_markdown_line(cells) for cells in _cells(results.rows)]
    notes = [f"- {note}" for note in _notes(results.rows)]
    return "\n".join(lines + (["", *notes] if notes else []))


def gist(suites: Sequence[Sequence[Row]]) -> str:
    """Rows of several suites as one Markdown table, each suite named once."""
    headings = ("suite", *_HEADINGS)
    lines = [headings, ["---:" if name in ("value", "n") else "---" for name in headings]]
    for rows in suites:
        names = [f"`{rows[0].suite}`", *[""] * (len(rows) - 1)] if rows else []
        lines += [(name, *cells) for name, cells in zip(names, _cells(rows), strict=True)]
    return "\n".join(map(_markdown_line, lines))


def _markdown_line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """A line per row; a scene is named once, on its first line."""
    scenes = [row.scene for row in rows]
    named = [scene if scene != before else "" for scene, before in zip(scenes, [None, *scenes], strict=False)]
    return [
        (
            name,
            row.metric,
            _value(row),
            f"{row.bar} {row.unit}".strip() if row.bar else "",
            _WORDS[row.passed],
            str(row.n),
        )
        for name, row in zip(named, rows, strict=True)
    ]


def _value(row: Row) -> str:
    return "–" if row.value is None else f"{row.value:.3g} {row.unit}".strip()


def _notes(rows: Sequence[Row]) -> list[str]:
    return [f"{row.scene}, {row.metric}: {row.note}" for row in rows if row.note]
