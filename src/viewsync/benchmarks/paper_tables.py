"""Markdown of suites that set what was measured here beside what papers published: a table per table of the paper."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from viewsync.benchmarks.row import Row

STD, PUBLISHED = ": std of seeds", ", published"
MEASURES = {"accuracy": (1, "%"), "SynError": (3, "s")}
Values = Mapping[str, float]
"""By metric."""


def synnet(rows: Sequence[Row]) -> str:
    """A line for each scene, whose name begins with the table's and a colon; a column for each test."""
    groups: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        table, _, name = row.scene.rpartition(": ")
        if row.value is not None:
            groups[table or "beside them"][name][row.metric] = row.value
    return "\n\n".join(filter(None, (_table(name, lines) for name, lines in groups.items())))


def _table(title: str, lines: Mapping[str, Values]) -> str:
    """Accuracy and SynError of each test."""
    metrics = dict.fromkeys(metric for values in lines.values() for metric in values)
    tests = [metric.partition(", ")[2] for metric in metrics if metric.startswith("accuracy, ") and STD not in metric]
    if not tests:
        return ""
    head = [title, *(f"*{test}*" if PUBLISHED in test else test for test in tests)]
    body = [[name, *(_cell(values, test) for test in tests)] for name, values in lines.items()]
    return _markdown([head, *(line for line in body if any(line[1:]))])


def _cell(values: Values, test: str) -> str:
    found = []
    for measure, (digits, unit) in MEASURES.items():
        value, spread = values.get(f"{measure}, {test}"), values.get(f"{measure}, {test}{STD}")
        if value is None:
            return ""
        around = "" if spread is None else f" ± {spread:.{digits}f}"
        found.append(f"{value:.{digits}f}{around} {unit}")
    return f"*{', '.join(found)}*" if PUBLISHED in test else ", ".join(found)


_STEREO_MEANS = ("F1 macro", "F1 weighted", "exact", "MAE")
_STEREO_SHARED = ", where 5 frames are shared"
_IN_SYNC = " cue in sync"


def stereo(rows: Sequence[Row]) -> str:
    """Means over unseen sets of all combinations; F1 set by set; and what `sync` makes of the cue."""
    lines: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        if row.value is not None:
            digits = 1 if row.unit in ("%", "ms") else 3 if row.metric.startswith("F1") else 2
            lines[row.scene][row.metric] = f"{row.value:.{digits}f} {row.unit}".strip()
    networks = {scene: values for scene, values in lines.items() if not scene.endswith(_IN_SYNC)}
    in_sync = {scene.removesuffix(_IN_SYNC): values for scene, values in lines.items() if scene.endswith(_IN_SYNC)}
    every, shared = (
        _lines(title, networks, {f"{name}, mean{where}": name for name in _STEREO_MEANS})
        for title, where in (("all delays", ""), (_STEREO_SHARED.removeprefix(", "), _STEREO_SHARED))
    )
    sets = dict.fromkeys(
        metric
        for values in networks.values()
        for metric in values
        if metric.startswith("F1 macro, ") and "mean" not in metric
    )
    by_set = _lines("F1 macro", networks, {metric: metric.removeprefix("F1 macro, ") for metric in sets})
    metrics = dict.fromkeys(metric for values in in_sync.values() for metric in values)
    return "\n\n".join(filter(None, (every, shared, by_set, _lines("`sync`", in_sync, {one: one for one in metrics}))))


_ASSOCIATION_SHARES = ("ACC", "IPAA-100", "IPAA-90", "IPAA-80", "F1", "AP", "FPR-95")
_MORE = "F1, more by "


def association(rows: Sequence[Row]) -> str:
    """A table for each set, a line for each method, mean ± standard deviation of seeds; and what each part adds."""
    groups: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        name, _, line = row.scene.partition(": ")
        if row.value is None:
            continue
        if row.metric in _ASSOCIATION_SHARES:
            groups[name][line][row.metric] = f"{row.value:.3f} {_spread(row)}".strip()
        elif row.metric.startswith(_MORE):
            parts[row.scene][row.metric] = f"{row.value:+.3f} {_spread(row)}".strip()
    tables = [_lines(name, lines, {one: one for one in _ASSOCIATION_SHARES}) for name, lines in groups.items()]
    added = dict.fromkeys(metric for values in parts.values() for metric in values)
    tables.append(_lines("F1, more by", parts, {metric: metric.removeprefix(_MORE) for metric in added}))
    return "\n\n".join(filter(None, tables))


_LATE = "random latency "
_LATENCIES = ("8/50 s", "32/50 s", "64/50 s")
_SETS = ("", "Human3.6M, ")
"""World `lab`, and where published figures are from."""


def pose3d(rows: Sequence[Row]) -> str:
    """Tables IV to VIII: a line for each method; a table for each latency of what is done; what was published, below."""
    own = [row for row in rows if PUBLISHED not in row.metric and row.value is not None]
    actions: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    gammas: dict[str, dict[str, str]] = defaultdict(dict)
    for row in own:
        when, _, line = row.scene.rpartition(": ")
        if when.endswith(", by action"):
            actions[when.removeprefix(_LATE)][line][row.metric] = f"{row.value:.1f}"
        elif when.startswith("γ, "):
            gammas[f"γ = {line}"][when.removeprefix(f"γ, {_LATE}")] = f"{row.value:.1f}"
    tables = [pose3d_by_latency(rows), _ways(own)]
    for title, lines in actions.items():
        names = dict.fromkeys(metric for values in lines.values() for metric in values)
        tables.append(_lines(title, lines, {metric: metric.removeprefix("relative, ") for metric in names}))
    tables.append(_lines("CLS-epi", gammas, {when: when for values in gammas.values() for when in values}))
    return "\n\n".join(filter(None, tables))


def pose3d_by_latency(rows: Sequence[Row]) -> str:
    """Table IV: relative and absolute MPJPE of each line at each latency, without latency, and as published."""
    lines: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        when, _, line = row.scene.rpartition(": ")
        there, marked, late = when.rpartition(_LATE)
        if marked and row.value is not None and there in _SETS and late in _LATENCIES and " against " not in line:
            lines[f"*{line}, published*" if there else line][late][row.metric.removesuffix(PUBLISHED)] = row.value
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    for line, by_latency in lines.items():
        for late, values in by_latency.items():
            if "absolute" in values:
                cells[line][late] = f"{values['relative']:.1f} / {values['absolute']:.1f}"
            if "no latency, relative" in values:
                cells[line][f"none, {late}"] = f"{values['no latency, relative']:.1f}"
    late_ones = {late: f"{late}: relative / absolute" for late in _LATENCIES}
    learned = {f"none, {late}": f"no latency, learned with {late}" for late in _LATENCIES}
    return _lines("MPJPE in mm", cells, {**late_ones, **learned})


def _ways(rows: Sequence[Row]) -> str:
    """Of each line at each latency: by the volume, and by triangulation of the same network's heat-maps."""
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    names = {
        "relative": "by the volume",
        "relative, algebraic": "weighted heat-maps",
        "relative, RANSAC": "those that agree",
    }
    for row in rows:
        when, _, line = row.scene.rpartition(": ")
        if row.metric in names and when.startswith(_LATE) and "by action" not in when and row.value is not None:
            cells[f"{line}, {when.removeprefix(_LATE)}"][row.metric] = f"{row.value:.1f}"
    return _lines("relative MPJPE in mm", cells, names)


_TOLD = ", told the flow"
_FLOW = "flow's error on people, under that of no flow; by seed"
_LOST_PERCENT = -999
"""How far under no flow's a flow is that leads out of the picture: by how much more says nothing."""
_COUNTING_DIGITS = {"MAE": 2, "NAE": 3, "grid error": 1}


def counting(rows: Sequence[Row]) -> str:
    """Tables II and III, a line for each method; then the same without latency, and how well flow is found."""
    tables: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        when, _, line = row.scene.rpartition(": ")
        *there, table, latency = ["", *when.split(", ")]
        metric = row.metric.removesuffix(_TOLD).removesuffix(PUBLISHED)
        if row.value is None:
            continue
        if metric in _COUNTING_DIGITS:
            aside = _TOLD if row.metric.endswith(_TOLD) else PUBLISHED if row.metric.endswith(PUBLISHED) else ""
            _, _, spread = row.note.partition("standard deviation ")
            value = f"{row.value:.{_COUNTING_DIGITS[metric]}f}"
            _append(tables[table][line], latency + aside, f"{value} ± {spread}" if spread else value)
        elif metric == "MAE lower by":
            line, _, base = line.partition(" against ")
            tables[table][line][f"{latency}, MAE under {base}'s"] = f"{row.value:.1f} % ({row.note})"
        elif metric == "MAE above BaseS":
            tables[table][line][f"{latency}, above BaseS"] = f"{row.value:.1f} %"
        elif there and there[-1].startswith("flow in "):
            value = f"{row.value:.0f} %" if row.value > _LOST_PERCENT else f"< {_LOST_PERCENT} %"
            _append(tables[_FLOW][f"{table}: {line.partition(', seed ')[0]}"], f"{there[-1]}, {latency}", value)
    columns = {title: dict.fromkeys(one for cells in lines.values() for one in cells) for title, lines in tables.items()}
    return "\n\n".join(_lines(title, lines, {one: one for one in columns[title]}) for title, lines in tables.items())


def _append(cells: dict[str, str], column: str, value: str) -> None:
    cells[column] = f"{cells[column]} / {value}" if column in cells else value


def _spread(row: Row) -> str:
    """± of seeds, where the note begins with it."""
    return row.note.partition(" over ")[0] if row.note.startswith("±") else ""


def _lines(title: str, lines: Mapping[str, Mapping[str, str]], columns: Mapping[str, str]) -> str:
    """Those lines that have any of the columns."""
    body = [[name, *(values.get(metric, "") for metric in columns)] for name, values in lines.items()]
    body = [line for line in body if any(line[1:])]
    return _markdown([[title, *columns.values()], *body]) if body else ""


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    """The first line is the head."""
    ruled = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in ruled)


PAPERS: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "synnet": synnet, "stereo": stereo, "association": association, "pose3d": pose3d, "counting": counting,
}  # fmt: skip
"""Suites whose tables are those of a paper, and what writes them; each has a page of its name in docs."""
FIRST_PAGE: Mapping[str, Callable[[Sequence[Row]], str]] = {"pose3d": pose3d_by_latency}
"""Suites of which the README has a table of its own, between markers that name them."""
