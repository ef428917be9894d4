import numpy as np
import pytest
import torch

from viewsync.networks.stereo import MATCHERS, CNNSiamese, EfficientEncoder, FrameEncoder, TripletEuc, TripletSim
from viewsync.types import InputError


def encoder(channels=1, **arguments):
    torch.manual_seed(0)
    return FrameEncoder(channels, **arguments)


def pictures(count, channels=1, pixels=48, seed=0):
    return torch.rand(count, channels, pixels, pixels, generator=torch.Generator().manual_seed(seed))


def vectors(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_encoder_has_the_layers_of_table_ii():
    layers = encoder(dense=None).layers
    convolutions = [layer for layer in layers if isinstance(layer, torch.nn.Conv2d)]
    assert [(layer.in_channels, layer.out_channels, layer.kernel_size, layer.padding) for layer in convolutions] == [
        (1, 32, (3, 3), (0, 0)),
        (32, 48, (3, 3), (0, 0)),
        (48, 48, (3, 3), (0, 0)),
        (48, 64, (3, 3), (0, 0)),
    ]
    # The released code's, with its first pooling of 3 x 3 and its linear layer, has 66,384 parameters.
    assert sum(weights.numel() for weights in encoder(3, first_pool=3).parameters()) == 66_384


@pytest.mark.parametrize(
    ("first_pool", "sides"), [(2, [222, 111, 109, 54, 52, 26, 24, 12]), (3, [222, 74, 72, 36, 34, 17, 15, 7])]
)
def test_the_maps_shrink_as_in_the_paper_and_in_its_code(first_pool, sides):
    seen = []
    made = encoder(first_pool=first_pool)
    for layer in made.layers:
        if isinstance(layer, torch.nn.Conv2d | torch.nn.MaxPool2d):
            layer.register_forward_hook(lambda *call: seen.append(call[2].shape[-1]))
    with torch.inference_mode():
        made(pictures(1, pixels=224))
    assert seen == sides


@pytest.mark.parametrize("made", [encoder(), encoder(2, first_pool=3), encoder(dense=None), EfficientEncoder(1)])
def test_the_smallest_picture_is_just_large_enough(made):
    smallest = made.smallest_pixels
    assert made(pictures(2, made.channels, smallest)).shape == (2, made.features)
    assert bool(made(pictures(2, made.channels, smallest)).isfinite().all())
    with pytest.raises(InputError, match=f"takes {made.channels} channels of at least {smallest} x {smallest}"):
        made(pictures(2, made.channels, smallest - 1))


def test_one_pixel_less_leaves_nothing_to_the_last_pooling():
    with pytest.raises(RuntimeError, match="too small"):
        encoder().layers(pictures(1, pixels=encoder().smallest_pixels - 1))


def test_pictures_of_other_channels_are_refused():
    with pytest.raises(InputError, match=r"pictures are 3 x 48 x 48 .* takes 1 channels"):
        encoder()(pictures(1, 3))


@pytest.mark.parametrize("kind", MATCHERS.values(), ids=MATCHERS.keys())
@pytest.mark.parametrize("kind_of_encoder", [FrameEncoder, EfficientEncoder])
def test_every_parameter_has_a_gradient(kind, kind_of_encoder):
    torch.manual_seed(0)
    made = kind(kind_of_encoder(2))
    matrix = made(pictures(4, 2, seed=1), pictures(3, 2, seed=2))
    assert matrix.shape == (4, 3)
    (matrix * vectors(4, 3)).sum().backward()
    assert all(weights.grad is not None and bool(weights.grad.any()) for weights in made.parameters())


@pytest.mark.parametrize("made", [encoder(), EfficientEncoder(1)])
@torch.inference_mode()
def test_a_picture_is_encoded_by_itself(made):
    film = pictures(3)
    torch.testing.assert_close(made(film)[1:2], made(film[1:2]))


@pytest.mark.parametrize("kind", MATCHERS.values(), ids=MATCHERS.keys())
@torch.inference_mode()
def test_left_frames_are_rows_and_right_frames_columns(kind):
    made = kind(encoder())
    left, right = pictures(4, seed=1), pictures(3, seed=2)
    matrix = made(left, right)
    torch.testing.assert_close(made(right, left), matrix.T)
    torch.testing.assert_close(made(left[2:3], right[1:2]), matrix[2:3, 1:2])


@pytest.mark.parametrize("kind", MATCHERS.values(), ids=MATCHERS.keys())
@torch.inference_mode()
def test_batches_of_clips_are_clip_by_clip(kind):
    made = kind(encoder())
    a, b = vectors(2, 3, 4, 48), vectors(2, 3, 5, 48, seed=1)
    together = made.matrix(a, b)
    assert together.shape == (2, 3, 4, 5)
    torch.testing.assert_close(together[1, 2], made.matrix(a[1, 2], b[1, 2]))


@torch.inference_mode()
def test_matrices_by_hand():
    a, b = torch.tensor([[3.0, 0.0], [0.0, 0.0]]), torch.tensor([[3.0, 0.0], [0.0, 4.0], [6.0, 8.0]])
    torch.testing.assert_close(TripletEuc(encoder()).matrix(a, b), torch.tensor([[0.0, 5.0, 73**0.5], [3.0, 4.0, 10.0]]))
    # A vector of zeros is like none.
    torch.testing.assert_close(TripletSim(encoder()).matrix(a, b), torch.tensor([[1.0, 0.0, 0.6], [0.0, 0.0, 0.0]]))
    siamese = CNNSiamese(encoder(dense=2))
    siamese.score.weight.copy_(torch.tensor([[-1.0, -2.0]]))
    siamese.score.bias.fill_(8.0)
    logits = np.array([[8.0, -3.0, -11.0], [5.0, 0.0, -14.0]])
    torch.testing.assert_close(siamese.matrix(a, b), torch.from_numpy(1 / (1 + np.exp(-logits))).float())
    torch.testing.assert_close(siamese.pair_logits(a, b[:2]), torch.tensor([8.0, 0.0]))


@torch.inference_mode()
def test_which_way_is_alike():
    one = vectors(30, 48)
    for kind in MATCHERS.values():
        made = kind(encoder())
        if isinstance(made, CNNSiamese):
            made.score.weight.fill_(-1.0)
        matrix = made.matrix(one, one)
        best = matrix.argmax(1) if made.higher_is_alike else matrix.argmin(1)
        assert best.tolist() == list(range(30))


def test_distances_of_equal_frames_are_zero_and_have_a_gradient():
    one = (1000 * vectors(30, 48)).requires_grad_()
    matrix = TripletEuc(encoder()).matrix(one, one.detach())
    assert not matrix.diagonal().any()
    matrix.sum().backward()
    assert bool(one.grad.isfinite().all())
