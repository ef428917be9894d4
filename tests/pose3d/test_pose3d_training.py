"""Training of networks that tell joints in space, on a drawn person."""

import csv
from dataclasses import replace

import pytest
import torch
from drawn_person import drawn_footage

from viewsync.footage.desynchronizer import Latency
from viewsync.networks.cuboid import SIDE_METRES
from viewsync.pose3d.footage import PELVIS
from viewsync.pose3d.pretraining import pretrained, single_view_losses
from viewsync.pose3d.samples import Batches
from viewsync.pose3d.system import METHODS, PoseNetwork
from viewsync.pose3d.training import Recipe, Schedule, Training, arguments, loss_of, trained
from viewsync.training_loop import CHECKPOINT
from viewsync.types import InputError

LATE, NONE = Latency.at_random(3, 0.4), Latency.none(3)
FEW = Schedule(steps=2)
TINY = {"voxels": 16, "seed": 0}


@pytest.fixture(scope="module")
def footage():
    return drawn_footage()


def weights(network):
    return torch.cat([one.detach().flatten() for one in network.state_dict().values()])


def losses(recipe, footage, *, latency=LATE, steps=0, turns=(0.0, 0.0)):
    """Of one batch, before and after some steps on it; and the network."""
    torch.manual_seed(0)
    network = PoseNetwork(**arguments(recipe.method, [footage], latency, voxels=16))
    batch = next(iter(Batches([footage], latency, 2, seed=0, synchronized=recipe.in_pairs)))
    adam, told = torch.optim.AdamW(network.parameters(), lr=2e-3), []
    for _ in range(steps + 1):
        found = loss_of(recipe, network, batch, torch.tensor(turns))
        told.append({name: float(loss.detach()) for name, loss in found.items()})
        adam.zero_grad()
        sum(found.values()).backward()
        adam.step()
    return told, network


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_with_all_its_weights(footage, method):
    told, network = losses(Recipe(method), footage, steps=3)
    assert sum(told[-1].values()) < 0.95 * sum(told[0].values())
    # The last step's: at the first one there is no flow, nor a gradient of what comes before it.
    silent = [name for name, one in network.named_parameters() if one.grad is None or not one.grad.abs().sum() > 0]
    assert not silent


TASK = {"task", "heatmaps", "triangulated"}


@pytest.mark.parametrize(
    ("recipe", "names"),
    [
        (Recipe("BaseS"), TASK),
        (Recipe("BaseU", similarity_weight=0.01), TASK),
        (Recipe("CLS-epi"), TASK | {"warping"}),
        (Recipe("CLS-cor", warping_weight=0.0), TASK),
        (Recipe("CLS-cor", warping_weight=0.0, similarity_weight=0.01), TASK | {"similarity"}),
        (Recipe("CLS-epi", similarity_weight=0.01), TASK | {"warping", "similarity"}),
    ],
)
def test_what_is_learned_from(footage, recipe, names):
    (told,), _ = losses(recipe, footage)
    assert set(told) == names
    assert all(loss > 0 for loss in told.values())
    assert recipe.in_pairs == ("warping" in names)


def test_weights_of_losses_are_told(footage):
    (once,), _ = losses(Recipe("CLS-cor", 1.0, 0.01), footage)
    (twice,), _ = losses(Recipe("CLS-cor", 2.0, 0.02), footage)
    assert [twice[name] / once[name] for name in ("warping", "similarity")] == pytest.approx([2, 2], rel=1e-5)
    assert twice["task"] == once["task"]


def test_nothing_is_to_be_moved_between_views_of_one_instant(footage):
    """As there is no flow yet. With latency there would be."""
    (together,), _ = losses(Recipe("CLS-cor", 1.0), footage, latency=NONE)
    (late,), _ = losses(Recipe("CLS-cor", 1.0), footage)
    assert together["warping"] < 1e-9 < 1e-3 < late["warping"]


def test_what_is_wanted_of_flow_has_no_gradient(footage):
    """By ℓ_W alone, the backbone learns through the views that are moved."""
    torch.manual_seed(0)
    network = PoseNetwork(**arguments("CLS-cor", [footage], LATE, voxels=16))
    batch = next(iter(Batches([footage], LATE, 2, seed=0, synchronized=True)))
    asked = batch.synchronized.requires_grad_()
    loss_of(Recipe("CLS-cor"), network, batch, torch.zeros(2))["warping"].backward()
    assert asked.grad is None
    assert next(network.network.backbone.parameters()).grad.abs().sum() > 0


def test_in_training_the_cuboid_is_around_the_true_pelvis_and_turned(footage, monkeypatch):
    seen, forward = [], PoseNetwork.forward

    def watched(self, *arguments, **told):
        seen.append((told["pelvis_metres"], told["turn_radians"]))
        return forward(self, *arguments, **told)

    monkeypatch.setattr(PoseNetwork, "forward", watched)
    trained(Recipe("BaseU"), [footage], LATE, FEW, **TINY)
    batches = iter(Batches([footage], LATE, 2, seed=0, every=FEW.every))
    for middle, _ in seen:
        assert torch.equal(middle, next(batches).joints[:, PELVIS])
    turns = torch.cat([turn for _, turn in seen])
    assert len(turns.unique()) == 4
    assert bool(((turns >= 0) & (turns < 2 * torch.pi)).all())
    # In evaluation, where heat-maps put it, and not turned.
    network = PoseNetwork(**arguments("BaseU", [footage], LATE, voxels=16)).eval()
    batch = next(batches)
    cuboid = forward(network, batch.pictures, batch.projections).cuboid
    assert not cuboid.turn_radians.any()
    assert (cuboid.side_metres, cuboid.voxels) == (SIDE_METRES, 16)
    assert not torch.equal(cuboid.center_metres, batch.joints[:, PELVIS])


def test_the_seed_says_what_is_learned(footage):
    once, recipe = Schedule(1), Recipe("CLS-epi")
    first, again, other = (trained(recipe, [footage], LATE, once, seed=seed, voxels=16) for seed in (1, 1, 2))
    assert not first.training
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


@pytest.mark.parametrize("stage", ["training", "pre-training"])
def test_training_that_was_stopped_goes_on(footage, tmp_path, monkeypatch, stage):
    monkeypatch.setattr("viewsync.training_loop._CHECKPOINT_STEPS", 2)
    monkeypatch.setattr("viewsync.training_loop._LOG_STEPS", 1)
    schedule, told = Schedule(steps=4), []

    def run(schedule, **how):
        if stage == "training":
            return trained(Recipe("BaseU"), [footage], LATE, schedule, **TINY, **how)
        return pretrained([footage], schedule, **TINY, **how)

    whole = run(schedule, folder=tmp_path, progress=lambda *done: told.append(done))
    assert told[-1] == (stage, 4, 4)
    with (tmp_path / "logs" / "version_0" / "metrics.csv").open() as file:
        logged = "heatmaps" if stage == "training" else "pixels"
        assert all(float(row[logged]) > 0 for row in csv.DictReader(file))

    def stop(task, done, whole):
        if done == 3:
            raise KeyboardInterrupt

    part = tmp_path / "part"
    with pytest.raises(BaseException):  # noqa: B017, PT011 - however Lightning passes it on
        run(schedule, folder=part, progress=stop)
    assert (part / CHECKPOINT).is_file()
    resumed = run(schedule, folder=part, resume=True)
    assert torch.allclose(weights(resumed), weights(whole), atol=1e-6)
    assert torch.equal(weights(run(schedule, folder=part, resume=True)), weights(resumed))  # There is nothing left to do.
    with pytest.raises(InputError, match="4 steps have been made already, more than the 2"):
        run(replace(schedule, steps=2), folder=part, resume=True)
    with pytest.raises(InputError, match="there is no training to go on with"):
        run(schedule, folder=tmp_path / "none", resume=True)


def test_base_s_sees_no_latency(footage):
    recipe, late = Recipe("BaseS"), Latency((0.0, 0.4, -0.3), 0.1)
    assert recipe.latency(late) == NONE
    assert Recipe("BaseU").latency(late) == late
    assert torch.equal(*(weights(trained(recipe, [footage], each, FEW, **TINY)) for each in (NONE, late)))


def test_pre_training_finds_joints_in_single_pictures(footage):
    batch = next(iter(Batches([footage], NONE, 4, seed=0)))
    before, after = (pretrained([footage], Schedule(steps, learning_rate=8e-3), **TINY) for steps in (1, 25))
    with torch.inference_mode():
        (then, now) = (single_view_losses(network, batch) for network in (before, after))
    assert now["pixels"] < 0.8 * then["pixels"]
    assert now["cells"] < 0.9 * then["cells"]
    silent = PoseNetwork(**arguments("BaseS", [footage], NONE, voxels=16))
    sum(single_view_losses(silent, batch).values()).backward()
    touched = {name.split(".")[1] for name, one in silent.named_parameters() if one.grad is not None}
    assert touched == {"backbone"}


def test_all_methods_begin_from_the_same_backbone(footage):
    first = pretrained([footage], FEW, **TINY)
    slow = replace(FEW, steps=1, learning_rate=1e-12)
    for method in ("BaseU", "CLS-epi"):
        network = trained(Recipe(method), [footage], LATE, slow, seed=5, voxels=16, begin_from=first)
        known = dict(network.network.backbone.named_parameters())
        for name, one in first.network.backbone.named_parameters():
            assert torch.allclose(known[name], one, atol=1e-6), name
        assert (network.network.sync is None) == method.startswith("Base")


def test_without_warping_loss_no_synchronized_pictures_are_needed():
    """Of crops that follow the person there are none."""
    following = drawn_footage(crop="frame")
    trained(Recipe("CLS-cor", warping_weight=0.0), [following], LATE, FEW, **TINY)
    with pytest.raises(InputError, match="its crops follow the person"):
        trained(Recipe("CLS-cor"), [following], LATE, FEW, **TINY)


def test_missing_views_and_unknown_joints_are_learned_around():
    """Without the first view, the second is the reference."""
    footage = drawn_footage(missing=((0, 0, 20),), unknown=("head_top",))
    told, network = losses(Recipe("CLS-cor"), footage, steps=1)
    assert all(0 < loss < 1000 for loss in told[-1].values())
    assert weights(network).isfinite().all()


def test_the_papers_optimizer(footage):
    network = PoseNetwork(**arguments("CLS-cor", [footage], LATE, voxels=16))
    adam = Training(network, Recipe("CLS-cor"), Schedule(10, 5, optimizer="paper"), 0).configure_optimizers()
    assert type(adam) is torch.optim.Adam
    backbone, others = adam.param_groups
    assert (backbone["lr"], others["lr"]) == (1e-4, 1e-3)
    assert len(backbone["params"]) == len([*network.network.backbone.parameters()])
    assert len(backbone["params"]) + len(others["params"]) == len([*network.parameters()])
    ours = Training(network, Recipe("CLS-cor"), Schedule(10), 0).configure_optimizers()["optimizer"]
    assert sum(len(group["params"]) for group in ours.param_groups) == len([*network.parameters()])


def test_what_cannot_be_learned_is_refused(footage):
    for weight in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match=r"warping weight \(γ\) must be a number from 0 on"):
            Recipe("CLS-cor", warping_weight=weight)
    with pytest.raises(InputError, match=r"similarity weight \(γ\)"):
        Recipe("CLS-cor", similarity_weight=-0.01)
    for run in (lambda: trained(Recipe("BaseU"), [], LATE, FEW, **TINY), lambda: pretrained([], FEW, **TINY)):
        with pytest.raises(InputError, match="no footage to learn from"):
            run()
    with pytest.raises(InputError, match="too short for latencies"):
        trained(Recipe("BaseU"), [footage], Latency.at_random(3, 2.0), FEW, **TINY)
    other = PoseNetwork("BaseS", ["pelvis"], [64, 64], voxels=16)
    with pytest.raises(RuntimeError, match="size mismatch"):
        trained(Recipe("BaseU"), [footage], LATE, FEW, **TINY, begin_from=other)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_the_papers_preset_runs_ten_steps(footage, method):
    """Of 32 voxels: on 64 it takes a GPU."""
    schedule = Schedule(10, batch=2, optimizer="paper")
    network = trained(Recipe(method), [footage], LATE, schedule, seed=0, preset="paper", voxels=32)
    assert len(network.network.backbone.resnet.state_dict()) > 900
    assert weights(network).isfinite().all()
