"""What the command writes to files: whole or not at all, and never over another one."""

from __future__ import annotations

import os
from pathlib import Path

from klimaflow.cli.shared import Unreadable

__all__ = ["write_new"]


def write_new(name: str, content: bytes) -> None:
    """Write a file that is not there yet; raise `Unreadable` if it is, or cannot be written.

    The content goes to a draft beside it, which then gets the name: nobody sees half of it.
    """
    try:
        draft = Path(name).with_name(f".klimaflow-{os.getpid()}.draft")
        try:
            with draft.open("xb") as file:
                file.write(content)
            os.link(draft, name)  # fails if the name is taken, as no renaming does
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError:
        raise Unreadable(name, ["is there already: choose another name"]) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Unreadable(name, [f"cannot be written: {why}"]) from None
