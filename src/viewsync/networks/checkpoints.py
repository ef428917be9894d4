"""Trained networks on disk: weights as safetensors, and beside them a card that says what they are."""

import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from viewsync.files import write_whole
from viewsync.types import InputError

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class ModelCard:
    """What one needs to know of weights to use them, to trust them, and to make them again."""

    purpose: str
    """What the network does, in a sentence."""
    arguments: dict[str, Any]
    """Of the network's class."""
    data: str
    """What it was trained on, and what was held out."""
    licence: str
    """Of the data."""
    command: str
    """That made the weights."""
    seed: int
    commit: str | None
    """Of the code that made them."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """Measured on what was held out."""


def save_network(path: Path, network: nn.Module, card: ModelCard) -> None:
    """Write weights, and their card beside them.

    Args:
        path: The weights' file, ending in .safetensors; the card's name ends in .json.
        network: What was trained. Its class must take `card.arguments`.
        card: What they are.

    Raises:
        InputError: The folder or a file can't be written.
    """
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    write_whole(path, save(weights))
    write_whole(path.with_suffix(".json"), (json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n").encode())


def load_card(path: Path) -> ModelCard:
    """Read the card beside weights.

    Raises:
        InputError: It is missing, or isn't a card.
    """
    beside = path.with_suffix(".json")
    try:
        return ModelCard(**json.loads(beside.read_bytes()))
    except FileNotFoundError as error:
        raise InputError(f"{beside}: no model card beside the weights. Copy it there, or train anew.") from error
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{beside}: not a model card ({error}). Take the one that was made with the weights.") from error


def load_network(path: Path, kind: type[Network]) -> Network:
    """Make a network and give it its weights, every one and no other, ready for use (in evaluation mode).

    Args:
        path: The weights' file; the card is beside it.
        kind: The network's class.

    Raises:
        InputError: A file is missing, damaged, or of another network.
    """
    card = load_card(path)
    try:
        network = kind(**card.arguments)
        network.load_state_dict(load(path.read_bytes()), strict=True)
    except OSError as error:
        raise InputError(
            f"{path}: can't be read ({(error.strerror or str(error)).lower()}). Train the network first."
        ) from error
    except (SafetensorError, RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not weights of {kind.__name__} as its card describes it ({reason}).") from error
    return network.eval()


def shipped(name: str) -> Path:
    """The weights' file of a network that comes with the package, such as ``pose-embedding``.

    Raises:
        InputError: None of that name comes with it.
    """
    path = Path(str(files("viewsync") / "weights" / f"{name}.safetensors"))
    if not path.is_file():
        names = ", ".join(sorted(other.stem for other in path.parent.glob("*.safetensors"))) or "none"
        raise InputError(f"no weights called {name!r} come with this package; there are: {names}.")
    return path
