"""All views of scenes at one view's instant: which one that is, and which pairs are synchronized."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from viewsync.networks.view_sync import ViewSync
from viewsync.types import InputError


@dataclass(frozen=True)
class Synchronized:
    """What `synchronize` found.

    Attributes:
        maps: All views' maps at the reference view's instant, per scale.
        flows_cells: Along which they were moved, per scale; zero for the reference and for missing views.
        reference: Which view the reference is, for each scene.
    """

    maps: list[Float[Tensor, "batch view channel _ _"]]
    flows_cells: list[Float[Tensor, "batch view 2 _ _"]]
    reference: Int[Tensor, " batch"]


def synchronize(
    sync: ViewSync | nn.ModuleList,
    maps: Sequence[Float[Tensor, "batch view channel _ _"]],
    present: Bool[Tensor, "batch view"] | None = None,
    fundamental: Float[Tensor, "batch view view 3 3"] | None = None,
    projections: Float[Tensor, "batch view 3 4"] | None = None,
    *,
    reference_view: int = 0,
    matching_maps: Sequence[Float[Tensor, "batch view channels _ _"]] | None = None,
) -> Synchronized:
    """Move all other views' maps to the instant of the reference view; its own stay as they are, as do missing views'.

    Args:
        sync: For all pairs of views (the paper's one network); or one for each view as the other one.
        maps: Of all views, per scale, coarsest first.
        present: Which views there are; all unless told.
        fundamental: F of each view as the reference with each other one, as `geometry.epipolar.fundamental_matrices`.
        projections: K [R | t] of each view, as `geometry.triangulation.projection_matrices`.
        reference_view: The reference, and where it's missing, the next view that isn't (after the last comes the first).
        matching_maps: What is matched instead of `maps`, as released, where features of their own do that.

    Raises:
        InputError: A scene has no view; or as `ViewSync.forward`.
    """
    if present is None:
        present = torch.ones(maps[0].shape[:2], dtype=torch.bool, device=maps[0].device)
    matched = maps if matching_maps is None else matching_maps
    reference = choose_reference(present, reference_view)
    moved, flows = list(maps), [each.new_zeros(*each.shape[:2], 2, *each.shape[3:]) for each in maps]
    for one, scene, view in _pairs(sync, present, reference):
        at_reference, pair = (scene, reference[scene]), (scene, view)
        matrix = None if fundamental is None else fundamental[*at_reference, view]
        cameras = None if projections is None else torch.stack([projections[at_reference], projections[pair]], dim=1)
        found = one.flows([each[at_reference] for each in matched], [each[pair] for each in matched], matrix, cameras)
        warped = one.warp([each[pair] for each in maps], found)
        moved = [whole.index_put(pair, part) for whole, part in zip(moved, warped, strict=True)]
        flows = [whole.index_put(pair, part) for whole, part in zip(flows, found, strict=True)]
    return Synchronized(moved, flows, reference)


def choose_reference(present: Bool[Tensor, "batch view"], reference_view: int = 0) -> Int[Tensor, " batch"]:
    """The wanted view, or where it is missing the next one that isn't; after the last comes the first.

    Raises:
        InputError: A scene has no view.
    """
    if not bool(present.any(dim=1).all()):
        empty = int((~present.any(dim=1)).nonzero()[0])
        raise InputError(f"scene {empty} of the batch has no view at all. Leave it out.")
    views = present.shape[1]
    order = (torch.arange(views, device=present.device) + reference_view) % views
    return order[present[:, order].int().argmax(dim=1)]


def _pairs(
    sync: ViewSync | nn.ModuleList, present: Bool[Tensor, "batch view"], reference: Int[Tensor, " batch"]
) -> Iterator[tuple[ViewSync, Int[Tensor, " view_pair"], Int[Tensor, " view_pair"]]]:
    """Scenes and views that are to be synchronized with their scene's reference, and by what."""
    views = torch.arange(present.shape[1], device=present.device)
    others = present & (views != reference[:, None])
    each = [(sync, others)] if isinstance(sync, ViewSync) else [(one, others & (views == i)) for i, one in enumerate(sync)]
    for one, chosen in each:
        assert isinstance(one, ViewSync)
        if bool(chosen.any()):
            scene, view = chosen.nonzero(as_tuple=True)
            yield one, scene, view
