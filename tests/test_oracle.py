"""The oracle alone, before anything is compared with it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.oracle import FACTS, follow

Step = dict[str, Any]
PROPOSER, SECRETARIAT, COMMITTEE = "proposer:0751", "secretariat:kl", "committee:klimaalliancen"
MICROSECOND = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Copenhagen"))


def step(do: str, when: str | datetime, by: str, **fields: Any) -> Step:
    return {"do": do, "at": at(when) if isinstance(when, str) else when, "by": by, **fields}


def idea(*participants: Any, **contributions: int) -> list[Step]:
    budget = contributions or {"realdania": 1_500_000, "region-syddanmark": 500_000}
    many = list(participants or ("0751", "0461", "1083"))
    return [
        step("register-idea", "2024-02-01 10:00", PROPOSER, title="Skybrud på tværs"),
        step("enlist-participants", "2024-03-04 14:30", PROPOSER, participants=many),
        step(
            "propose-budget",
            "2024-03-05 09:15",
            PROPOSER,
            contributions=budget,
            cofinancing=250_000,
        ),
    ]


def qualify(when: str | datetime = "2024-04-15 09:00", into: str = "2024-spring") -> Step:
    return step("submit-for-qualification", when, PROPOSER, round=into)


def assess(when: str = "2024-04-20 12:00", *, met: bool = True) -> list[Step]:
    return [
        step("assess-criterion", when, "dgo:fyn", criterion=criterion, met=met, reason="Ja.")
        for criterion in FACTS["criteria"]
    ]


def submit(when: str | datetime = "2024-04-25 09:00", **fields: Any) -> Step:
    return step("submit-for-approval", when, PROPOSER, **fields)


def before_committee(*participants: Any, **contributions: int) -> list[Step]:
    head = [*idea(*participants, **contributions), qualify(), *assess(), submit()]
    return [*head, step("put-before-committee", "2024-05-20 10:00", SECRETARIAT)]


def approve(when: str = "2024-05-30 13:00", **fields: Any) -> Step:
    return step("approve", when, COMMITTEE, **fields)


def consent(funder: str, amount: int, when: str = "2024-06-10 10:00", **fields: Any) -> Step:
    return step("give-consent", when, f"funder:{funder}", funder=funder, amount=amount, **fields)


def start(when: str = "2024-07-01 08:00") -> Step:
    return step("start", when, SECRETARIAT)


def amend(when: str = "2024-06-12 10:00", **granted: int) -> Step:
    renamed = {funder.replace("_", "-"): kroner for funder, kroner in granted.items()}
    return step("amend-grant", when, SECRETARIAT, granted=renamed, reason="Efter aftale.")


def last(steps: list[Step], **changes: Any) -> Step:
    committed = changes.pop("committed", None)
    answer: Step = follow(steps, committed, {**FACTS, **changes})["steps"][-1]
    return answer


def test_from_idea_to_started() -> None:
    both = [consent("realdania", 1_500_000), consent("region-syddanmark", 500_000)]
    answer = follow([*before_committee(), approve(), *both, start()])
    assert all(one["permitted"] and not one["remarks"] for one in answer["steps"])
    assert (answer["phase"], answer["round"]) == ("started", "2024-spring")
    assert answer["granted"] == {"realdania": 1_500_000, "region-syddanmark": 500_000}
    assert answer["consents"] == {"realdania": "given", "region-syddanmark": "given"}


def test_nothing_has_a_phase_before_it_is_registered() -> None:
    answer = follow([qualify()])
    assert (answer["phase"], answer["round"], answer["granted"]) == (None, None, {})
    assert answer["steps"][0]["asked"] == answer["steps"][0]["refused_by"] == ["known-move"]


@pytest.mark.parametrize(
    ("late_by", "changes", "in_time"),
    [
        (-MICROSECOND, {}, True),
        (timedelta(0), {}, True),
        (MICROSECOND, {}, False),
        (timedelta(0), {"deadline": "exclusive"}, False),
        (-MICROSECOND, {"deadline": "exclusive"}, True),
        (timedelta(minutes=1) - MICROSECOND, {"resolution": "minute"}, True),
        (timedelta(minutes=1), {"resolution": "minute"}, False),
        (timedelta(minutes=5), {"grace_minutes": 5}, True),
        (timedelta(minutes=5) + MICROSECOND, {"grace_minutes": 5}, False),
    ],
)
def test_nine_oclock(late_by: timedelta, changes: Step, in_time: bool) -> None:
    first = last([*idea(), qualify(at("2024-04-15 09:00") + late_by)], **changes)
    assert first["refused_by"] == ([] if in_time else ["before-qualification-deadline"])
    second = [*idea(), qualify("2024-04-01 09:00"), *assess()]
    second.append(submit((at("2024-04-25 09:00") + late_by).astimezone(UTC)))
    refused_by = [] if in_time else ["before-approval-deadline"]
    assert last(second, **changes)["refused_by"] == refused_by


def test_two_authorities_are_a_remark_first_and_a_refusal_then() -> None:
    firm = {"id": "cvr:12345678", "name": "Vand A/S", "kind": "company"}
    two = [*idea("0751", "1083", firm, "0751"), qualify()]
    answer = last(two)
    assert answer["permitted"]
    assert answer["remarks"] == ["enough-authorities"]
    two += [*assess(), submit()]
    assert last(two)["refused_by"] == ["enough-authorities"]
    assert last(two, minimum=2)["permitted"]
    assert last(two, binding_at=["start"])["permitted"]


def test_a_bare_idea_is_told_all_that_it_lacks() -> None:
    answer = last([idea()[0], submit()])
    assert answer["remarks"] == ["cofinancing-considered"]
    assert answer["refused_by"] == [
        "before-approval-deadline",
        "budget-stated",
        "criteria-met",
        "enough-authorities",
        "known-round",
        "qualification-first",
        "same-or-later-round",
    ]
    bound = last([idea()[0], submit()], cofinancing="binding", qualification_required=False)
    assert "cofinancing-considered" in bound["refused_by"]
    assert "qualification-first" not in bound["refused_by"]


def test_a_funder_speaks_for_itself_only() -> None:
    head = [*before_committee(), approve()]
    other = {**consent("realdania", 1_500_000), "by": "funder:region-syddanmark"}
    assert last([*head, other])["refused_by"] == ["authorised", "speaks-for-itself"]
    stranger = consent("region-sjaelland", 1)
    refused_by = ["amount-agreed", "consent-open", "contributing-party"]
    assert last([*head, stranger])["refused_by"] == refused_by
    assert last([*head, consent("realdania", 1_499_999)])["refused_by"] == ["amount-agreed"]


def test_a_refused_consent_can_be_amended_away() -> None:
    no = step("refuse-consent", "2024-06-11 10:00", "funder:realdania", funder="realdania")
    no["reason"] = "For dyrt."
    head = [*before_committee(), approve(), consent("region-syddanmark", 500_000), no]
    assert follow(head)["consents"] == {"realdania": "refused", "region-syddanmark": "given"}
    assert last([*head, consent("realdania", 1_500_000)])["refused_by"] == ["consent-open"]
    assert last([*head, start()])["refused_by"] == ["every-party-consents"]
    less = [*head, amend(realdania=1_000_000, region_syddanmark=400_000)]
    assert follow(less)["consents"] == {"realdania": "awaited", "region-syddanmark": "given"}
    less += [consent("realdania", 1_000_000, "2024-06-13 10:00"), start()]
    assert follow(less)["phase"] == "started"
    alone = follow([*head, amend(region_syddanmark=500_000), start()])
    assert (alone["phase"], alone["consents"]) == ("started", {"region-syddanmark": "given"})


def test_a_raised_amount_voids_the_consent() -> None:
    head = [*before_committee(), approve(granted={"realdania": 1_000_000})]
    head += [amend(realdania=500_000), consent("realdania", 500_000, "2024-06-13 10:00")]
    raised = [*head, amend("2024-06-14 10:00", realdania=1_000_000)]
    assert follow(raised)["consents"] == {"realdania": "void"}
    assert last([*raised, start()])["refused_by"] == ["every-party-consents"]
    beyond = last([*head, amend("2024-06-14 10:00", realdania=1_000_001)])
    assert beyond["refused_by"] == ["within-grant"]


def test_a_deferral_to_the_autumn_and_none_back() -> None:
    def defer(when: str, by: str, into: str) -> Step:
        return step("defer", when, by, round=into, reason="Mangler en part.")

    head = before_committee()
    early = last([*head, defer("2024-05-29 23:59", COMMITTEE, "2024-autumn")])
    assert early["refused_by"] == ["committee-has-met"]
    head.append(defer("2024-05-30 12:00", COMMITTEE, "2024-autumn"))
    answer = follow(head)
    assert (answer["phase"], answer["round"]) == ("approval_process", "2024-autumn")
    back = last([*head, defer("2024-06-03 12:00", SECRETARIAT, "2024-spring")])
    assert back["refused_by"] == ["round-still-open", "same-or-later-round"]
    nowhere = last([*head, defer("2024-06-03 12:00", SECRETARIAT, "2025-spring")])
    assert nowhere["refused_by"] == ["known-round", "round-still-open", "same-or-later-round"]
    put = "put-before-committee"
    assert last([*head, step(put, "2024-11-21 23:59", SECRETARIAT)])["permitted"]
    missed = last([*head, step(put, "2024-11-22 00:00", SECRETARIAT)])
    assert missed["refused_by"] == ["before-the-meeting"]


def test_a_consent_runs_out_at_midnight_and_can_be_given_again() -> None:
    head = [*before_committee(), approve(granted={"realdania": 1_000_000})]
    head.append(consent("realdania", 1_000_000, valid_until=date(2024, 6, 30)))
    assert follow([*head, start("2024-06-30 23:59")])["phase"] == "started"
    late = [*head, start("2024-07-01 00:00")]
    assert last(late)["refused_by"] == ["consents-in-force"]
    assert follow(late)["consents"] == {"realdania": "lapsed"}
    again = [*late, consent("realdania", 1_000_000, "2024-07-02 10:00"), start("2024-07-02 10:00")]
    assert follow(again)["phase"] == "started"
    assert last([*again[:-1], start("2024-07-02 09:59")])["refused_by"] == ["every-party-consents"]


def test_the_locked_fund_opens_on_its_day() -> None:
    head = [*before_committee(realdania=12_000_000), approve()]
    both = ["fund-released", "within-fund"]
    assert last(head)["refused_by"] == both
    assert last(head, released_on=date(2024, 5, 31))["refused_by"] == both
    assert last(head, released_on=date(2024, 5, 30))["permitted"]
    committed = {"realdania": 9_000_000}  # 11 million are missing, and the locked fund has ten
    assert last(head, committed=committed)["refused_by"] == ["within-fund"]
    regions = {"region-sjaelland": 6_000_000, "region-hovedstaden": 4_000_001}
    assert last([*before_committee(**regions), approve()])["refused_by"] == ["within-fund"]


def test_conditions_are_met_before_the_start() -> None:
    head = [*before_committee(), approve(granted={"realdania": 1}, conditions=["Aftale"])]
    head.append(consent("realdania", 1, conditions=["Regnskab"]))
    assert last([*head, start()])["refused_by"] == ["conditions-met"]
    for condition in ("Aftale", "Regnskab"):
        meet = step("meet-condition", "2024-06-20 10:00", SECRETARIAT, condition=condition)
        head.append({**meet, "reason": "Modtaget."})
    assert last([*head, start()])["permitted"]
    unknown = {**head[-1], "condition": "Andet", "reason": "\u00a0"}
    assert last([*head, unknown])["refused_by"] == ["known-condition", "reason-given"]


def test_a_return_is_a_new_revision() -> None:
    head = [*before_committee(), approve()]
    back = step("return", "2024-06-01 10:00", COMMITTEE, reason="Nyt budget.")
    assert last([*head, {**back, "by": SECRETARIAT}])["refused_by"] == ["authorised"]
    answer = follow([*head, back])
    assert (answer["phase"], answer["granted"], answer["consents"]) == ("sparring", {}, {})
    again = [*head, back, qualify("2024-10-07 09:00", "2024-autumn"), submit("2024-10-08 09:00")]
    assert last(again)["refused_by"] == ["criteria-met"]
    assert last([*head, back, qualify("2024-05-31 09:00", "2024-autumn")])["refused_by"] == [
        "in-order"
    ]


def test_the_partnership_ends_with_2027() -> None:
    head = [*before_committee(), approve(granted={"realdania": 1}), consent("realdania", 1)]
    assert last([*head, start("2027-12-31 23:59")])["permitted"]
    assert last([*head, start("2028-01-01 00:00")])["refused_by"] == ["within-partnership"]
