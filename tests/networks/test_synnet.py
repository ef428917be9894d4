import pytest
import torch
from torch import nn

from viewsync.networks.resnet import ResNet
from viewsync.networks.synnet import SynNet
from viewsync.types import InputError

TINY = {"channels": (3,), "map_pixels": 16, "width": 4, "features": 8, "hidden": 16}


def network(seed=0, **arguments):
    """Of random weights, also where they begin as zeros."""
    torch.manual_seed(seed)
    made = SynNet(**{**TINY, **arguments})
    for weights in made.parameters():
        if not weights.any():
            nn.init.normal_(weights, std=0.2)
    for _ in range(3):
        made(frames(8, 1, made), frames(8, 2, made))
    return made.eval()


def frames(count, seed=0, made=None):
    rng = torch.Generator().manual_seed(seed)
    channels, pixels = (3, 16) if made is None else (sum(made.channels), made.map_pixels)
    return torch.rand(2, count, channels, pixels, pixels, generator=rng)


def test_resnet_50_is_as_wide_and_deep_as_printed():
    resnet = ResNet(18, 64, (3, 4, 6, 3))
    # torchvision's resnet50 without its last layer has 23,508,032 parameters; 15 more channels come in here.
    assert sum(weights.numel() for weights in resnet.parameters()) == 23_508_032 + 15 * 64 * 49
    maps = resnet(torch.rand(1, 18, 64, 64))
    assert maps.shape == (1, 2048, 2, 2)
    assert (resnet.out_channels, resnet.map_pixels(64)) == (2048, 2)


@pytest.mark.parametrize("pixels", [16, 17, 31, 40])
def test_resnet_tells_the_size_of_its_maps(pixels):
    resnet = ResNet(1, 2, (1, 1, 1))
    assert resnet(torch.rand(2, 1, pixels, pixels)).shape[2:] == (resnet.map_pixels(pixels),) * 2


VARIANTS = {
    "usual": {},
    "one way": {"temporal": "one way"},
    "without temporal": {"temporal": "none"},
    "without global": {"global_encoder": False},
    "without both": {"temporal": "none", "global_encoder": False},
    "without volume": {"cost_volume": False},
    "flat": {"shared_columns": False},
    "several streams": {"channels": (3, 3, 2)},
    "five poolings": {"map_pixels": 128, "blocks": (1,), "pool_always": True},
    "other shifts": {"clip_frames": 6, "largest_shift": 2},
}


@pytest.mark.parametrize("arguments", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_variant_answers_and_every_parameter_has_a_gradient(arguments):
    torch.manual_seed(0)
    made = SynNet(**{**TINY, **arguments})
    for weights in made.parameters():
        if not weights.any():
            nn.init.normal_(weights, std=0.2)
    logits = made(frames(made.clip_frames, 1, made), frames(made.clip_frames, 2, made))
    assert logits.shape == (2, 2 * made.largest_shift)
    logits.square().sum().backward()
    assert all(weights.grad is not None and bool(weights.grad.any()) for weights in made.parameters())


@torch.inference_mode()
def test_frames_seen_alone_and_in_clips_are_the_same():
    made, film = network(), frames(11)
    seen = made.see(film)
    for start in range(4):
        torch.testing.assert_close(
            made.encode(tuple(part[:, start : start + 8] for part in seen)), made.embed(film[:, start : start + 8])
        )


@torch.inference_mode()
def test_clips_are_encoded_by_themselves():
    made, film = network(), frames(8)
    torch.testing.assert_close(made.embed(film)[:1], made.embed(film[:1]))


@torch.inference_mode()
@pytest.mark.parametrize(
    ("temporal", "before", "after"), [("both ways", True, True), ("one way", False, True), ("none", False, False)]
)
def test_the_temporal_encoder_knows_of_earlier_and_of_later_frames(temporal, before, after):
    made, film = network(temporal=temporal), frames(8)
    other = film.clone()
    other[:, 4] = 1 - other[:, 4]
    changed = (made.embed(film) != made.embed(other)).any(2).all(0)
    assert changed.tolist() == [before] * 4 + [True] + [after] * 3


class Recorder(nn.Module):
    """Keeps what it is given."""

    def forward(self, volume):
        self.volume = volume
        return volume.flatten(1)


@torch.inference_mode()
def test_the_volume_lays_frames_of_the_same_instant_beside_each_other():
    made = network()
    made.norm, made.classifier = nn.Identity(), Recorder()
    film = torch.arange(1.0, 17)[None, :, None].expand(1, 16, 8)
    for label in range(8):
        shift = label - 4
        made.match(film[:, 4:12], film[:, 4 + shift : 12 + shift])
        volume = made.classifier.volume[0]
        assert volume.shape == (8, 8, 16)
        first, second = volume[label, :, 0], volume[label, :, 8]
        shown = first != 0
        # Of n columns, |m| are blank on the first clip's side.
        assert int(shown.sum()) == 8 - abs(shift)
        assert torch.equal(first[shown], second[shown])
        for wrong in {*range(8)} - {label}:
            shown = volume[wrong, :, 0] != 0
            assert bool((volume[wrong, shown, 0] != volume[wrong, shown, 8]).all())


def test_presets():
    assert sum(weights.numel() for weights in SynNet.small().parameters()) * 4 < 10e6
    with torch.device("meta"):
        paper = SynNet.paper()
    assert paper.resnets[0].out_channels == 2048
    assert paper.fusion.out_features == 256


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (frames(8), frames(7), "second clips are 7 x 3 x 16 x 16"),
        (frames(5), frames(5), "first clips are 5 x 3 x 16 x 16"),
        (frames(8)[:, :, :2], frames(8), "the network takes 8 x 3 x 16 x 16"),
        (frames(8)[..., :8], frames(8), "first clips are 8 x 3 x 16 x 8"),
    ],
)
def test_clips_of_other_sizes_are_refused(a, b, said):
    with pytest.raises(InputError, match=said):
        network()(a, b)


@pytest.mark.parametrize("shift", [0, 8, -1])
def test_shifts_that_clips_have_no_room_for_are_refused(shift):
    with pytest.raises(InputError, match=f"from 1 to 7, as clips have 8 frames; got {shift}"):
        SynNet(largest_shift=shift)


def test_five_poolings_of_a_small_map_are_refused():
    with pytest.raises(InputError, match=r"a map of 32 x 32, but the ResNet makes 2 x 2\."):
        SynNet(map_pixels=32, blocks=(1, 1, 1), pool_always=True)
