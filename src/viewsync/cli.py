"""The command line: `viewsync sync | demo | bench`."""

import sys
from typing import Annotated

import tyro
from tyro.conf import subcommand

from viewsync.commands.bench import Bench
from viewsync.commands.demo import Demo
from viewsync.commands.sync import Sync
from viewsync.commands.terminal import EXIT_INTERRUPTED, EXIT_UNUSABLE

Command = Annotated[Sync, subcommand("sync")] | Annotated[Demo, subcommand("demo")] | Annotated[Bench, subcommand("bench")]


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    command = tyro.cli(Command, prog="viewsync", description="Find out when cameras saw what they saw.", args=arguments)
    from viewsync.types import InputError

    try:
        sys.exit(command.run())
    except InputError as error:
        print(f"viewsync: {error}", file=sys.stderr)
        sys.exit(EXIT_UNUSABLE)
    except KeyboardInterrupt:
        print("viewsync: interrupted; nothing half-written was left.", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
