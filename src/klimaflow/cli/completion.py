"""`klimaflow completion`, and what a shell offers for an argument that is begun."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete

from klimaflow.cli.streams import write
from klimaflow.policy import shipped

__all__ = ["completion", "files", "procedures"]

VARIABLE = "_KLIMAFLOW_COMPLETE"


class _Fish(FishComplete):
    """Splits an answer at its first comma only, as what a command does may have others."""

    source_template = FishComplete.source_template.replace("string split ", "string split -m 1 ")


SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": _Fish}


def files(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return that a shell is to offer files."""
    return [CompletionItem(begun, type="file")]


def procedures(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Return the shipped procedures that begin so, or else that a shell is to offer files."""
    ids = [CompletionItem(each) for each in shipped() if each.startswith(begun)]
    return ids or files(context, parameter, begun)


@click.command(short_help="Print what a shell completes the command with.")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes commands, options, procedures and files.

    \b
    bash  add to ~/.bashrc:                     eval "$(klimaflow completion bash)"
    zsh   add to ~/.zshrc, after compinit:      eval "$(klimaflow completion zsh)"
    fish  add to ~/.config/fish/config.fish:    klimaflow completion fish | source
    """  # noqa: D301  # click asks for the character itself
    write(SHELLS[shell](context.find_root().command, {}, "klimaflow", VARIABLE).source())
