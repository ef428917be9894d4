"""How alike two rows of embeddings are at every lag, differentiable, and where between the lags they are most alike."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def lags(frames_a: int, frames_b: int) -> Int[Tensor, " lag"]:
    """All lags at which two rows overlap, as `correlations` orders them: frame t + lag of a is frame t of b."""
    return torch.arange(1 - frames_b, frames_a)


def overlaps(frames_a: int, frames_b: int) -> Int[Tensor, " lag"]:
    """How many frames overlap at each of `lags`."""
    lag = lags(frames_a, frames_b)
    return torch.minimum(torch.tensor(frames_a), frames_b + lag) - lag.clamp_min(0)


def correlations(
    a: Float[Tensor, "first time_a dimension"], b: Float[Tensor, "second time_b dimension"]
) -> Float[Tensor, "first second lag"]:
    """For every a with every b and at all `lags`, the sum over t of a(t + lag) · b(t), by FFT."""
    size = a.shape[1] + b.shape[1] - 1
    spectra_a, spectra_b = (torch.fft.rfft(rows, n=size, dim=1) for rows in (a, b))
    products = torch.einsum("mfd,nfd->mnf", spectra_a, spectra_b.conj())
    # Negative lags stand at the end.
    sums: Tensor = torch.fft.irfft(products, n=size, dim=2).roll(b.shape[1] - 1, dims=2)
    return sums


def peak(curve: Float[Tensor, "*batch lag"]) -> Float[Tensor, "*batch"]:
    """Index of the highest point, between the samples too: the vertex of the parabola through it and its neighbours."""
    top = curve.argmax(dim=-1, keepdim=True).clamp(1, curve.shape[-1] - 2)
    before, here, after = (curve.gather(-1, top + step) for step in (-1, 0, 1))
    bend = before - 2 * here + after
    shift = torch.where(bend < 0, (before - after) / (2 * bend.clamp_max(-torch.finfo(curve.dtype).tiny)), 0.0)
    place: Tensor = (top + shift.clamp(-1, 1)).squeeze(-1)
    return place.to(curve.dtype)
