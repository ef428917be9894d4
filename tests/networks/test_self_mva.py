"""The network of Self-MVA: shapes and laws, then values worked by hand."""

import math

import pytest
import torch

from viewsync.networks.checkpoints import ModelCard, load_network, save_network
from viewsync.networks.self_mva import BoxEncoder, LayerStandardisation, SelfMVA

CAMERAS = ("left", "right", "top")


def network(**arguments):
    torch.manual_seed(0)
    return SelfMVA(CAMERAS, width=8, **arguments).double()


def boxes(*shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    corner = 300 * torch.rand(*shape, 2, generator=rng, dtype=torch.float64)
    return torch.cat([corner, corner + 20 + 100 * torch.rand(*shape, 2, generator=rng, dtype=torch.float64)], dim=-1)


def sizes(*shape):
    return torch.tensor([640.0, 480.0], dtype=torch.float64).expand(*shape, 2)


def test_sizes_are_those_of_the_paper():
    one = SelfMVA(CAMERAS)
    assert one.boxes(boxes(5).float(), sizes().float()).shape == (5, 512)
    features = one.embed(boxes(2, 5).float(), sizes(2).float(), torch.tensor([0, 2]))
    assert features.shape == (2, 5, 768)
    assert one.decode(features).shape == (2, 5, 3, 4)
    assert SelfMVA(CAMERAS, mode="point").decode(features).shape == (2, 5, 3, 2)
    assert sum(weights.numel() for weights in one.parameters()) == 2 * 256 + 3 * 256 + 3 * (768 * 768 + 768) + 768 * 12 + 12


@pytest.mark.parametrize("residual", ["as drawn", "released"])
def test_people_are_looked_at_one_by_one(residual):
    one = network(residual=residual)
    cameras = torch.tensor([2, 0])
    together = one.embed(boxes(2, 5), sizes(2), cameras)
    order = torch.tensor([3, 0, 4])
    torch.testing.assert_close(one.embed(boxes(2, 5)[:, order], sizes(2), cameras), together[:, order])
    torch.testing.assert_close(one.embed(boxes(2, 5)[1], sizes(), torch.tensor(0)), together[1])
    assert one.embed(boxes(2, 0), sizes(2), cameras).shape == (2, 0, 24)


def test_pictures_of_another_size_are_the_same_but_for_half_a_pixel():
    encoder = BoxEncoder(8).double()
    torch.testing.assert_close(encoder(2 * boxes(5), 2 * sizes()), encoder(boxes(5), sizes()))
    assert not torch.allclose(encoder(2 * boxes(5), sizes()), encoder(boxes(5), sizes()), atol=0.1)


def test_cameras_have_vectors_of_their_own():
    one = network()
    here, there = (one.embed(boxes(4), sizes(), torch.tensor(camera)) for camera in (0, 1))
    assert (here - there).abs().max() > 1e-3


def test_a_corner_by_hand():
    encoder = BoxEncoder(4)
    encoder.frequencies.copy_(torch.tensor([[1.0, 0.0], [0.0, 0.25]]))
    torch.nn.init.zeros_(encoder.corners)
    # 1024 pixels long: nothing is resized. Corner (255.5, 767.5) lies at a quarter and at three quarters: −0.5 and 0.5.
    encoded = encoder(torch.tensor([[255.5, 767.5, 511.5, 1023.5]]), torch.tensor([1024.0, 1024.0]))
    angles = [-math.pi, math.pi / 4, 0.0, math.pi / 2]
    by_hand = [math.sin(angles[0]), math.sin(angles[1]), math.cos(angles[0]), math.cos(angles[1]), 0.0, 1.0, 1.0, 0.0]
    torch.testing.assert_close(encoded[0], torch.tensor(by_hand), atol=1e-5, rtol=0)


def test_standardised_by_hand():
    # Mean 2, and 1 the unbiased standard deviation.
    standard = LayerStandardisation()(torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]))
    torch.testing.assert_close(standard, torch.tensor([[-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]))


def test_released_and_drawn_layers_differ_in_where_they_add():
    features = {}
    for residual in ("as drawn", "released"):
        one = network(residual=residual)
        for layer in one.layers:
            torch.nn.init.zeros_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
        features[residual] = one.embed(boxes(4), sizes(), torch.tensor(1))
    given = torch.cat([one.boxes(boxes(4), sizes()), one.tokens[1].expand(4, -1)], dim=1)
    torch.testing.assert_close(features["as drawn"], given.relu())
    standard = LayerStandardisation()
    for _ in range(3):
        given = standard(given).relu()
    torch.testing.assert_close(features["released"], given)


def test_decoded_boxes_have_sides_within_the_picture():
    decoded = network().decode(100 * torch.randn(7, 24, dtype=torch.float64))
    sides = decoded[..., 2:] - decoded[..., :2]
    assert (sides >= -1e-12).all()
    assert (sides <= 1).all()


@pytest.mark.parametrize("residual", ["as drawn", "released"])
def test_every_weight_gets_a_gradient(residual):
    one = network(residual=residual)
    one.decode(one.embed(boxes(3, 4), sizes(3), torch.arange(3))).square().sum().backward()
    for name, weights in one.named_parameters():
        assert weights.grad.abs().sum() > 0, name


def test_it_comes_back_from_its_file(tmp_path):
    one = SelfMVA(CAMERAS, width=8, seed=3)
    one.halfway.fill_(2.5)
    path = tmp_path / "network.safetensors"
    save_network(path, one, ModelCard("", {"cameras": list(CAMERAS), "width": 8}, "", "", "", 0, None))
    again = load_network(path, SelfMVA)
    assert again.cameras == CAMERAS
    assert again.halfway == 2.5
    torch.testing.assert_close(again.boxes.frequencies, one.boxes.frequencies)
