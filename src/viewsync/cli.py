"""The command line: `viewsync sync | check | apply | pose | pose3d | detect | render | train | eval | demo | bench`."""

import io
import os
import signal
import sys
from contextlib import suppress
from typing import Annotated

import tyro
from tyro.conf import subcommand

from viewsync.commands.apply import Apply
from viewsync.commands.bench import Bench
from viewsync.commands.check import Check
from viewsync.commands.demo import Demo
from viewsync.commands.detect import Detect
from viewsync.commands.evaluate import Evaluate
from viewsync.commands.pose import Pose
from viewsync.commands.pose3d import Pose3D
from viewsync.commands.render import Render
from viewsync.commands.sync import Sync
from viewsync.commands.terminal import EXIT_INTERRUPTED, EXIT_UNREAD, EXIT_UNUSABLE
from viewsync.commands.train import Train

Command = (
    Annotated[Sync, subcommand("sync")]
    | Annotated[Check, subcommand("check")]
    | Annotated[Apply, subcommand("apply")]
    | Annotated[Pose, subcommand("pose")]
    | Annotated[Pose3D, subcommand("pose3d")]
    | Annotated[Detect, subcommand("detect")]
    | Annotated[Render, subcommand("render")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("eval")]
    | Annotated[Demo, subcommand("demo")]
    | Annotated[Bench, subcommand("bench")]
)
DESCRIPTION = "Find out when cameras saw what they saw."


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal may not have the characters of ± or of a file's name.
            stream.reconfigure(errors="backslashreplace")
    # `kill` clears away like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = _run(tyro.cli(Command, prog="viewsync", description=DESCRIPTION, args=arguments))
    except BrokenPipeError:
        # Nobody reads on, as after `| head`. What is still to come goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = EXIT_UNREAD
    sys.exit(code)


def _run(command: Command) -> int:
    """The command's exit code; what went wrong is said in one line."""
    from viewsync.outputs.phrasing import printable
    from viewsync.types import InputError

    try:
        code = command.run()
        print(end="", flush=True)
        return code
    except InputError as error:
        said, code = str(error), EXIT_UNUSABLE
    except KeyboardInterrupt:
        said, code = "interrupted; nothing half-written was left.", EXIT_INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:  # Rich turns the one into the other.
        raise BrokenPipeError from error
    except OSError as error:
        what = f"can't use {error.filename}" if error.filename else "can't go on"
        said, code = f"{what}: {(error.strerror or str(error)).lower()}.", EXIT_UNUSABLE
    with suppress(OSError):
        print(f"viewsync: {printable(said)}", file=sys.stderr)
    return code
