"""Worlds to order: one preset for each kind of footage that the project learns from."""

from viewsync.types import InputError
from viewsync.worlds.presets.moving import GROUP, PAIR, STEREO
from viewsync.worlds.presets.preset import Preset
from viewsync.worlds.presets.still import LAB, PETS, PLAZA, STREET, THEATRE, WALKER

PRESETS = {preset.name: preset for preset in (STEREO, PAIR, GROUP, STREET, PETS, WALKER, LAB, PLAZA, THEATRE)}


def preset_named(name: str) -> Preset:
    """The preset of a name.

    Raises:
        InputError: There is none.
    """
    if name not in PRESETS:
        known = "; ".join(f"{preset.name} ({preset.sentence})" for preset in PRESETS.values())
        raise InputError(f"no preset is called {name!r}. Choose one of: {known}.")
    return PRESETS[name]
