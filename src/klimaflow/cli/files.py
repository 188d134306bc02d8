"""What the command writes to files: whole or not at all, and never over another one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from klimaflow.cli.shared import Unreadable
from klimaflow.policy import shipped

__all__ = ["draft_of", "refuse_taken", "write_file", "write_folder", "write_new"]


def write_new(name: str, content: bytes) -> None:
    """Write a file that is not there yet; raise `Unreadable` if it is, or cannot be written."""
    with draft_of(name) as draft:
        draft.write_bytes(content)


def write_file(name: str, content: bytes, *, overwrite: bool) -> None:
    """Write a file; over another one only if that is to be overwritten."""
    with draft_of(name, replacing=overwrite) as draft:
        draft.write_bytes(content)


@contextmanager
def draft_of(name: str, *, replacing: bool | None = None) -> Iterator[Path]:
    """Give a draft beside a file, to be written; when all is written it gets the file's name.

    Nobody sees half of it. Raises `Unreadable` if the file is there already, unless it is to be
    replaced, or if it cannot be written; a folder or a device is never replaced. None says that
    the command has no --overwrite.
    """
    try:
        path = Path(os.path.realpath(name) if replacing else name)
        if path.exists() and not path.is_file():
            raise Unreadable(name, ["is there already, and is no file: choose another name"])
        draft = path.with_name(f".klimaflow-{os.getpid()}.draft")
        try:
            draft.touch(exist_ok=False)
            yield draft
            if replacing:
                draft.replace(path)
            else:
                os.link(draft, path)  # fails if the name is taken, as no renaming does
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError:
        way_out = "choose another name" + ("" if replacing is None else ", or say --overwrite")
        raise Unreadable(name, [f"is there already: {way_out}"]) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Unreadable(name, [f"cannot be written: {why}"]) from None


def refuse_taken(folder: Path) -> None:
    """Raise `Unreadable` if the folder is there already, or there is none to make it in."""
    try:
        taken, within = os.path.lexists(folder), folder.absolute().parent.is_dir()
    except ValueError as error:
        raise Unreadable(str(folder), [f"cannot be made: {error}"]) from None
    if taken:
        raise Unreadable(str(folder), ["is there already: choose another name"])
    if not within:
        raise Unreadable(str(folder), ["cannot be made: there is no such folder to make it in"])


def write_folder(folder: Path, files: Mapping[str, bytes], policies: Mapping[str, str]) -> None:
    """Write files to a new folder, and beside them the policy files that they name.

    `policies` are the ids or files of procedures by their names there; a shipped one is not copied.
    A draft gets the folder's name when all is written, so that nobody sees half of it.
    """
    draft = folder.with_name(f".klimaflow-{os.getpid()}.draft")
    try:
        draft.mkdir()
        for name, content in files.items():
            (draft / name).write_bytes(content)
        for name, which in policies.items():
            if which not in shipped():
                shutil.copyfile(which, draft / name)
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise Unreadable(str(folder), [f"cannot be made: {error.strerror}"]) from None
