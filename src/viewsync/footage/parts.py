"""Which clips are for training and which for tests, and some samples of many."""

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from viewsync.footage.clip import Split
from viewsync.types import InputError


@runtime_checkable
class _Parted(Protocol):
    @property
    def split(self) -> Split:
        """What it is for."""


PartedT = TypeVar("PartedT", bound=_Parted)
AnyT = TypeVar("AnyT")


def parted(footage: Sequence[PartedT]) -> tuple[list[PartedT], list[PartedT]]:
    """What to train on, and what to measure on: whole clips, as the folder says which is which.

    Raises:
        InputError: Either is missing.
    """
    training = [one for one in footage if one.split == "training"]
    unseen = [one for one in footage if one.split == "test"] or [one for one in footage if one.split == "validation"]
    if not training or not unseen:
        raise InputError(
            f"of {len(footage)} clips {len(training)} are for training and {len(unseen)} for tests, but both are needed. "
            "Render more scenes, or give folders called train and test."
        )
    return training, unseen


def spread(many: Sequence[AnyT], count: int) -> list[AnyT]:
    """Some of many, as far apart as can be."""
    return [many[(2 * number + 1) * len(many) // (2 * count)] for number in range(min(count, len(many)))]
