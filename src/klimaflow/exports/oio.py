"""The state of a case as Danish case systems exchange it: OIO Sag, and KOMBIT's SF1470.

Element names are those of the schemas: `Sag.xsd` and `SagIndeks.xsd`, version 1.2.4 for OIO Sag,
which has six states, and version 6 for SF1470, the Sags- og Dokumentindeks, which has four. The
rules are those of KOMBIT's "Anvendelse af Sagsobjektet i Sags- og Dokumentindekset", version 1.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen

from klimaflow.errors import CaseError, HistoryError
from klimaflow.frozenmap import FrozenMap
from klimaflow.history import History
from klimaflow.moments import Moment, moment, shown
from klimaflow.parties import Actor
from klimaflow.phrases import label
from klimaflow.proposal import Phase

__all__ = ["OIO", "SF1470", "Outcome", "oio_sag", "outcome", "sf1470"]

MILLISECOND = timedelta(milliseconds=1)
MOST_URN = 255
FIRST = "Opstaaet"

OIO: FrozenMap[Phase, str] = FrozenMap(
    {
        Phase.IDEA: FIRST,
        Phase.SPARRING: FIRST,
        Phase.QUALIFICATION: FIRST,
        Phase.APPROVAL_PROCESS: "Oplyst",
        Phase.COMMITTEE_DECISION: "Oplyst",
        Phase.FUNDER_CONSENT: "Afgjort",
        Phase.STARTED: "Udfoert",
        Phase.REJECTED: "Afsluttet",
        Phase.WITHDRAWN: "Afsluttet",
    }
)
"""The state of OIO Sag that each phase is, unless the caller says otherwise."""

SF1470: FrozenMap[Phase, str] = OIO.with_(Phase.STARTED, "Afsluttet")
"""The state of SF1470 that each phase is, unless the caller says otherwise."""

OIO_STATES = (FIRST, "Oplyst", "Afgjort", "Bestilt", "Udfoert", "Afsluttet")
SF1470_STATES = (FIRST, "Oplyst", "Afgjort", "Afsluttet")

_UUID = re.compile(r"[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}")
_SYSTEM = re.compile(r"urn:oio:it-system-uuid:.+")
_KLE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}")

Reference = Callable[[Actor], str]
"""Says who an actor is in the caller's organisation: a UUID, or a URN."""


class Outcome(StrEnum):
    """How a case was decided, as the classification Indekser/Sagsafgørelse groups it.

    A case may refer to a class below one of these, not to these themselves: which, is the host's.
    """

    FOR = "Afgørelse i primær parts favør"
    AGAINST = "Afgørelse mod primær parts favør"
    PARTLY = "Afgørelse delvis i primær parts favør"
    ANNULLED = "Annulleret"


@frozen
class _Period:
    """A phase, or a state, from a moment on, and who brought it about."""

    name: str
    begins_at: Moment
    by: Actor


def oio_sag(
    history: History,
    now: str | datetime,
    *,
    reference: Reference,
    kle: str,
    states: Mapping[Phase, str] = OIO,
) -> dict[str, Any]:
    """Return what OIO Sag says of a case at `now`: all its states until then, in plain dicts.

    `TilstandListe` has the states, each in force from its `FraTidspunkt`, inclusive, to its
    `TilTidspunkt`, exclusive, to the millisecond; the last has no end. `SagIndeksEgenskaber` has
    the phase in Danish in the same way, as `Sagsstatus`. `Sagsklasse` has the KLE number.
    `reference` says who an actor is: a UUID or a URN; `urn:oio:it-system-uuid:` is a system.
    `states` names the state of each phase that is another than in `OIO`. Parties, titles, and the
    ids of roles and classes are the host's to add.

    Of phases that begin in the same millisecond the last one counts; but the first state of a case
    always is `Opstaaet`, and then what follows begins a millisecond later. What has not begun at
    `now` is left out. Raises `HistoryError` where nothing has, and `CaseError` for a state, a
    reference or a KLE number that is none, each with its path.
    """
    return _registered(history, moment(now), reference, kle, {**OIO, **states}, OIO_STATES)


def sf1470(
    history: History,
    now: str | datetime,
    *,
    reference: Reference,
    kle: str,
    states: Mapping[Phase, str] = SF1470,
) -> dict[str, Any]:
    """Return what SF1470 says of a case at `now`, as `oio_sag` does, in its four states."""
    return _registered(history, moment(now), reference, kle, {**SF1470, **states}, SF1470_STATES)


def outcome(history: History) -> Outcome | None:
    """Return how a case was decided, for whoever proposed it; None while it is not.

    Granted what was asked of each funder is for it, less is partly for it, and conditions make no
    difference. Withdrawn is annulled.
    """
    proposal = history.proposal
    if proposal.phase is Phase.WITHDRAWN:
        return Outcome.ANNULLED
    if proposal.phase is Phase.REJECTED:
        return Outcome.AGAINST
    if proposal.phase not in (Phase.FUNDER_CONSENT, Phase.STARTED):
        return None
    asked = proposal.budget.contributions if proposal.budget else {}
    less = any(proposal.granted.get(funder, 0) < amount for funder, amount in asked.items())
    return Outcome.PARTLY if less else Outcome.FOR


def _registered(
    history: History,
    now: Moment,
    reference: Reference,
    kle: str,
    states: Mapping[Phase, str],
    known: Iterable[str],
) -> dict[str, Any]:
    if problems := [*_wrong(states, known, kle)]:
        raise CaseError(problems)
    phases = _phases(history.as_of(now), now)
    if not phases:
        raise HistoryError(f"events: nothing had happened by {shown(now)}")
    forms = {each.by: _actor(reference(each.by), each.by) for each in phases}
    statuses = [evolve(each, name=label("phases", each.name, "da")) for each in phases]
    progress = _merged(evolve(each, name=states[Phase(each.name)]) for each in phases)
    whole = _virkning(phases[0], None, forms)
    return {
        "AttributListe": {
            "LokalUdvidelseListe": {
                "SagIndeksEgenskaber": _listed(statuses, "Sagsstatus", forms),
            }
        },
        "TilstandListe": {"Fremdrift": _listed(progress, "FremdriftStatusKode", forms)},
        "RelationListe": {
            "Sagsklasse": [
                {
                    "Virkning": whole,
                    "LokalUdvidelseListe": {"SagsklasseLokalUdvidelse": {"BrugervendtNoegle": kle}},
                }
            ]
        },
    }


def _wrong(states: Mapping[Phase, str], known: Iterable[str], kle: str) -> Iterator[str]:
    names = [*known]
    for phase, state in states.items():
        if phase not in OIO:
            yield f"states: {str(phase)[:60]!r} is no phase"
        elif state not in names:
            yield f"states.{phase}: {str(state)[:60]!r} is none of {', '.join(names)}"
    if states[Phase.IDEA] != FIRST:
        yield f"states.{Phase.IDEA}: the first state of a case is {FIRST}"
    if not _KLE.fullmatch(kle):
        yield f"kle: {kle[:60]!r} is no KLE number: write it as 00.00.00"


def _phases(history: History, now: Moment) -> list[_Period]:
    """Return the phases of a history that have begun at `now`, each longer than nothing."""
    found: list[_Period] = []
    since: Phase | None = None
    for event, stage in zip(history.events, history.stages(), strict=True):
        phase = stage.proposal.phase
        if phase is None or phase is since:
            continue
        since, begins_at = phase, _floor(event.at)
        if found and begins_at <= found[-1].begins_at:
            begins_at = found.pop().begins_at if found[1:] else found[0].begins_at + MILLISECOND
        found.append(_Period(phase, begins_at, event.by))
    return _merged(each for each in found if each.begins_at <= now)


def _floor(at: Moment) -> Moment:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _merged(periods: Iterable[_Period]) -> list[_Period]:
    """Return periods of which no two neighbours have the same name: the first of them stands."""
    merged: list[_Period] = []
    for each in periods:
        if not merged or merged[-1].name != each.name:
            merged.append(each)
    return merged


def _listed(
    periods: list[_Period], element: str, forms: Mapping[Actor, dict[str, Any]]
) -> list[dict[str, Any]]:
    ends: list[Moment | None] = [*(each.begins_at for each in periods[1:]), None]
    return [
        {"Virkning": _virkning(period, end, forms), element: period.name}
        for period, end in zip(periods, ends, strict=True)
    ]


def _virkning(
    period: _Period, end: Moment | None, forms: Mapping[Actor, dict[str, Any]]
) -> dict[str, Any]:
    until = {"GraenseIndikator": True} if end is None else {"TidsstempelDatoTid": _spelled(end)}
    return {
        "FraTidspunkt": {"TidsstempelDatoTid": _spelled(period.begins_at)},
        "TilTidspunkt": until,
        **forms[period.by],
    }


def _spelled(at: Moment) -> str:
    return datetime.isoformat(at, timespec="milliseconds")


def _actor(reference: str, of: Actor) -> dict[str, Any]:
    """Return `AktoerRef` and `AktoerTypeKode` of who is referred to."""
    if _UUID.fullmatch(reference):
        return {"AktoerRef": {"UUIDIdentifikator": reference}, "AktoerTypeKode": "Bruger"}
    if not reference.startswith("urn:") or len(reference) > MOST_URN:
        wanted = f"neither a UUID nor a URN of at most {MOST_URN} characters"
        raise CaseError([f"reference of {of}: {reference[:60]!r} is {wanted}"])
    kind = "ItSystem" if _SYSTEM.fullmatch(reference) else "Bruger"
    return {"AktoerRef": {"URNIdentifikator": reference}, "AktoerTypeKode": kind}
