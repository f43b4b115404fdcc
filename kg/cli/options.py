"""Options that many commands have, and the settings that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kg.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


def store_option(command: F) -> F:
    """Give a command the flag for the store."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of the store. [default: KG_STORE, else data/kg]",
    )(command)


def settings_of(ctx: click.Context, **flags: Any) -> Settings:
    """Read the settings; a flag behind the command, as --store, wins over one before it."""
    given = {name: value for name, value in flags.items() if value is not None}
    return Settings.load({**(ctx.obj or {}), **given})
