import numpy as np
import pytest
import torch
from test_virtual_cameras import somebody

from viewsync.cli import main
from viewsync.pose_embedding.correlation import correlations, lags, peak
from viewsync.pose_embedding.data import Pairs, filmed
from viewsync.pose_embedding.evaluate import Score


def test_scores_by_hand():
    score = Score.of(np.array([-1.0, 2.0, -4.0, 30.0, 200.0]))
    assert (score.median_ms, score.within_5_ms, score.within_frame, score.beyond_100_ms) == (4.0, 0.6, 0.8, 0.2)
    assert score.p95_ms == pytest.approx(166.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--steps", "10"), "--steps must be 100 or greater, got 10"),
        (("--seed", "-1"), "--seed must be from 0 to 2^63 - 1, got -1"),
        (("--seed", str(2**63)), "--seed must be from 0 to 2^63 - 1, got 9223372036854775808"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(capsys, tmp_path, arguments, said):
    with pytest.raises(SystemExit) as left:
        main(["train", "pose", "-o", str(tmp_path), *arguments])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


class _Repeated(Pairs):
    """One batch over and over."""

    def __iter__(self):
        batch = next(super().__iter__())
        while True:
            yield batch


@pytest.mark.slow
def test_one_batch_can_be_learned_by_heart():
    from viewsync.pose_embedding.train import trained

    pairs = _Repeated(list(filmed([somebody(seed, 30) for seed in range(4)], 3, 0)), 8, 0, frames=128, max_lag_frames=60)
    network = trained(pairs, seed=0, steps=150)
    batch = next(iter(pairs))
    with torch.inference_mode():
        own = torch.diagonal(correlations(network(batch.a), network(batch.b))).T
    found = lags(128, 128)[0] + peak(own)
    assert (found - batch.lag_frames).abs().max() < 0.3
