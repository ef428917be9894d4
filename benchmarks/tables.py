"""Rewrites the results section of the README from the JSON files that `viewsync bench -o benchmarks/results` wrote.

python benchmarks/tables.py
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from viewsync.benchmarks.row import Results, read_results
from viewsync.benchmarks.table import markdown
from viewsync.types import InputError

START, END = "<!-- bench:start -->", "<!-- bench:end -->"
HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readme", type=Path, default=HERE.parent / "README.md")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    options = parser.parse_args()
    try:
        options.readme.write_text(with_results(options.readme.read_text("utf-8"), options.results), "utf-8")
    except InputError as error:
        print(f"tables: {error}", file=sys.stderr)
        return 2
    return 0


def with_results(readme: str, folder: Path) -> str:
    """The README's text with one table per results file between its markers."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise InputError(f"no results in {folder}: run `viewsync bench -o {folder}` first.")
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise InputError(f"the README needs the lines {START} and {END}: the tables go between them.")
    tables = "\n\n".join(markdown(_contract(read_results(path))) for path in paths)
    return f"{before}{START}\n{tables}\n{END}{after}"


def _contract(results: Results) -> Results:
    """Only the lines that have a bar, or didn't run; all of a suite that has none. The files have everything."""
    if not any(row.bar for row in results.rows):
        return results
    return replace(results, rows=tuple(row for row in results.rows if row.bar or row.value is None))


if __name__ == "__main__":
    sys.exit(main())
