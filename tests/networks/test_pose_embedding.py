import pytest
import torch

from viewsync.networks.pose_embedding import PoseEmbedding, normalized


@pytest.fixture(scope="module")
def network():
    """Small, and not the identity that a fresh network is."""
    torch.manual_seed(0)
    made = PoseEmbedding(channels=16, dimensions=8, dilations=(1, 2)).double()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    return made.eval()


def tracks(frames=120, people=2, seed=0):
    """Joints that wander about; a tenth isn't seen."""
    rng = torch.Generator().manual_seed(seed)
    steps = torch.randn(people, frames, 17, 2, generator=rng, dtype=torch.float64)
    seen = torch.rand(people, frames, 17, 1, generator=rng, dtype=torch.float64) > 0.1
    places = 500 + 100 * torch.randn(people, 1, 17, 2, generator=rng, dtype=torch.float64) + steps.cumsum(1)
    return torch.cat([places, seen], dim=3)


def test_shapes_and_lengths(network):
    made = network(tracks())
    assert made.shape == (2, 120, 8)
    assert bool((made.norm(dim=2) > 0).all())


def test_commutes_with_shifts_in_time_but_for_the_ends(network):
    whole, reach = tracks(200), network.reach_frames
    later = network(whole[:, 30:])
    torch.testing.assert_close(later[:, reach:], network(whole)[:, 30 + reach :])


@pytest.mark.parametrize("zoom", [1e-3, 7.0])
def test_translation_and_zoom_of_the_picture_drop_out(network, zoom):
    given = tracks()
    moved = given.clone()
    moved[..., :2] = zoom * moved[..., :2] + torch.tensor([-300.0, 80.0])
    torch.testing.assert_close(network(moved), network(given))


def test_a_picture_that_moves_steadily_drops_out(network):
    given = tracks()
    moved = given.clone()
    moved[..., :2] += torch.linspace(0, 900, 120, dtype=torch.float64)[None, :, None, None]
    torch.testing.assert_close(network(moved), network(given))


def test_coordinates_of_unseen_joints_never_count(network):
    given = tracks()
    other = given.clone()
    other[..., :2] = torch.where(given[..., 2:] > 0, given[..., :2], torch.nan)
    torch.testing.assert_close(network(other), network(given))


def test_instants_that_show_nobody_tell_nothing(network):
    given = tracks()
    given[:, 40:50, :, 2] = 0
    made = network(given)
    assert bool((made[:, 40:50] == 0).all())
    assert bool(torch.isfinite(made).all())


def test_one_joint_alone_gives_finite_numbers(network):
    given = tracks()
    given[:, :, 1:, 2] = 0
    assert bool(torch.isfinite(network(given)).all())


def test_normalized_bodies_are_centred_and_of_size_one():
    given = tracks()
    places, seen = normalized(given)[..., :2], given[..., 2:] > 0
    torch.testing.assert_close((places * seen).sum(2), torch.zeros(2, 120, 2, dtype=torch.float64), atol=1e-9, rtol=0)
    assert places.norm(dim=3)[seen[..., 0]].mean().item() == pytest.approx(1, abs=0.02)


def test_gradients_reach_every_parameter(network):
    network(tracks()).square().sum().backward()
    assert all(parameter.grad is not None and bool((parameter.grad != 0).any()) for parameter in network.parameters())
    network.zero_grad(set_to_none=True)
