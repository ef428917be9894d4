"""What the matching networks of `viewsync.networks.stereo` are trained by. Delay networks take the cross entropy."""

from typing import Literal

from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

Distance = Literal["squared euclidean", "cosine"]
Sign = Literal["right", "printed"]


def siamese_loss(logits: Float[Tensor, " pair"], alike: Bool[Tensor, " pair"]) -> Float[Tensor, ""]:
    """The binary cross entropy, on the mean over pairs.

    Args:
        logits: Of `CNNSiamese.pair_logits`.
        alike: Whether the pair's frames show the same instant.
    """
    return functional.binary_cross_entropy_with_logits(logits, alike.to(logits.dtype))


def triplet_loss(
    anchor: Float[Tensor, "triplet feature"],
    positive: Float[Tensor, "triplet feature"],
    negative: Float[Tensor, "triplet feature"],
    *,
    distance: Distance,
    margin: float = 0.5,
    sign: Sign = "right",
) -> Float[Tensor, ""]:
    """max(d(anchor, positive) − d(anchor, negative) + margin, 0), on the mean over triplets.

    Args:
        anchor: Vectors of frames of the left.
        positive: Of frames of the right that show the same.
        negative: Of frames of the right that don't.
        distance: What d is: ``squared euclidean`` for `TripletEuc`, ``cosine`` (1 − the cosine similarity) for `TripletSim`.
        margin: How much nearer than the negative the positive must be to cost nothing.
        sign: ``printed`` puts the cosine similarity itself in place of d, as the paper does, which rewards a positive that
            is less alike than the negative. The formula of the Euclidean distance is right as it is printed.
    """
    if distance == "squared euclidean":
        gap = (anchor - positive).square().sum(1) - (anchor - negative).square().sum(1)
    else:
        gap = functional.cosine_similarity(anchor, negative) - functional.cosine_similarity(anchor, positive)
        gap = -gap if sign == "printed" else gap
    return (gap + margin).relu().mean()
