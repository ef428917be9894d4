"""Writes docs/measured.md, its gist into the README, and papers' tables into their pages, from what `viewsync bench` wrote.

python benchmarks/tables.py
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from viewsync.benchmarks.paper_tables import FIRST_PAGE, PAPERS
from viewsync.benchmarks.row import Row, read_results
from viewsync.benchmarks.table import gist, markdown
from viewsync.types import InputError

START, END = "<!-- bench:start -->", "<!-- bench:end -->"
HERE = Path(__file__).parent
MEASURED = """# Measured

Everything that `viewsync bench` measured, written by `python benchmarks/tables.py`;
[benchmarks/README.md](../benchmarks/README.md) says how.

"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=HERE.parent)
    parser.add_argument("--results", type=Path, default=HERE / "results")
    options = parser.parse_args()
    readme, measured = options.root / "README.md", options.root / "docs" / "measured.md"
    try:
        results = [read_results(path) for path in sorted(options.results.glob("*.json"))]
        if not results:
            raise InputError(f"no results in {options.results}: run `viewsync bench -o {options.results}` first.")
        gists = gist([_telling(suite.rows) for suite in results])
        readme.write_text(between_markers(readme, gists), "utf-8")
        for suite in results:
            start, end = (marker.replace("bench:", f"bench:{suite.suite}:") for marker in (START, END))
            if suite.suite in FIRST_PAGE and start in readme.read_text("utf-8"):
                table = f"\n{FIRST_PAGE[suite.suite](suite.rows)}\n"
                readme.write_text(between_markers(readme, table, start, end), "utf-8")
            if suite.suite in PAPERS:
                page = options.root / "docs" / f"{suite.suite}.md"
                page.write_text(between_markers(page, f"\n{PAPERS[suite.suite](suite.rows)}\n"), "utf-8")
        measured.write_text(MEASURED + "\n\n".join(map(markdown, results)) + "\n", "utf-8")
    except InputError as error:
        print(f"tables: {error}", file=sys.stderr)
        return 2
    return 0


def between_markers(page: Path, text: str, first: str = START, last: str = END) -> str:
    """The page's text with other text between its markers."""
    before, start, rest = page.read_text("utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not (start and end):
        raise InputError(f"{page.name} needs the lines {first} and {last}: the tables go between them.")
    return f"{before}{first}\n{text}\n{last}{after}"


def _telling(rows: Sequence[Row]) -> Sequence[Row]:
    """Of the lines with a bar those that sum up the others, or the worst of each kind; and every miss."""
    barred = [row for row in rows if row.bar]
    misses = [row for row in barred if row.passed is False]
    if summed_up := [row for row in barred if row.scene == "all" and row.passed is not False]:
        return [*summed_up, *misses]
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in barred:
        if row.passed:
            kinds.setdefault((row.metric, row.bar), []).append(row)
    return [*(_worst(alike) for alike in kinds.values()), *misses]


def _worst(rows: Sequence[Row]) -> Row:
    """The line nearest to its bar, standing for all."""
    if len(rows) == 1:
        return rows[0]
    choose = max if rows[0].bar.startswith("≤") else min
    worst = choose(rows, key=lambda row: row.value or 0.0)
    return replace(worst, scene=f"worst of {len(rows)}", n=sum(row.n for row in rows))


if __name__ == "__main__":
    sys.exit(main())
