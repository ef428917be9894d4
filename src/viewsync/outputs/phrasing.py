"""Numbers and sentences as people read them: one place for the terminal and the report."""

import math
from collections.abc import Iterable, Sequence

from viewsync.types import Cycle, PairOffset, Timeline, Verdict

UNKNOWN = "–"
CLOSING_SIGMAS = 3
_MOST_NAMED = 5

_NEXT_STEPS = {
    Verdict.TIED: "Nothing to do.",
    Verdict.AMBIGUOUS: "Use a longer stretch or another cue, or rule out impossible offsets with --max-offset.",
    Verdict.NO_OVERLAP: "Check that it was filmed at the same time as the others; "
    "where only a moment is shared, lower --min-overlap.",
    Verdict.NO_EVIDENCE: "Try another cue with --cue, or film again with a clap or a flash that every camera catches.",
}


def with_error(value: float, std: float | None) -> str:
    """A signed value with its error bar: σ to two significant digits, the value to the same place.

    Args:
        value: In any unit.
        std: Its standard error in the same unit, None where unknown; 0 (a reference) prints the value alone.

    Returns:
        For instance ``"+1.2334 ± 0.0021"``.
    """
    if std is None or not math.isfinite(std):
        return f"{_signed(value, 4)} ± ?"
    if std == 0:
        return _signed(value, 4)
    place = _second_digit(std)
    return f"{_signed(value, place)} ± {_fixed(std, place)}"


def rate_ppm(rate: float | None, std: float | None, bound: float | None) -> str:
    """A clock rate in ppm with its error bar, or what can't be excluded where none was fitted.

    Args:
        rate: Dimensionless, None where not fitted.
        std: Its standard error, None where unknown.
        bound: Largest |rate| that can't be excluded, None where unknown.

    Returns:
        For instance ``"+12.0 ± 4.0"``, ``"within ±50"`` or a dash.
    """
    if rate is not None:
        return with_error(rate * 1e6, None if std is None else std * 1e6)
    if bound is None or not math.isfinite(bound):
        return UNKNOWN
    return f"within ±{_fixed_up(bound * 1e6)}"


def duration(seconds: float) -> str:
    """A length of time: ``"8.4 s"`` or ``"12 min 05 s"``."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def headline(timeline: Timeline) -> str:
    """The result as one sentence."""
    count = len(timeline.cameras)
    untied = [camera.id for camera in timeline.cameras if camera.verdict is not Verdict.TIED]
    if not untied:
        return f"{'Both' if count == 2 else f'All {count}'} cameras are on the clock of {timeline.reference}."
    if len(untied) >= count - 1:
        return f"No camera could be tied to {timeline.reference}."
    return f"{count - len(untied)} of {count} cameras are on the clock of {timeline.reference}; not {listing(untied)}."


def remarks(timeline: Timeline) -> tuple[str, ...]:
    """What to know beside the headline: the least certain camera, and whether triangles close."""
    lines = [
        f"{listing(group)} are tied to one another, but not to {timeline.reference}."
        for group in timeline.components
        if len(group) > 1 and timeline.reference not in group
    ]
    others = [camera for camera in timeline.cameras if camera.offset_std_seconds]
    if others:
        worst = max(others, key=lambda camera: camera.offset_std_seconds or 0.0)
        std = worst.offset_std_seconds or 0.0
        lines.append(f"The least certain is {worst.id}, known to ± {_fixed(std, _second_digit(std))} s (1 σ).")
    return *lines, *cycle_lines(timeline.cycles)


def probability(value: float) -> str:
    """A probability in percent that never rounds up to certainty: ``"97.0%"``, ``"over 99.9%"``."""
    return "over 99.9%" if value > 0.999 else f"{value:.1%}"


def listing(names: Sequence[str]) -> str:
    """Names as a person lists them: ``"a"``, ``"a and b"``, ``"a, b and c"``."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def next_steps(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """What to do about cameras that couldn't be tied, one sentence per kind of verdict."""
    return tuple(_NEXT_STEPS[verdict] for verdict in dict.fromkeys(verdicts))


def cycle_lines(cycles: Sequence[Cycle]) -> tuple[str, ...]:
    """How well offsets add up around triangles: one line in all, and one for each of the worst that don't close."""
    if not cycles:
        return ()
    broken = [cycle for cycle in cycles if not closes(cycle)]
    total = (
        f"Cross-check: the offsets add up around {len(cycles) - len(broken)} of {len(cycles)} camera triangles "
        f"(within {CLOSING_SIGMAS} σ)."
    )
    if not broken:
        return (total,)
    worst = worst_first(broken)
    named = [f"They don't add up around {', '.join(cycle.cameras)}: {residual(cycle)}" for cycle in worst[:_MOST_NAMED]]
    rest = [f"… and around {len(worst) - _MOST_NAMED} more."] if len(worst) > _MOST_NAMED else []
    return total, *named, *rest


def residual(cycle: Cycle) -> str:
    """What is left around a triangle: ``"+0.0012 ± 0.0020 s (0.6 σ)"``."""
    text = f"{with_error(cycle.residual_seconds, cycle.residual_std_seconds)} s"
    if cycle.residual_std_seconds > 0:
        text += f" ({abs(cycle.residual_seconds) / cycle.residual_std_seconds:.1f} σ)"
    return text


def worst_first(cycles: Sequence[Cycle]) -> list[Cycle]:
    """The triangles, those that close worst in units of their error bars first."""
    return sorted(cycles, key=lambda cycle: -abs(cycle.residual_seconds) / (cycle.residual_std_seconds or math.inf))


def pair_residual(seconds: float, std_seconds: float) -> str:
    """How far a pair lies off the solved timeline: ``"+1.2 ms · 0.4 σ"``."""
    place = min(max(_second_digit(std_seconds * 1e3), 0), 3) if std_seconds > 0 else 1
    sigmas = f" · {abs(seconds) / std_seconds:.1f} σ" if std_seconds > 0 else ""
    return f"{_signed(seconds * 1e3, place)} ms{sigmas}"


def drift_sentence(a: str, b: str, rate: float | None, std: float | None, bound: float | None) -> str:
    """What a pair's rate means: how far b's clock gets away from a's in an hour.

    Args:
        a: Id of the camera whose clock is the measure.
        b: Id of the other.
        rate: Dimensionless, t_a = (1 + rate) · t_b + offset; None where not fitted.
        std: Its standard error, None where unknown.
        bound: Largest |rate| that can't be excluded, None where unknown.
    """
    if rate is not None:
        # With a positive rate more time goes by on a's clock than on b's.
        verb = "loses" if rate > 0 else "gains"
        return f"{b}'s clock {verb} {_per_hour(abs(rate))} against {a}'s ({rate_ppm(rate, std, bound)} ppm)."
    if bound is None or not math.isfinite(bound):
        return "No drift was found."
    return f"No drift was found; {_fixed_up(bound * 1e6)} ppm, {_per_hour(bound)}, can't be excluded."


def _per_hour(rate: float) -> str:
    seconds = 3600 * rate
    return f"{float(f'{1000 * seconds:.2g}'):g} ms an hour" if seconds < 1 else f"{float(f'{seconds:.2g}'):g} s an hour"


def closes(cycle: Cycle) -> bool:
    """Whether a triangle's residual is within `CLOSING_SIGMAS` of its error bars."""
    return abs(cycle.residual_seconds) <= CLOSING_SIGMAS * cycle.residual_std_seconds


def decided_by(pair: PairOffset) -> str | None:
    """Name of the cue that carries most of a pair's information, None where no cue carries any."""
    heaviest = max(pair.cues, key=lambda cue: cue.weight, default=None)
    return heaviest.name if heaviest is not None and heaviest.weight > 0 else None


def cue_shares(pair: PairOffset) -> str:
    """The cues that carry a pair's offset and their shares: ``"motion 70%, audio 30%"``."""
    shares = sorted((cue for cue in pair.cues if cue.weight > 0), key=lambda cue: -cue.weight)
    return ", ".join(cue.name if cue.weight >= 0.995 else f"{cue.name} {cue.weight:.0%}" for cue in shares) or UNKNOWN


def deciding_pair(timeline: Timeline, camera: str) -> PairOffset | None:
    """The tied pair that says most about where a camera stands: to the reference if there is one, else the surest."""
    tied = [pair for pair in timeline.pairs if camera in (pair.a, pair.b) and pair.offset_std_seconds is not None]
    return min(tied, key=lambda pair: (timeline.reference not in (pair.a, pair.b), pair.offset_std_seconds), default=None)


def printable(text: str) -> str:
    """`text` without what could steer a terminal or can't be encoded: a file's name may hold anything."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _second_digit(std: float) -> int:
    """Decimal place of σ's second significant digit; it can be negative. Rounding first makes 0.00999 a 0.010."""
    return 1 - math.floor(math.log10(float(f"{std:.1e}")))


def _fixed(value: float, place: int) -> str:
    return f"{round(value, place):.{max(place, 0)}f}"


def _signed(value: float, place: int) -> str:
    # Adding 0.0 turns −0.0 into 0.0.
    rounded = round(value, place) + 0.0
    return f"{rounded:+.{max(place, 0)}f}" if rounded else f"{rounded:.{max(place, 0)}f}"


def _fixed_up(value: float) -> str:
    """Two significant digits, rounded up: a bound must not become tighter in print."""
    if value <= 0:
        return "0"
    place = _second_digit(value)
    # The small slack keeps 50 ppm, held as 50.000000000000004, from becoming 51.
    return _fixed(math.ceil(value * 10.0**place - 1e-9) / 10.0**place, place)
