"""What two views have in common, once learnt: it tells, instant by instant, whether they show the same moment."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_RIDGE = 0.005
"""Of the mean variance: keeps a channel that hardly moves from counting as a perfect match."""
_HIGHEST = 0.99


@dataclass(frozen=True)
class Variates:
    """Canonical variates (Hotelling, 1936): mixtures of two signals' channels that correlate pair by pair only."""

    mean_a: Float[np.ndarray, " p"]
    mean_b: Float[np.ndarray, " q"]
    mix_a: Float[np.ndarray, "p k"]
    mix_b: Float[np.ndarray, "q k"]
    correlation: Float[np.ndarray, " k"]

    def of_a(self, values: Float[np.ndarray, "time p"]) -> Float[np.ndarray, "time k"]:
        """The mixtures of the first signal, each of unit variance."""
        return np.asarray((values - self.mean_a) @ self.mix_a)

    def of_b(self, values: Float[np.ndarray, "time q"]) -> Float[np.ndarray, "time k"]:
        """The mixtures of the second signal."""
        return np.asarray((values - self.mean_b) @ self.mix_b)

    def log_likelihood_ratio(
        self, of_a: Float[np.ndarray, "time k"], of_b: Float[np.ndarray, "time k"]
    ) -> Float[np.ndarray, " time"]:
        """Logarithm of p(a, b) / p(a) p(b) at each instant, of Gaussian signals: same moment against unrelated ones."""
        rho = self.correlation
        strength = rho**2 / (2 * (1 - rho**2))
        alike = np.einsum("tk,tk,k->t", of_a, of_b, rho / (1 - rho**2))
        return np.asarray(alike - (of_a**2 + of_b**2) @ strength - 0.5 * np.log1p(-(rho**2)).sum())


def canonical_variates(
    a: Float[np.ndarray, "time p"], b: Float[np.ndarray, "time q"], independent_samples: float
) -> Variates:
    """Learn what two signals have in common where they lie side by side.

    Args:
        a: Samples of the first signal.
        b: Those of the second at the same moments.
        independent_samples: How many of them count as independent. Correlations that so many unrelated samples would
            show by chance are taken off.
    """
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    a, b = a - mean_a, b - mean_b
    root_a, root_b = _root(a), _root(b)
    between = np.linalg.solve(root_b, np.linalg.solve(root_a, a.T @ b / len(a)).T).T
    turn_a, found, turn_b = np.linalg.svd(between, full_matrices=False)
    chance = len(found) / independent_samples
    squared = np.clip(found**2 - chance * (1 - found**2), 0.0, _HIGHEST**2)
    mix_a, mix_b = np.linalg.solve(root_a.T, turn_a), np.linalg.solve(root_b.T, turn_b.T)
    return Variates(mean_a, mean_b, mix_a, mix_b, np.sqrt(squared))


def _root(values: Float[np.ndarray, "time p"]) -> Float[np.ndarray, "p p"]:
    covariance = values.T @ values / len(values)
    level = _RIDGE * np.trace(covariance) / len(covariance) + 1e-9
    return np.asarray(np.linalg.cholesky(covariance + level * np.eye(len(covariance))))
