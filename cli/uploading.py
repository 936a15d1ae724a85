"""Registering what a request names on this machine, with what is uploaded told: how much, and what is left out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from cli.folders import IGNORE_FILES
from cli.local_assets import Local
from cli.outcome import NotAccepted
from cli.request_file import RequestFile
from cli.wording import counted, plain, sized
from settings import Settings, SettingsError

if TYPE_CHECKING:
    from cli.workspace import Workspace

LEFT_OUT_NAMED = 10


def workspace_of(subscription: str, resource_group: str, workspace: str, screen: Console) -> Workspace:
    """The workspace that the settings or options name; raises NotAccepted when they do not."""
    # The Azure libraries take a second to import: only when there is something to register.
    from cli.workspace import Workspace

    named = {
        "SLIPWAY_SUBSCRIPTION_ID": subscription,
        "SLIPWAY_RESOURCE_GROUP": resource_group,
        "SLIPWAY_WORKSPACE": workspace,
    }
    try:
        settings = Settings.read({**os.environ, **named})
    except SettingsError as error:
        raise NotAccepted(f"to register local files, {error}, or give the options of the same name") from error
    bar = (lambda files: _with_bar(screen, files)) if screen.is_terminal else None
    return Workspace(settings, bar)


def register_all(screen: Console, request: RequestFile, workspace: Workspace) -> None:
    """Register everything, and let the request name it."""
    for local in request.uploads:
        register(screen, local, workspace, request)


def register(screen: Console, local: Local, workspace: Workspace, request: RequestFile | None = None) -> None:
    """Register one asset and tell of it."""
    screen.print(plain(f"uploading {told(local)}"), soft_wrap=True)
    for line in left_out(local):
        screen.print(plain(f"  {line}"), soft_wrap=True)
    reference, new = workspace.register(local)
    if request is not None:
        request.naming(local, reference)
    kind = _kind(local)
    screen.print(
        f"registered {kind} {reference}" if new else f"{kind} is registered already: {reference}", soft_wrap=True
    )


def told(local: Local) -> str:
    """What is uploaded, from where, and how much it is."""
    size = sum(path.stat().st_size for path in local.files)
    return f"{_kind(local)} {local.reference} from {local.path} ({counted(len(local.files), 'file')}, {sized(size)})"


def left_out(local: Local) -> Iterator[str]:
    """What is not uploaded, and what is although it may hold secrets."""
    folder = local.path
    if local.left_out:
        # Folders that are left out whole are named once.
        names = list(dict.fromkeys(_shown(path.relative_to(folder)) for path in local.left_out))
        more = f" and {len(names) - LEFT_OUT_NAMED} more" if len(names) > LEFT_OUT_NAMED else ""
        yield f"left out: {', '.join(names[:LEFT_OUT_NAMED])}{more}"
    inside = [path.relative_to(folder) for path in local.files if folder.is_dir()]
    hidden = [path for path in inside if path.name not in IGNORE_FILES and any(one[0] == "." for one in path.parts)]
    if hidden:
        shown = ", ".join(path.as_posix() for path in hidden[:LEFT_OUT_NAMED])
        yield f"uploaded too, as az ml does: {shown} (name it in .amlignore to keep it here)"


def _shown(relative: Path) -> str:
    return f"{relative.parts[0]}/" if len(relative.parts) > 1 else relative.name


def _kind(local: Local) -> str:
    return type(local).__name__.removeprefix("Local").lower()


def _with_bar(screen: Console, files: list[Path]) -> Iterable[Path]:
    with Bars(BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=screen, transient=True) as bars:
        task = bars.add_task("", total=sum(path.stat().st_size for path in files))
        for path in files:
            yield path
            bars.advance(task, path.stat().st_size)
