import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from viewsync.networks.checkpoints import ModelCard, load_card, load_network, save_network, shipped
from viewsync.types import InputError


class Line(nn.Module):
    def __init__(self, width=2):
        super().__init__()
        self.slope = nn.Linear(width, 1)


class Curve(Line):
    def __init__(self, width=2):
        super().__init__(width)
        self.bend = nn.Linear(width, 1)


CARD = ModelCard("Draws a line.", {"width": 3}, "nothing", "none", "viewsync train line", 0, None, {"error": 0.5})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "line.safetensors"


def test_what_is_loaded_is_what_was_saved(path):
    network = Line(3)
    save_network(path, network, CARD)
    back = load_network(path, Line)
    assert load_card(path) == CARD
    assert not back.training
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), back.parameters(), strict=True))


@pytest.mark.parametrize(("made", "kind"), [(Line, Curve), (Curve, Line)])
def test_weights_that_are_missing_or_left_over_are_refused(path, made, kind):
    save_network(path, made(3), CARD)
    with pytest.raises(InputError, match=rf"line\.safetensors: not weights of {kind.__name__} .*bend"):
        load_network(path, kind)


def test_weights_of_another_size_are_refused(path):
    save_network(path, Line(3), replace(CARD, arguments={"width": 4}))
    with pytest.raises(InputError, match="size mismatch"):
        load_network(path, Line)


def test_damaged_weights_are_refused(path):
    save_network(path, Line(3), CARD)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InputError, match=r"line\.safetensors: not weights of Line"):
        load_network(path, Line)


def test_weights_without_a_card_are_refused(path):
    save_network(path, Line(3), CARD)
    path.with_suffix(".json").unlink()
    with pytest.raises(InputError, match=r"line\.json: no model card beside the weights"):
        load_network(path, Line)


def test_another_file_in_place_of_the_card_is_refused(path):
    save_network(path, Line(3), CARD)
    path.with_suffix(".json").write_text(json.dumps({"speed": 3}))
    with pytest.raises(InputError, match=r"line\.json: not a model card"):
        load_network(path, Line)


def test_missing_weights_are_named(path):
    save_network(path, Line(3), CARD)
    path.unlink()
    with pytest.raises(InputError, match=r"line\.safetensors: can't be read \(no such file"):
        load_network(path, Line)


def test_a_name_that_is_not_shipped_is_refused_with_those_that_are():
    with pytest.raises(InputError, match=r"'elephant' come with this package; there are: .*pose-embedding"):
        shipped("elephant")
