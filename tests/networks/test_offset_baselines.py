import pytest
import torch

from viewsync.networks.offset_baselines import Korbar, Wieschollek, _summed, contrastive_loss, triplet_loss
from viewsync.types import InputError

CLASSES = 8
LOSSES = {Wieschollek: triplet_loss, Korbar: contrastive_loss}


def frames(count, seed=0, joints=3, pixels=16):
    return torch.rand(2, count, joints, pixels, pixels, generator=torch.Generator().manual_seed(seed))


def network(kind, seed=0, **arguments):
    """Of random weights, also where they begin as zeros, and with the statistics of some frames."""
    torch.manual_seed(seed)
    made = kind((3,), 16, width=4, features=8, **arguments)
    for weights in made.parameters():
        if not weights.any():
            torch.nn.init.normal_(weights, std=0.2)
    for _ in range(3):
        made(frames(8, 1), frames(8, 2))
    return made.eval()


@pytest.fixture(params=LOSSES, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


@pytest.mark.parametrize("shift", range(-4, 4))
@torch.inference_mode()
def test_frames_that_are_the_same_correlate_fully_at_the_shift_between_the_clips(shift):
    film = frames(16)
    a, b = film[:, 4:12], film[:, 4 + shift : 12 + shift]
    logits = network(Wieschollek)(a, b)
    assert logits[:, shift + 4].tolist() == pytest.approx([1, 1])
    assert logits.argmax(1).tolist() == [shift + 4] * 2


@pytest.mark.parametrize("shift", range(-4, 4))
@torch.inference_mode()
def test_clips_are_no_distance_apart_where_they_show_the_same(shift):
    film = torch.zeros(2, 16, 3, 16, 16)
    # Blank but for what both clips hold, as frames look at what is beside them.
    both = slice(max(4, 4 + shift), min(12, 12 + shift))
    film[:, both] = frames(16)[:, both]
    logits = network(Korbar, stages_along_time=0)(film[:, 4:12], film[:, 4 + shift : 12 + shift])
    assert logits[:, shift + 4].tolist() == pytest.approx([0, 0], abs=1e-9)
    assert (torch.cat([logits[:, : shift + 4], logits[:, shift + 5 :]], dim=1) < -1e-4).all()


@torch.inference_mode()
def test_swapped_clips_have_the_opposite_shift(kind):
    one = network(kind)
    forward, backward = one(frames(8, 3), frames(8, 4)), one(frames(8, 4), frames(8, 3))
    assert backward.shape == (2, CLASSES)
    assert torch.allclose(backward[:, 1:], forward[:, 1:].flip(1), atol=1e-6)


@torch.inference_mode()
def test_shares_of_frames_add_up_to_a_convolution_along_time():
    along_time, clips = torch.nn.Conv3d(3, 5, 3, padding=1, bias=False), frames(8)
    shares = torch.nn.Conv2d(3, 15, 3, padding=1, bias=False)
    shares.weight.copy_(torch.cat(along_time.weight.unbind(2)))
    found = _summed(shares(clips.flatten(0, 1)).unflatten(0, (2, 8)))
    assert torch.allclose(found, along_time(clips.transpose(1, 2)).transpose(1, 2), atol=1e-5)


@torch.inference_mode()
def test_neighbouring_frames_matter_to_clips_and_not_to_single_frames():
    a, other = frames(8), frames(8)
    other[:, 5] = frames(8, 9)[:, 5]
    for kind, near in ((Wieschollek, False), (Korbar, True)):
        one = network(kind)
        changed = (one.embed(a) - one.embed(other)).abs().amax((0, 2)) > 1e-6
        assert changed[5]
        assert bool(changed[4]) is bool(changed[6]) is near


def test_triplets_count_what_isnt_below_the_true_shift_by_the_margin():
    logits = torch.tensor([[0.5, 0.45, 0.2, 0.9, -1, -1, -1, -1.0]])
    # Against 0.5 and a margin of 0.2: 0.15 too near, far enough, 0.6 too near.
    assert triplet_loss(logits, torch.tensor([0]), margin=0.2).item() == pytest.approx((0.15 + 0.6) / 7)


def test_the_contrastive_loss_draws_the_true_shift_near_and_drives_others_off_to_the_margin():
    logits = -(torch.tensor([[0.3, 2.0, 0.1, 0.9, 1, 1, 1, 1.0]]) ** 2)
    # The true shift is 0.1 away; another one 0.3, where 1 is far enough, and one 0.9.
    expected = 0.1**2 + (0.7**2 + 0.1**2) / 7
    assert contrastive_loss(logits, torch.tensor([2]), margin=1.0).item() == pytest.approx(expected)


def test_clips_that_are_all_alike_have_finite_slopes(kind):
    one = network(kind).train()
    still = frames(1).expand(-1, 8, -1, -1, -1)
    LOSSES[kind](one(still, still), torch.tensor([0, 5])).backward()
    assert all(torch.isfinite(weights.grad).all() for weights in one.parameters())


def test_training_finds_the_shifts_of_one_batch(kind):
    torch.manual_seed(0)
    network = kind((3,), 16, width=4, features=16)
    film, labels = torch.rand(4, 16, 3, 16, 16), torch.tensor([0, 3, 4, 6])
    a = film[:, 4:12]
    # Another view: mirrored, and with noise of its own.
    b = torch.stack([one[label : label + 8] for one, label in zip(film, labels, strict=True)]).flip(4)
    b += 0.1 * torch.rand_like(b)
    losses = []
    for _ in range(30):
        logits = network(a, b)
        losses.append(LOSSES[kind](logits, labels))
        network.zero_grad()
        losses[-1].backward()
        with torch.no_grad():
            for weights in network.parameters():
                # Whatever the size of the gradient: an optimizer of its own would take longer to import than to run.
                weights -= 0.02 * weights.grad / (weights.grad.norm() / weights.numel() ** 0.5 + 1e-9)
    assert losses[-1] < 0.5 * losses[0]
    assert (logits.argmax(1) == labels).sum() >= 3


def test_clips_of_another_length_are_refused(kind):
    with pytest.raises(InputError, match="7 x 3 x 16 x 16"):
        network(kind)(frames(7), frames(7))
