"""What is asked for and granted, who consents, and what the funds have left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from klimaflow import phrases
from klimaflow.funds import draw, locked
from klimaflow.markup.elements import Content, Element, element
from klimaflow.markup.pictures import bar
from klimaflow.markup.tables import Table, table
from klimaflow.moments import Moment
from klimaflow.pages.frame import facts, word
from klimaflow.phrases import label
from klimaflow.procedure import Procedure
from klimaflow.report import Course
from klimaflow.seen.words import Words, quoted

__all__ = ["consents", "drawn", "funds_table", "money"]

GOOD = ("given",)
Cells = list[Content]


def consents(course: Course, lang: str) -> Element:
    """Return a row for each contributing party: what it is to pay, and its consent."""
    statuses = course.consents()
    if not statuses:
        return element("p", word("no_consents", lang))
    rows = [_consent(course, funder, status, lang) for funder, status in statuses.items()]
    head = [word(each, lang) for each in ("party", "amount", "consent", "conditions")]
    return table(Table(word("consents_each", lang), head, rows), ("", "number"))


def _consent(course: Course, funder: str, status: str, lang: str) -> Cells:
    proposal = course.proposal
    words, given = Words(course.procedure, proposal, lang), proposal.consents.get(funder)
    mark, look = ("✓", "kept") if status in GOOD else ("✗", "broken")
    said: list[Content] = [
        element("span", f"{mark} {label('consents', status, lang)}", class_=f"tight {look}")
    ]
    if given is not None:
        said.append(element("div", words.moment(given.at), class_="small"))
        if given.valid_until is not None:
            until = phrases.day(given.valid_until, lang)
            until = label("report", "valid_until", lang).format(until)
            said.append(element("div", until, class_="small"))
    conditions = given.conditions if given is not None and given.given else ()
    told = [element("div", _condition(each.text, each.met, lang)) for each in conditions]
    amount = words.kroner(proposal.granted[funder])
    return [words.funder(funder), amount, said, told or "–"]


def _condition(text: str, met: str | None, lang: str) -> str:
    how = label("report", "condition_unmet", lang)
    if met is not None:
        how = label("report", "condition_met", lang).format(quoted(met, lang))
    return f"{quoted(text, lang)}: {how}"


def money(course: Course, lang: str) -> Iterator[Element]:
    """Yield what is asked of each party and granted by it, the conditions, and the funds."""
    proposal, procedure = course.proposal, course.procedure
    words = Words(procedure, proposal, lang)
    asked = proposal.budget.contributions if proposal.budget else {}
    rows = [_row(words, each, asked, proposal.granted) for each in {**asked, **proposal.granted}]
    if not rows:
        yield element("p", word("no_budget", lang))
    else:
        total = [sum(amounts.values()) for amounts in (asked, proposal.granted)]
        shown = [words.kroner(each) for each in total]
        head = [word(each, lang) for each in ("party", "asked", "granted", "share")]
        whole: Cells = [word("total", lang), *shown, bar([(total[1], "mark")], total[0])]
        looks = ("", "number", "number")
        yield table(Table(word("contributions", lang), head, [*rows, whole]), looks)
    yield from _beside(course, lang)
    own = drawn(procedure, proposal.granted, course.committed, course.latest)
    yield funds_table(procedure, course.committed, own, course.latest, lang)


def _row(words: Words, funder: str, asked: Mapping[str, int], granted: Mapping[str, int]) -> Cells:
    wanted, given = asked.get(funder, 0), granted.get(funder, 0)
    share = bar([(given, "mark")], max(wanted, given))
    return [words.funder(funder), words.kroner(wanted), words.kroner(given), share]


def _beside(course: Course, lang: str) -> Iterator[Element]:
    """Yield what is said of co-financing, and the committee's conditions."""
    proposal = course.proposal
    said = None
    if proposal.budget is not None:
        stated = proposal.budget.cofinancing
        said = label("seen", "silent", lang) if stated is None else phrases.kroner(stated, lang)
    conditions = proposal.grant.conditions if proposal.grant else ()
    told = [element("div", _condition(each.text, each.met, lang)) for each in conditions]
    if said or told:
        yield facts((label("seen", "cofinancing", lang), said), (word("committees", lang), told))


def drawn(
    procedure: Procedure,
    granted: Mapping[str, int],
    committed: Mapping[str, int],
    at: Moment | None,
) -> dict[str, int]:
    """Return what a grant draws on each fund, after what is committed, in kroner."""
    left = draw(procedure, granted, committed, at).left
    before = {fund.id: max(fund.amount - committed.get(fund.id, 0), 0) for fund in procedure.funds}
    return {fund: before[fund] - left[fund] for fund in left}


def funds_table(
    procedure: Procedure,
    committed: Mapping[str, int],
    own: Mapping[str, int],
    at: Moment | None,
    lang: str,
) -> Element:
    """Return a row for each fund: its size, what others and we take of it, what is left."""
    rows: list[Cells] = []
    for fund in procedure.funds:
        others, ours = committed.get(fund.id, 0), own.get(fund.id, 0)
        left = max(fund.amount - others - ours, 0)
        shut = at is not None and locked(fund, at, procedure.zone)
        parties = phrases.listed((procedure.funder_names[each] for each in fund.funders), lang)
        named: list[Content] = [parties]
        if shut:
            why = label("laid_down", "awaits", lang).format(fund.awaits or "–")
            named.append(element("div", why, class_="small"))
        amounts = [phrases.kroner(each, lang) for each in (fund.amount, others, ours, left)]
        picture = bar([(others, "rest"), (ours, "mark")], fund.amount, 200)
        rows.append([named, *amounts, picture])
    head = [word(each, lang) for each in ("fund", "size", "others", "ours", "left", "share")]
    looks = ("", *["number"] * 4)
    return table(Table(word("funds", lang), head, rows), looks)
