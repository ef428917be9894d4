"""Which delay lies between two clips, by their matching matrix: the submodule "Delay Estimation" of Boizard et al.

In a matrix of n × n, row i is frame i of the left clip, column j frame j of the right one. At a delay of d frames (the right
clip's start minus the left's) they show the same where j = i − d. Class k is a delay of k − (n − 1): from −(n − 1) to n, and
n − |d| frames are shared.
"""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from viewsync.types import InputError

Bias = Literal["as printed", "corrected"]


class DelayHead(nn.Module, ABC):
    """What tells the delay from a matrix as `viewsync.networks.stereo.MatchingNetwork` makes it, unscaled.

    Args:
        frames: n, the length of a clip.
    """

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.frames = frames

    @property
    def delays(self) -> range:
        """In frames, of each class."""
        return range(1 - self.frames, self.frames + 1)

    def forward(self, matrix: Float[Tensor, "batch row column"]) -> Float[Tensor, "batch class"]:
        """Logits of the 2n delays.

        Raises:
            InputError: The matrix isn't n × n.
        """
        if matrix.shape[1:] != (self.frames, self.frames):
            raise InputError(
                f"the matching matrix is {matrix.shape[1]} x {matrix.shape[2]}, but this network takes {self.frames} x "
                f"{self.frames}. Cut all clips to {self.frames} frames."
            )
        return self.logits(matrix)

    @abstractmethod
    def logits(self, matrix: Float[Tensor, "batch row column"]) -> Float[Tensor, "batch class"]:
        """Of matrices of the right size."""


class HeatMap(DelayHead):
    """The diagonal that holds most of the rows' maxima; it learns nothing.

    A row of m equal maxima gives each of their diagonals 1/m. Where diagonals are equal, so are their logits: ``argmax``
    takes the lowest delay. A delay of n, which has no diagonal, gets 0.

    Args:
        frames: n, the length of a clip.
        higher_is_alike: Whether frames are more alike where the matrix is higher, or where it is lower.
        bias: ``as printed``, a logit is the count, which by chance is the higher, the longer the diagonal is. ``corrected``,
            it is how unlikely it is that chance would put so many there: the exponent of Chernoff's bound for a row's
            maximum to fall into any column, negative where there are fewer than by chance.
    """

    diagonals: Tensor

    def __init__(self, frames: int = 20, *, higher_is_alike: bool, bias: Bias = "as printed") -> None:
        super().__init__(frames)
        self.higher_is_alike = higher_is_alike
        self.bias = bias
        frame = torch.arange(frames)
        classes = frame[:, None] - frame + frames - 1
        self.register_buffer("diagonals", functional.one_hot(classes.flatten(), 2 * frames).float(), persistent=False)

    def logits(self, matrix: Float[Tensor, "batch row column"]) -> Float[Tensor, "batch class"]:
        """Counts of maxima, or how far they are beyond chance."""
        alike = matrix if self.higher_is_alike else -matrix
        best = (alike == alike.amax(2, keepdim=True)).to(matrix.dtype)
        counts = (best / best.sum(2, keepdim=True)).flatten(1) @ self.diagonals.to(matrix.dtype)
        return counts if self.bias == "as printed" else self._beyond_chance(counts)

    def _beyond_chance(self, counts: Float[Tensor, "batch class"]) -> Float[Tensor, "batch class"]:
        lengths, chance = self.diagonals.to(counts.dtype).sum(0), 1 / self.frames
        share = (counts / lengths.clamp_min(1)).clamp(0, 1)
        hit, missed = torch.xlogy(share, share / chance), torch.xlogy(1 - share, (1 - share) / (1 - chance))
        return lengths * (hit + missed) * (share - chance).sign()


class DenseDelay(DelayHead):
    """The paper's: three linear layers on all numbers of the matrix, row by row.

    Args:
        frames: n, the length of a clip.
    """

    def __init__(self, frames: int = 20) -> None:
        super().__init__(frames)
        relu = nn.ReLU(inplace=True)
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(frames**2, 64), relu, nn.Linear(64, 32), relu, nn.Linear(32, 2 * frames)
        )

    def logits(self, matrix: Float[Tensor, "batch row column"]) -> Float[Tensor, "batch class"]:
        """Of the softmax."""
        logits: Tensor = self.layers(matrix)
        return logits


class MatrixCNN(DelayHead):
    """A small convolutional network on the matrix; the paper tried one and dropped it, without its sizes.

    Args:
        frames: n, the length of a clip.
    """

    def __init__(self, frames: int = 20) -> None:
        super().__init__(frames)
        relu = nn.ReLU(inplace=True)
        convolutions = [nn.Conv2d(1, 16, 3, padding=1), relu, nn.Conv2d(16, 32, 3, padding=1), relu]
        side = (frames + 1) // 2
        self.layers = nn.Sequential(
            *convolutions,
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Flatten(),
            nn.Linear(32 * side**2, 64),
            relu,
            nn.Linear(64, 2 * frames),
        )

    def logits(self, matrix: Float[Tensor, "batch row column"]) -> Float[Tensor, "batch class"]:
        """Of the softmax."""
        logits: Tensor = self.layers(matrix[:, None])
        return logits


class MatrixBiLSTM(DelayHead):
    """An LSTM that runs along the rows both ways; the paper tried one and dropped it, without its sizes.

    Args:
        frames: n, the length of a clip.
        hidden: Width of each way.
    """

    def __init__(self, frames: int = 20, hidden: int = 64) -> None:
        super().__init__(frames)
        self.lstm = nn.LSTM(frames, hidden, batch_first=True, bidirectional=True)
        self.last = nn.Linear(2 * hidden, 2 * frames)

    def logits(self, matrix: Float[Tensor, "batch row column"]) -> Float[Tensor, "batch class"]:
        """Of the softmax."""
        _, (states, _) = self.lstm(matrix)
        logits: Tensor = self.last(torch.cat([*states], dim=1))
        return logits
