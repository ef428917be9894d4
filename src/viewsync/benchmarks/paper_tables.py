"""Markdown of suites that set what was measured here beside what papers published: a table per table of the paper."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from viewsync.benchmarks.row import Row

STD, PUBLISHED = ": std of seeds", ", published"
MEASURES = {"accuracy": (1, "%"), "SynError": (3, "s")}
Values = Mapping[str, float]
"""By metric."""


def tables(rows: Sequence[Row]) -> str:
    """A line for each scene, whose name begins with the table's and a colon; a column for each test."""
    groups: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        table, _, name = row.scene.rpartition(": ")
        if row.value is not None:
            groups[table or "beside them"][name][row.metric] = row.value
    return "\n\n".join(filter(None, (_table(name, lines) for name, lines in groups.items())))


def _table(title: str, lines: Mapping[str, Values]) -> str:
    metrics = dict.fromkeys(metric for values in lines.values() for metric in values)
    tests = [metric.partition(", ")[2] for metric in metrics if metric.startswith("accuracy, ") and STD not in metric]
    if not tests:
        return ""
    head = [title, *(f"*{test}*" if PUBLISHED in test else test for test in tests)]
    body = [[name, *(_cell(values, test) for test in tests)] for name, values in lines.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body])


def _cell(values: Values, test: str) -> str:
    found = []
    for measure, (digits, unit) in MEASURES.items():
        value, spread = values.get(f"{measure}, {test}"), values.get(f"{measure}, {test}{STD}")
        if value is None:
            return ""
        around = "" if spread is None else f" ± {spread:.{digits}f}"
        found.append(f"{value:.{digits}f}{around} {unit}")
    return f"*{', '.join(found)}*" if PUBLISHED in test else ", ".join(found)
