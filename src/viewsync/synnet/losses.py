"""What SynNet is trained for: the right shift, and errors that are small."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

Penalty = Literal["expected", "argmax", "none"]


def shift_loss(
    logits: Float[Tensor, "pair class"],
    classes: Int[Tensor, " pair"],
    *,
    alpha: float = 0.8,
    penalty: Penalty = "expected",
) -> Float[Tensor, ""]:
    """α · cross entropy + (1 − α) · penalty, on the mean over pairs.

    Args:
        logits: Of the shifts.
        classes: The true ones.
        alpha: The cross entropy's share; the paper gives none.
        penalty: How far off the shift is, in classes: ``expected``, the distance of the distribution's mean, which has a
            gradient; ``argmax``, as printed, the distance of the likeliest one, which has none, so that it only adds to the
            number; ``none``, the cross entropy alone.
    """
    entropy = functional.cross_entropy(logits, classes)
    if penalty == "none":
        return entropy
    if penalty == "argmax":
        guess = logits.argmax(dim=1).to(logits.dtype)
    else:
        guess = torch.softmax(logits, dim=1) @ torch.arange(logits.shape[1], dtype=logits.dtype, device=logits.device)
    return alpha * entropy + (1 - alpha) * (guess - classes).abs().mean()
