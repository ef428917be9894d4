"""Training of counting networks on drawn people."""

import csv
from dataclasses import replace
from tempfile import TemporaryFile

import numpy as np
import pytest
import torch
from drawn_scene import drawn_footage

from viewsync.counting.features import Features
from viewsync.counting.motion import MotionTraining
from viewsync.counting.samples import Batches, batch_of
from viewsync.counting.system import CALIBRATED, METHODS, Counter
from viewsync.counting.training import Recipe, Schedule, Training, arguments, loss_of, trained
from viewsync.footage.desynchronizer import Latency
from viewsync.training_loop import CHECKPOINT, fit
from viewsync.types import InputError

LATE = Latency((0.0, 0.0, 0.0), 1.0)
BOTH, ONLY = "synced and unsynced", "unsynced only"
FEW = Schedule(steps=2, batch=1)


@pytest.fixture(scope="module")
def footage():
    return drawn_footage(0, people=3, instants=14)[0]


@pytest.fixture
def file():
    with TemporaryFile() as opened:
        yield opened


def weights(network):
    return torch.cat([one.detach().flatten() for one in network.state_dict().values()])


def losses(recipe, footage, *, steps=0):
    """Of one batch, before and after some steps on it; and the network."""
    torch.manual_seed(0)
    counter = Counter(**arguments(recipe, [footage], LATE))
    batch = next(iter(Batches([footage], LATE, 1, seed=0, synchronized=recipe.in_pairs)))
    adam, told = torch.optim.AdamW(counter.parameters(), lr=2e-3), []
    for _ in range(steps + 1):
        found = loss_of(recipe, counter, batch)
        told.append({name: float(loss.detach()) for name, loss in found.items()})
        adam.zero_grad()
        sum(found.values()).backward()
        adam.step()
    return told, counter


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_with_all_its_weights(footage, method):
    setting = ONLY if method == "BaseU" else BOTH
    told, counter = losses(Recipe(method, setting), footage, steps=2)
    assert sum(told[-1].values()) < 0.95 * sum(told[0].values())
    # The last step's: at the first one there is no flow, nor a gradient of what comes before it.
    silent = [name for name, one in counter.named_parameters() if one.grad is None or not one.grad.abs().sum() > 0]
    assert not silent


@pytest.mark.parametrize(
    ("recipe", "names"),
    [
        (Recipe("BaseS", BOTH), {"task"}),
        (Recipe("BaseU", ONLY), {"task"}),
        (Recipe("CLS-epi", BOTH), {"task", "warping"}),
        (Recipe("CLS-epi", BOTH, count_synchronized=True), {"task", "warping", "task_synchronized"}),
        (Recipe("CLS-epi", BOTH, motion_first=True), {"task"}),
        (Recipe("SLS", BOTH), {"task", "warping"}),
        (Recipe("CLS-cor", ONLY), {"task", "similarity"}),
        (Recipe("SLS", ONLY), {"task", "similarity"}),
        (Recipe("CLS-cor", ONLY, similarity=False), {"task"}),
    ],
)
def test_what_is_learned_from(footage, recipe, names):
    (told,), _ = losses(recipe, footage)
    assert set(told) == names


def test_people_are_counted_in_synchronized_pictures_too(footage):
    torch.manual_seed(0)
    recipe = Recipe("CLS-cat", BOTH, count_synchronized=True)
    counter = Counter(**arguments(recipe, [footage], LATE))
    batch = next(iter(Batches([footage], LATE, 1, seed=0, synchronized=True)))
    late, early = (loss_of(recipe, counter, one) for one in (batch, batch._replace(pictures=batch.synchronized)))
    assert late["task_synchronized"] == early["task_synchronized"] == early["task"] != late["task"]
    for other in (Recipe("CLS-cat", BOTH, motion_first=True), Recipe("CLS-cat", ONLY), Recipe("BaseSU", BOTH)):
        with pytest.raises(InputError, match="counting in synchronized pictures, too"):
            replace(other, count_synchronized=True)


@pytest.mark.parametrize("method", ["SLS", "CLS-cat", "CLS-planes"])
def test_motion_networks_learn_before_the_rest_which_stays_as_it_is(footage, file, method):
    torch.manual_seed(0)
    counter = Counter(**arguments(Recipe(method, BOTH, motion_first=True), [footage], LATE))
    before, told = {name: one.clone() for name, one in counter.named_parameters()}, []
    motion = MotionTraining(counter, Features(counter.network, file), Batches([footage], LATE, 4, seed=0), 4e-3, 60)
    motion.log_dict = lambda losses, **_: told.append({name: float(loss) for name, loss in losses.items()})
    fit(motion, [0] * 60, 60)
    assert told[0]["warping"] == pytest.approx(1)
    assert told[-1]["warping"] < 0.9
    changed = {name for name, one in counter.named_parameters() if not torch.equal(one, before[name])}
    assert changed == {name for name in before if name.startswith("network.sync.")}


def test_features_are_what_the_network_sees_however_they_are_asked_for(footage, file):
    torch.manual_seed(0)
    counter = Counter(**arguments(Recipe("CLS-cat", BOTH), [footage], LATE))
    other, _ = drawn_footage(1, people=3, instants=14)
    features, batches = Features(counter.network, file), Batches([footage, other], LATE, 3, seed=0)
    for number in (0, 1, 0):
        samples = batches.samples(number)
        batch = batch_of(samples, synchronized=True)
        with torch.no_grad():
            late, wanted = (counter.network.see(pictures) for pictures in (batch.pictures, batch.synchronized))
        for scale in range(3):
            for kept, seen in ((features.unsynchronized(samples), late), (features.synchronized(samples), wanted)):
                assert torch.allclose(kept[scale], seen[scale], rtol=2e-3, atol=1e-4)


def test_units_that_learn_motion_alone_never_die(footage):
    first, together = (Recipe("CLS-epi", BOTH, motion_first=first) for first in (True, False))
    for recipe, dead in ((first, False), (together, True)):
        motion = Counter(**arguments(recipe, [footage], LATE)).network.sync.motions[0]
        torch.nn.init.constant_(motion.first.bias, -1e3)
        torch.nn.init.ones_(motion.rest[-1].weight)
        motion(torch.rand(1, motion.first.in_channels, 4, 6)).sum().backward()
        assert bool(motion.first.weight.grad.any()) != dead


@pytest.mark.parametrize("method", ["SLS", "CLS-cat"])
def test_the_motion_comes_first_where_it_can_be_learned_and_stays_as_it_is(footage, method):
    tasks = []
    few, recipe = replace(FEW, motion_steps=2), Recipe(method, BOTH, motion_first=True)
    tell = {"progress": lambda *done: tasks.append(done)}
    tell["begin_from"] = Counter(**arguments(Recipe("BaseS", BOTH), [footage], LATE))
    shorter, longer = (trained(recipe, [footage], LATE, replace(few, steps=steps), seed=0, **tell) for steps in (1, 2))
    with pytest.raises(InputError, match="Give begin_from"):
        trained(recipe, [footage], LATE, few, seed=0)
    assert tasks[:3] == [("motion", 1, 2), ("motion", 2, 2), ("training", 1, 1)]
    kept = "network.sync.", "network.eyes.", *(["network.fusions."] if method == "SLS" else [])
    for (name, one), other in zip(shorter.named_parameters(), longer.parameters(), strict=True):
        assert torch.equal(one, other) == name.startswith(kept), name
        assert one.requires_grad
    del tasks[:]
    for recipe in (Recipe("SLS", ONLY, motion_first=True), Recipe("BaseSU", BOTH, motion_first=True)):
        trained(recipe, [footage], LATE, few, seed=0, **tell)
    assert {task for task, *_ in tasks} == {"training"}


def test_what_needs_cameras_is_refused_where_nobody_knows_them(footage):
    unknown = replace(footage, place=replace(footage.place, fundamental=None, projections=None))
    for method in METHODS:
        setting = ONLY if method == "BaseU" else BOTH
        if method in CALIBRATED:
            with pytest.raises(InputError, match=f"drawn 0: {method} needs calibrated cameras"):
                arguments(Recipe(method, setting), [unknown], LATE)
        else:
            assert arguments(Recipe(method, setting), [unknown], LATE)["method"] == method


def test_losses_are_those_of_the_printed_unit(footage):
    """In tenths of it, all are a hundredth: their ratio is as printed."""
    batch = next(iter(Batches([footage], LATE, 1, seed=0)))
    recipe, told = Recipe("CLS-cor", ONLY), {}
    for unit in (100.0, 1000.0):
        torch.manual_seed(0)
        counter = Counter(**arguments(Recipe("CLS-cor", BOTH), [footage], LATE) | {"unit": unit})
        torch.nn.init.zeros_(counter.network.decoder[-1].weight)  # Whatever it sees, it finds nobody.
        told[unit] = {name: float(loss.detach()) for name, loss in loss_of(recipe, counter, batch).items()}
    for name in ("task", "similarity"):
        assert told[1000.0][name] == pytest.approx(100 * told[100.0][name], rel=1e-5)
    assert told[1000.0]["task"] == pytest.approx(float((1000 * batch.density).square().mean()), rel=1e-5)


def test_weights_of_losses_are_told(footage):
    (once,), _ = losses(Recipe("CLS-cat", ONLY), footage)
    (twice,), _ = losses(Recipe("CLS-cat", ONLY, similarity_weight=20.0), footage)
    assert twice["similarity"] == pytest.approx(2 * once["similarity"], rel=1e-5)
    assert twice["task"] == once["task"]


def test_the_seed_says_what_is_learned(footage):
    recipe = Recipe("CLS-cat", ONLY)
    first, again, other = (trained(recipe, [footage], LATE, FEW, seed=seed) for seed in (1, 1, 2))
    assert not first.training
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


@pytest.mark.parametrize("recipe", [Recipe("BaseU", ONLY), Recipe("CLS-cat", BOTH, motion_first=True)])
def test_training_that_was_stopped_goes_on(footage, tmp_path, monkeypatch, recipe):
    monkeypatch.setattr("viewsync.training_loop._CHECKPOINT_STEPS", 2)
    monkeypatch.setattr("viewsync.training_loop._LOG_STEPS", 1)
    schedule, told = Schedule(steps=4, batch=1, motion_steps=2), []
    base = Counter(**arguments(Recipe("BaseS", BOTH), [footage], LATE))
    began = {"seed": 0, "begin_from": base}
    whole = trained(recipe, [footage], LATE, schedule, **began, folder=tmp_path, progress=lambda *done: told.append(done))
    assert told[-1] == ("training", 4, 4)
    with (tmp_path / "logs" / "version_0" / "metrics.csv").open() as file:
        assert all(float(row["task"]) > 0 for row in csv.DictReader(file))

    def stop(task, done, whole):
        if done == 3:
            raise KeyboardInterrupt

    part = tmp_path / "part"
    with pytest.raises(BaseException):  # noqa: B017, PT011 - however Lightning passes it on
        trained(recipe, [footage], LATE, schedule, **began, folder=part, progress=stop)
    assert (part / CHECKPOINT).is_file()
    resumed = trained(recipe, [footage], LATE, schedule, seed=0, folder=part, resume=True)
    assert torch.allclose(weights(resumed), weights(whole), atol=1e-6)
    with pytest.raises(InputError, match="4 steps have been made already, more than the 2"):
        trained(recipe, [footage], LATE, replace(schedule, steps=2), seed=0, folder=part, resume=True)
    with pytest.raises(InputError, match="there is no training to go on with"):
        trained(recipe, [footage], LATE, schedule, seed=0, folder=tmp_path / "none", resume=True)


def test_base_s_sees_no_latency_and_base_su_goes_on_from_it(footage):
    base = trained(Recipe("BaseS", BOTH), [footage], LATE, FEW, seed=0)
    same = trained(Recipe("BaseS", BOTH), [footage], Latency((0.0, 1.0, -1.0), 0.5), FEW, seed=0)
    assert torch.equal(weights(base), weights(same))
    slow = replace(FEW, steps=1, learning_rate=1e-12)
    further = trained(Recipe("BaseSU", BOTH), [footage], LATE, slow, seed=5, begin_from=base)
    assert torch.allclose(weights(further), weights(base), atol=1e-6)


def test_the_released_optimizer():
    counter = Counter("BaseU", 2, (32, 32))
    training = Training(counter, Recipe("BaseU", ONLY), Schedule(steps=10, optimizer="released"))
    told = training.configure_optimizers()
    sgd, rate = told["optimizer"], told["lr_scheduler"]["scheduler"]
    assert (type(sgd), sgd.param_groups[0]["momentum"], sgd.param_groups[0]["lr"]) == (torch.optim.SGD, 0.9, 1e-4)
    for _ in range(10_000):
        sgd.step()
        rate.step()
    assert sgd.param_groups[0]["lr"] == pytest.approx(5e-5)
    for one in counter.parameters():
        one.grad = torch.full_like(one, 100.0)
    training.on_before_optimizer_step(sgd)
    assert torch.cat([one.grad.flatten() for one in counter.parameters()]).norm().item() == pytest.approx(5, rel=1e-3)


def test_methods_belong_to_their_tables():
    for method, setting in (("BaseU", BOTH), ("BaseS", ONLY), ("BaseSU", ONLY)):
        with pytest.raises(InputError, match=f"{method} is no method for"):
            Recipe(method, setting)
    assert not Recipe("BaseSU", BOTH).in_pairs
    assert Recipe("SLS", BOTH).in_pairs
    with pytest.raises(InputError, match="no footage to learn from"):
        arguments(Recipe("SLS", BOTH), [], LATE)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_the_papers_preset_runs_ten_steps(method):
    footage = drawn_footage(1, people=2, instants=12)[0]
    setting = ONLY if method == "BaseU" else BOTH
    counter = trained(
        Recipe(method, setting), [footage], LATE, Schedule(10, 1, optimizer="released"), seed=0, preset="paper"
    )
    assert counter.unit == 1000
    assert weights(counter).isfinite().all()


@pytest.mark.slow
def test_the_warping_loss_teaches_flow():
    """All walk the same way, so where they come from can be learned in a minute."""
    from viewsync.counting.flows import flow_score
    from viewsync.footage.desynchronizer import samples

    late = Latency((0.0, 1.0, -1.0), 0.0)
    scene, ways = drawn_footage(2, people=5, instants=40, same_way=True)
    recipe = Recipe("CLS-cat", BOTH, warping_weight=1000.0)
    counter = trained(recipe, [scene], late, Schedule(150, 2), seed=0)
    shown = samples([scene], late, 0)
    score = flow_score(counter, shown, [ways] * len(shown))
    assert score.under_zero_percent > 20
    assert np.isfinite(score.error_pixels)
