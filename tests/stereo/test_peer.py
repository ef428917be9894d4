from pathlib import Path

import numpy as np
import pytest
import torch

from viewsync.stereo.peer import peer_delay, peer_matcher
from viewsync.types import InputError

RELEASED = Path(__file__).parents[3] / "shared" / "data" / "numediart_weights"
IN_REPOSITORY = "model/{}/weight/flows/weights.data-00000-of-00001"
ENCODER_SHAPES = [(3, 3, 3, 32), (3, 3, 32, 48), (3, 3, 48, 48), (3, 3, 48, 64), (64, 48)]
DELAY_SHAPES = [(400, 64), (64, 32), (32, 40)]


def made(folder):
    """Files as TensorFlow writes them: all tensors one after the other, the optimizer's and a description behind them.

    The matcher's begin with eight numbers of the training's state.
    """
    rng = np.random.default_rng(0)
    for name, shapes, begin, size in (
        ("TripletLossEuc", ENCODER_SHAPES, 32, 802_907),
        ("DenseDelay", DELAY_SHAPES, 0, 351_800),
    ):
        tensors = b"".join(
            part.astype("<f4").tobytes()
            for shape in shapes
            for part in (rng.normal(0, np.prod(shape[:-1]) ** -0.5, shape), rng.normal(0, 0.1, shape[-1]))
        )
        rest = size - begin - len(tensors)
        (folder / f"{name}.flows.data").write_bytes(b"\xff" * begin + tensors + b"\xff" * rest)
    return folder


@pytest.fixture(params=["made", "released"], scope="module")
def weights(request, tmp_path_factory):
    if request.param == "made":
        return made(tmp_path_factory.mktemp("weights"))
    if not RELEASED.is_dir():
        pytest.skip("the authors' weights aren't beside this checkout")
    return RELEASED


def tensors(path, shapes, begin):
    """Kernels and biases, read one after the other."""
    numbers = np.frombuffer(path.read_bytes()[begin : begin + 4 * 70_000], "<f4").astype(float)
    layers = []
    for shape in shapes:
        kernel, bias, numbers = np.split(numbers, np.cumsum([np.prod(shape), shape[-1]]))
        layers.append((kernel.reshape(shape), bias))
    return layers


def encoded(picture, layers):
    """What the authors' code makes of a picture, height x width x channel."""
    maps = picture
    for (kernel, bias), pool in zip(layers[:4], (3, 2, 2, 2), strict=True):
        height, width = maps.shape[0] - 2, maps.shape[1] - 2
        convolved = bias + sum(
            maps[row : row + height, column : column + width] @ kernel[row, column]
            for row in range(3)
            for column in range(3)
        )
        high, wide = height // pool, width // pool
        pooled = convolved[: high * pool, : wide * pool].reshape(high, pool, wide, pool, -1).max(axis=(1, 3))
        maps = np.maximum(pooled, 0)
    kernel, bias = layers[4]
    return np.maximum(maps.mean(axis=(0, 1)) @ kernel + bias, 0)


@torch.inference_mode()
def test_the_matcher_is_the_authors(weights):
    layers = tensors(weights / "TripletLossEuc.flows.data", ENCODER_SHAPES, 32)
    pictures = np.random.default_rng(1).random((3, 224, 224, 3))
    # Flow images are smooth, in colours.
    pictures[1:] *= np.linspace(0, 1, 224)[:, None, None] * np.array([1, 0.6, 0.1])
    pictures[2] = 0
    golden = np.stack([encoded(picture, layers) for picture in pictures])
    matcher = peer_matcher(weights)
    frames = torch.from_numpy(pictures.transpose(0, 3, 1, 2)).float()
    assert np.abs(golden[0] - golden[1]).max() > 0.01
    np.testing.assert_allclose(matcher.embed(frames), golden, rtol=1e-4, atol=1e-5)
    distances = np.linalg.norm(golden[:, None] - golden, axis=2)
    np.testing.assert_allclose(matcher(frames, frames), distances, rtol=1e-4, atol=1e-5)
    assert not matcher.training


@torch.inference_mode()
def test_the_delay_network_is_the_authors_but_for_the_order_of_classes(weights):
    layers = tensors(weights / "DenseDelay.flows.data", DELAY_SHAPES, 0)
    matrices = np.random.default_rng(2).random((4, 20, 20))
    theirs = matrices.reshape(4, 400)
    for kernel, bias in layers[:2]:
        theirs = np.maximum(theirs @ kernel + bias, 0)
    theirs = theirs @ layers[2][0] + layers[2][1]
    delay = peer_delay(weights)
    ours = delay(torch.from_numpy(matrices).float()).numpy()
    for label, frames in enumerate(range(-19, 21)):
        # A list of 40 classes, of which theirs is the one at the delay: negative ones count from its end.
        np.testing.assert_allclose(ours[:, label], [classes[frames] for classes in theirs.tolist()], rtol=1e-4, atol=1e-4)
    assert not delay.training


@torch.inference_mode()
@pytest.mark.skipif(not RELEASED.is_dir(), reason="the authors' weights aren't beside this checkout")
def test_the_authors_delay_network_understands_our_rows_columns_and_signs():
    frame = torch.arange(20.0)
    delays = torch.arange(-15, 16)
    # Distances that grow with the time between two frames.
    matrices = (frame[:, None] - frame - delays[:, None, None]).abs() * 0.5
    network = peer_delay(RELEASED)
    found = torch.tensor(network.delays)[network(matrices).argmax(1)]
    assert float((found - delays).abs().float().mean()) < 1.5
    assert float((found + delays).abs().float().mean()) > 10


def test_weights_are_found_where_the_authors_have_them(tmp_path):
    for name in ("TripletLossEuc", "DenseDelay"):
        (tmp_path / "repository" / IN_REPOSITORY.format(name)).parent.mkdir(parents=True)
        made(tmp_path)
        (tmp_path / f"{name}.flows.data").rename(tmp_path / "repository" / IN_REPOSITORY.format(name))
    made(tmp_path)
    for load in (peer_matcher, peer_delay):
        one, other = load(tmp_path).state_dict(), load(tmp_path / "repository").state_dict()
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_files_of_another_size_are_refused(tmp_path):
    made(tmp_path)
    for name, load, size in (("TripletLossEuc", peer_matcher, 802_907), ("DenseDelay", peer_delay, 351_800)):
        path = tmp_path / f"{name}.flows.data"
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(
            InputError, match=f"{name}.flows.data: is {size - 1} bytes long, but the authors' weights are {size}"
        ):
            load(tmp_path)


@pytest.mark.parametrize("load", [peer_matcher, peer_delay])
def test_missing_weights_are_refused(tmp_path, load):
    with pytest.raises(
        InputError, match=r"holds neither .*\.flows\.data nor model/.*github\.com/numediart/multi_video_sync"
    ):
        load(tmp_path / "nowhere")
