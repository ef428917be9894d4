"""The delay network: laws with random weights first, then what a few seconds of training on smooth signals must give."""

import pytest
import torch
from torch import nn

from viewsync.networks import stereo_delay
from viewsync.networks.stereo_delay import DelayNetwork, band
from viewsync.stereo.delay_training import delay_loss

TINY = {"features": 6, "channels": 12, "dimensions": 8, "dilations": (1, 2), "head_channels": 4, "head_dilations": (1, 2)}
LAGS = range(-20, 31)


@pytest.fixture(scope="module")
def network():
    """Small, and not what a fresh network is."""
    torch.manual_seed(0)
    made = DelayNetwork(**TINY).double()
    for weights in made.parameters():
        nn.init.normal_(weights, std=0.3)
    return made.eval()


def clips(frames, seed=0, count=2, features=6):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(count, frames, features, generator=rng, dtype=torch.float64)


def embedded(network, frames_a=50, frames_b=40):
    return network.embed(clips(frames_a)).detach(), network.embed(clips(frames_b, 1)).detach()


def assert_same(one, other, **tolerance):
    for mine, theirs in zip(one, other, strict=True):
        torch.testing.assert_close(mine, theirs, **tolerance)


def test_exchanging_a_and_b_mirrors_the_belief_and_turns_the_correction(network):
    a, b = embedded(network)
    there, back = network.belief(a, b, LAGS), network.belief(b, a, range(-30, 21))
    torch.testing.assert_close(back.log_likelihood.flip(1), there.log_likelihood)
    torch.testing.assert_close(-back.correction.flip(1), there.correction)
    torch.testing.assert_close(back.std.flip(1), there.std)
    assert there.log_likelihood.std() > 0.1
    assert there.correction.abs().min() > 1e-4


def test_a_later_start_moves_the_belief(network):
    a, b = embedded(network)
    later = torch.cat([torch.zeros_like(a[:, :7]), a], dim=1)
    assert_same(network.belief(later, b, range(-13, 38)), network.belief(a, b, LAGS))


def test_in_pieces_is_as_in_one_go(network, monkeypatch):
    a, b = embedded(network)
    whole = network.belief(a, b, LAGS)
    monkeypatch.setattr(stereo_delay, "_INSTANTS_AT_ONCE", 9)
    assert_same(network.belief(a, b, LAGS), whole)
    some = network.belief(a, b, range(3, 5))
    assert_same(some, [of_all[:, 23:25] for of_all in whole])


def test_silence_before_and_after_changes_nothing(network):
    a, b = clips(50), clips(40, 1)

    def longer(features, before, after):
        return nn.functional.pad(features, (0, 0, before, after))

    plain = network.belief(network.embed(a), network.embed(b), LAGS)
    assert_same(network.belief(network.embed(longer(a, 0, 33)), network.embed(longer(b, 0, 21)), LAGS), plain)
    assert_same(network.belief(network.embed(longer(a, 12, 0)), network.embed(longer(b, 12, 5)), LAGS), plain)


def test_nothing_is_said_where_nothing_lies_beside_anything(network):
    a, b = embedded(network)
    for lags in (range(60, 64), range(-90, -70)):
        said = network.belief(a, b, lags)
        assert_same(said, (torch.zeros_like(said.std), torch.zeros_like(said.std), torch.ones_like(said.std)))


def test_clips_of_a_batch_are_told_apart(network):
    a, b = embedded(network)
    whole = network.belief(a, b, LAGS)
    assert_same(network.belief(a[1:], b[1:], LAGS), [each[1:] for each in whole])


def test_embeddings_are_of_length_one_and_commute_with_shifts(network):
    features = clips(80)
    made = network.embed(features)
    torch.testing.assert_close(made.norm(dim=2), torch.ones(2, 80, dtype=torch.float64))
    later, reach = network.embed(features[:, 30:]), network.reach_samples
    torch.testing.assert_close(later[:, reach:], made[:, 30 + reach :])


def test_where_nothing_moves_nothing_is_seen(network):
    flow = torch.randn(5, 2, 24, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    flow[2] *= 0.001
    features = network.see(flow)
    assert features.shape == (5, 6)
    assert (features != 0).all(dim=1).tolist() == [True, True, False, True, True]
    torch.testing.assert_close(features[3:4], network.see(flow[3:4]))
    assert torch.equal(network.see(torch.zeros_like(flow)), torch.zeros_like(features))


def test_the_band_is_what_its_name_says():
    a, b = torch.randn(1, 9, 3), torch.randn(1, 5, 3)
    lags = range(-7, 12)
    made = band(a, b, lags)
    for t in range(5):
        for place, lag in enumerate(lags):
            expected = a[0, t + lag] @ b[0, t] if 0 <= t + lag < 9 else torch.tensor(0.0)
            torch.testing.assert_close(made[0, t, place], expected)


def test_memory_does_not_grow_with_the_length_and_work_grows_linearly():
    torch.manual_seed(0)
    network = DelayNetwork(**TINY)
    looked_at: list[int] = []
    network.head.register_forward_hook(lambda _, inputs, __: looked_at.append(inputs[0].numel()))

    def elements(frames):
        looked_at.clear()
        with torch.inference_mode():
            ones = torch.ones(1, frames, 8)
            network.belief(ones, ones, range(-4, 5))
        return max(looked_at), sum(looked_at)

    (most, work), (most_of_double, work_of_double) = elements(4096), elements(8192)
    assert most_of_double == most
    assert work_of_double == pytest.approx(2 * work, rel=0.01)


def test_gradients_reach_every_parameter(network):
    rng = torch.Generator().manual_seed(1)
    flow = torch.randn(80, 2, 24, 32, generator=rng, dtype=torch.float64)
    a, b = network.embed(network.see(flow).view(2, 40, 6)).split(1)
    related, unrelated = network.belief(a, b, range(-9, 10)), network.belief(b, b, range(-9, 10))
    delay_loss(related, unrelated, range(-9, 10), torch.tensor([2.3], dtype=torch.float64)).backward()
    blind = [name for name, weights in network.named_parameters() if weights.grad is None or not weights.grad.any()]
    network.zero_grad(set_to_none=True)
    assert not blind


def smooth(rng, count=12, frames=100):
    """Features of two eyes at instants a fraction of a sample apart, and the true lags."""
    fine = 8
    noise = torch.randn(count, 4, frames * fine, generator=rng)
    waves = nn.functional.conv1d(noise.flatten(0, 1)[:, None], torch.hann_window(6 * fine + 1)[None, None], padding="same")
    waves = (waves / waves.std()).view(count, 4, -1).transpose(1, 2)
    ticks = torch.randint(-12 * fine, 12 * fine + 1, (count,), generator=rng)
    firsts = 20 * fine
    cut = [wave[start : start + 60 * fine : fine] for wave, start in zip(waves, firsts + ticks, strict=True)]
    a, b = waves[:, firsts : firsts + 60 * fine : fine], torch.stack(cut)
    eyes = (side + 0.2 * torch.randn(side.shape, generator=rng) for side in (a, b))
    return *eyes, ticks / fine


@pytest.fixture(scope="module")
def taught():
    torch.manual_seed(0)
    network, lags = DelayNetwork(4, 16, 12, (1, 2), 4, (1,)), range(-14, 15)
    optimizer, rng = torch.optim.AdamW(network.parameters(), lr=0.01), torch.Generator().manual_seed(0)
    for _ in range(70):
        a, b, truth = smooth(rng)
        a, b = network.embed(a), network.embed(b)
        loss = delay_loss(network.belief(a, b, lags), network.belief(a, b.roll(1, 0), lags), lags, truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval(), lags


def test_a_little_training_finds_lags_between_the_samples_and_nothing_in_unrelated_clips(taught):
    network, lags = taught
    a, b, truth = smooth(torch.Generator().manual_seed(9), count=64)
    with torch.inference_mode():
        a, b = network.embed(a), network.embed(b)
        related, unrelated = network.belief(a, b, lags), network.belief(a, b.roll(1, 0), lags)
    best = related.log_likelihood.argmax(1, keepdim=True)
    coarse = best[:, 0] + lags[0] - truth
    error = coarse + related.correction.gather(1, best)[:, 0]
    assert (coarse.abs() <= 1).float().mean() > 0.95
    assert error.abs().median() < 0.15
    assert error.abs().median() < 0.8 * coarse.abs().median()
    within = (error.abs() < 2 * related.std.gather(1, best)[:, 0]).float().mean()
    assert within > 0.8
    assert related.log_likelihood.max(1).values.median() > 6
    assert unrelated.log_likelihood.max(1).values.median() < 1
    assert (unrelated.log_likelihood.max(1).values > 8).float().mean() < 0.05
