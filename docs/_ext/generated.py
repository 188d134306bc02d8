"""Fills `<!-- generated: NAME -->` in a page with Markdown made from klimaflow at each build."""

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import attrs
import click
import danish
import shown
from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature
from tables import SHIPPED, cell, code, escaped, table

from klimaflow import errors, frames
from klimaflow.cli import commands as cli
from klimaflow.commands import COMMANDS
from klimaflow.errors import KlimaflowError
from klimaflow.events import EVENTS
from klimaflow.lifecycle import MOVES
from klimaflow.phrases import phrases
from klimaflow.proposal import OPEN, Phase
from klimaflow.report.basis import rules_of
from klimaflow.rules import RULES, Rule
from klimaflow.verify.properties import NEVER_ALONE
from klimaflow.verify.timeline import TURNS

EN, DA = phrases("en"), phrases("da")
FIELDS = re.compile(r"\{(\w*)\}")


def prose(docstring: str | None) -> str:
    """Return the first paragraph of a docstring, whose single backticks Markdown reads too."""
    return " ".join((docstring or "").partition("\n\n")[0].split())


def rule_link(rule: str) -> str:
    return f"[`{rule}`](rules.md#{rule})"


def explained(rule: str) -> str:
    """Return a link to a rule from a page of another folder."""
    return rule_link(rule).replace("(rules.md", "(../reference/rules.md")


def sentence(text: str) -> str:
    """Return a sentence of the wording with its figures in italics."""
    parts = enumerate(FIELDS.split(text))
    return "".join(f"<i>{p.replace('_', ' ')}</i>" if n % 2 else escaped(p) for n, p in parts)


def rules() -> str:
    return "\n\n".join(_rule(rule) for rule in RULES.values())


def _rule(rule: Rule) -> str:
    """Return a section on a rule: its words, its test, where it is asked, what it rests on."""
    lines = [f"## {rule.id}", ""]
    for name, title in (("kept", "Met"), ("broken", "Not met"), ("unknown", "Not known")):
        if name in EN["rules"][rule.id]:
            lines += [f"*{title}*", f": {sentence(EN['rules'][rule.id][name])}"]
            lines += [f": {sentence(DA['rules'][rule.id][name])}", ""]
    lines += ["*Test*", f": `{rule.test.replace('f.', '')}` ({rule.direction.name})", ""]
    lines += ["*Asked at*", f": {_asked(rule)}", ""]
    if rule.basis is None:
        ours = cell(EN["own_words"][rule.id])
        return "\n".join([*lines, "*Rests on*", f": our own words: {ours}", ""])
    return "\n".join([*lines, "*Rests on*", f": the policy file: {code(rests_on()[rule.id])}", ""])


def _asked(rule: Rule) -> str:
    """Return the commands that ask a rule, with the phases where it is not in all of them."""
    asking = [move for move in MOVES if rule in move.rules]
    if not asking:
        return "a command that is not possible in the proposal's phase, and no other rule beside it"
    if len(asking) == len(MOVES):
        return "every move"
    named = []
    for do in dict.fromkeys(move.command.do for move in asking):
        phases = [str(move.source) for move in asking if move.command.do == do]
        every = len(phases) == sum(move.command.do == do for move in MOVES)
        named.append(f"`{do}`" + ("" if every else f" (in {code(phases)})"))
    return ", ".join(named)


@cache
def rests_on() -> dict[str, list[str]]:
    """Return the entries of the shipped policy file that each rule cites or depends on."""
    rests: dict[str, dict[str, None]] = {}
    for path, ids in rules_of(SHIPPED).items():
        for rule in ids:
            rests.setdefault(rule, {})[re.sub(r"\[\d+\]", "[]", path)] = None
    return {rule: [*paths] for rule, paths in rests.items()}


def moves() -> str:
    """Return every row of the lifecycle; rows that differ only in their phase are one."""
    head = ["From", "Command", "To", "Event", "Who", "Rules beside `in-order` and `authorised`"]
    rows: dict[tuple[str, ...], list[str]] = {}
    for move in MOVES:
        own = [rule_link(r.id) for r in move.rules if r.id not in ("in-order", "authorised")]
        to = "*stays*" if move.source is move.target else f"`{move.target}`"
        who = code(SHIPPED.authority.at[move.command.do, move.source])
        do, event = f"`{move.command.do}`", f"`{move.event.__name__}`"
        source = f"`{move.source}`" if move.source else "*nothing yet*"
        rows.setdefault((do, to, event, who, ", ".join(own) or "–"), []).append(source)
    return table(head, [[", ".join(sources), *row] for row, sources in rows.items()])


def phases() -> str:
    rows = [
        [f"`{p}`", EN["phases"][p], DA["phases"][p], "open" if p in OPEN else "final"]
        for p in Phase
    ]
    return table(["Phase", "English", "Danish", "Open or final"], rows)


def commands() -> str:
    head = ["`do`", "Class", "Trigger", "Fields beside `at` and `by`", "English", "Danish"]
    rows = []
    for do, command in COMMANDS.items():
        own = [f for f in attrs.fields(command) if f.name not in ("at", "by")]
        fields = [f"`{f.name}`" + ("" if f.default is attrs.NOTHING else "?") for f in own]
        names = [f"`{do}`", f"`{command.__name__}`", f"`{command.trigger}`"]
        rows.append([*names, ", ".join(fields) or "–", EN["commands"][do], DA["commands"][do]])
    return table(head, rows)


def events() -> str:
    rows = []
    for name, event in EVENTS.items():
        own = [f.name for f in attrs.fields(event) if f.name not in ("at", "by")]
        dos = dict.fromkeys(move.command.do for move in MOVES if move.event is event)
        rows.append([f"`{name}`", code(dos), code(own), prose(inspect.getdoc(event))])
    return table(["Event", "Of", "Says, beside `at` and `by`", "Means"], rows)


def tree() -> str:
    """Return the errors as one tree."""
    lines: list[str] = []

    def grow(cls: type, depth: int) -> None:
        public = cls.__name__ in errors.__all__
        if public:
            also = ", ".join(b.__name__ for b in cls.__mro__ if b is ValueError)
            name = f"`{cls.__name__}`" + (f" (a `{also}` too)" if also else "")
            lines.append(f"{'  ' * depth}* {name}: {prose(inspect.getdoc(cls))}")
        for sub in cls.__subclasses__():
            grow(sub, depth + public)

    grow(KlimaflowError, 0)
    return "\n".join(lines)


def command_line() -> str:
    """Return the help of the command and of each of its subcommands."""
    group = cli.klimaflow
    parts = [_help(group, None, "klimaflow")]
    parent = click.Context(group, info_name="klimaflow", **group.context_settings)
    parts += [_help(command, parent, name) for name, command in group.commands.items()]
    return "\n\n".join(parts)


def _help(command: click.Command, parent: click.Context | None, name: str) -> str:
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    title = f"klimaflow {name}" if parent else name
    return f"## {title}\n\n```text\n{command.get_help(context)}\n```"


def readings() -> str:
    """Return the readings of the shipped policy file, with what each rests on."""
    rows = []
    for each in attrs.fields(type(SHIPPED.readings)):
        reading: Any = getattr(SHIPPED.readings, each.name)
        if reading is not None:
            value = str(reading.value).lower() if isinstance(reading.value, bool) else reading.value
            why = reading.because or f"“{reading.source.quote}” ({reading.source.section})"
            rows.append([f"`readings.{each.name}`", f"`{value}`", cell(why)])
    return table(["Field", "Value", "Rests on"], rows)


def authority() -> str:
    stated = SHIPPED.authority.roles
    return table(["Key", "Roles"], [[f"`{key}`", code(who)] for key, who in stated.items()])


def funds() -> str:
    rows = [
        [f"`{f.id}`", code(f.funders), f"{f.amount:,}", cell(f.awaits or "–")]
        for f in SHIPPED.funds
    ]
    return table(["Fund", "Funders", "Kroner", "Awaits"], rows)


def properties() -> str:
    """Return the properties that verification proves, in both languages."""
    rows = [
        [f"`{name}`", EN["properties"][name], DA["properties"][name]] for name in EN["properties"]
    ]
    return table(["Property", "English", "Danish"], rows)


def never_alone() -> str:
    """Return the rules that refuse only in company, and in whose."""
    rows = [[explained(each), ", ".join(map(explained, NEVER_ALONE[each]))] for each in NEVER_ALONE]
    return table(["Rule", "Never without one of"], rows)


def turns() -> str:
    """Return the rules that compare the time with a constant, by what the constant is."""
    rules_at: dict[str, list[str]] = {}
    for rule, turn in TURNS.items():
        rules_at.setdefault(turn, []).append(explained(rule.id))
    rows = [[TURNED[turn], ", ".join(rules)] for turn, rules in rules_at.items()]
    return table(["Constant", "Rules"], rows)


TURNED = {
    "qualification": "the qualification deadline of each round",
    "approval": "the approval deadline of each round",
    "meeting": "the start and the end of the day of each meeting",
    "release": "the start of the day on which a fund is released",
    "lapse": "the end of the day until which a consent is given",
    "end": "the end of the last day of the partnership",
}


def columns() -> str:
    """Return a table for each command that can be screened, and one for a course."""
    parts = []
    asked = {do: frames.columns(SHIPPED, do) for do in frames.SCREENED}
    for title, those in {**asked, "course": frames.course_columns(SHIPPED)}.items():
        found = {}
        for each in those:
            of = "criterion" if each.name.startswith("met_") else "funder"
            name = each.name.removesuffix(each.of) + f"<{of}>" if each.of else each.name
            found[name] = [
                f"`{name}`",
                f"`{each.kind}`",
                cell(each.says),
                cell(each.optional or "–"),
            ]
        head = ["Column", "Kind", "Says", "If there is none"]
        parts.append(f"## {title}\n\n{table(head, found.values())}")
    return "\n\n".join(parts)


GENERATED: dict[str, Callable[[], str]] = {
    "authority": authority,
    "columns": columns,
    "command-line": command_line,
    "commands": commands,
    "errors": tree,
    "events": events,
    "funds": funds,
    "moves": moves,
    "never-alone": never_alone,
    "phases": phases,
    "properties": properties,
    "readings": readings,
    "rules": rules,
    "turns": turns,
    **danish.GENERATED,
    **shown.GENERATED,
}
MARK = re.compile(r"<!-- generated: ([\w-]+) -->")


def fill(_app: Sphinx, _page: str, content: list[str]) -> None:
    content[0] = MARK.sub(lambda match: GENERATED[match[1]](), content[0])


def signature(
    _app: Sphinx, what: str, _name: str, obj: Any, _options: object, args: str, returns: str
) -> tuple[str, str] | None:
    """Show an attrs class as its `__init__` takes it, whatever its metaclass does.

    A page that writes `Name()` shows none: nobody makes such a value by hand.
    """
    if what == "class" and attrs.has(obj) and args != "()":
        own = inspect.signature(obj.__init__)
        given = [p for p in own.parameters.values() if p.name != "self" and p.name[0] != "_"]
        return stringify_signature(inspect.Signature(given), unqualified_typehints=True), ""
    return None


READABLE = {
    'role="heading"': 'role="heading" aria-level="2"',
    "<pre>": '<pre tabindex="0">',
    '<div class="shown">': '<div class="shown" tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    ' aria-label="Toggle hidden content"': "",
}
"""What a reader without a mouse, or without a screen, needs beside what Sphinx and Furo write."""


def readable(
    _app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Let the keyboard move what is wider than the window, and say which pages are in Danish."""
    for part in ("body", "furo_navigation_tree"):
        for written, wanted in READABLE.items():
            context[part] = context.get(part, "").replace(written, wanted)
    if page.startswith("da/"):
        context["language"] = "da"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", fill)
    app.connect("html-page-context", readable, priority=900)  # after the theme
    app.connect("build-finished", shown.write_pages)
    app.connect("autodoc-process-signature", signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
