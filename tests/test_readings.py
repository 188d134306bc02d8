"""Each reading is a field of the policy file: change the field, and the answer changes.

Every test asks the same command under the shipped file and under one that reads it otherwise.
"""

from typing import Any

import pytest

from klimaflow import Decision, History, Phase, PolicyError, Procedure
from klimaflow.commands import Command
from tests.conftest import command, consent, found, in_phase, policy, told

ADVISORY = 'value = "advisory"\nsource'
BINDING_AT = 'binding_at = ["submit-for-approval", "start"]'
ADVISORY_AT = 'advisory_at = ["submit-for-qualification"]'
KINDS = 'kinds = ["municipality", "region"]'
FUND = 'funders = ["realdania"]\namount = 10_000_000\nsource'
AWAITS = 'awaits = "partnerskabets midtvejsevaluering"'


def submitted(procedure: Procedure, at: str) -> Decision:
    """Return the answer to a submission for qualification in the spring of 2024."""
    return in_phase(Phase.SPARRING, procedure).decide(command("submit-for-qualification", at=at))


def for_approval(procedure: Procedure, **changes: Any) -> Decision:
    qualified = in_phase(Phase.QUALIFICATION, procedure, **changes)
    return qualified.decide(command("submit-for-approval"))


def granting(procedure: Procedure, kroner: int, at: str = "2024-05-30 13:00") -> Decision:
    """Return the answer to an approval of kroner from Realdania, all that was asked."""
    asked = {"contributions": {"realdania": kroner}}
    history = in_phase(Phase.COMMITTEE_DECISION, procedure, propose_budget=asked)
    return history.decide(command("approve", at=at))


def approved(procedure: Procedure, *commands: Command) -> History:
    return told(in_phase(Phase.FUNDER_CONSENT, procedure), *commands)


BOTH_CONSENTS = (consent("realdania", 1_500_000), consent("region-syddanmark", 500_000))
LATE = ("before-qualification-deadline",)


def test_deadline_exclusive_ends_the_microsecond_before(procedure: Procedure) -> None:
    exclusive = policy(('value = "inclusive"', 'value = "exclusive"'))
    assert submitted(procedure, "2024-04-15 09:00").refused_by == ()
    assert submitted(exclusive, "2024-04-15 09:00").refused_by == LATE
    assert submitted(exclusive, "2024-04-15 08:59:59.999999").refused_by == ()
    assert found(submitted(exclusive, "2024-04-15 09:00"), LATE[0]).to_dict()["margin"] == (
        "-PT0.000001S"
    )


def test_resolution_minute_admits_the_minute_to_its_end(procedure: Procedure) -> None:
    minute = policy(('value = "exact"', 'value = "minute"'))
    assert submitted(procedure, "2024-04-15 09:00:59.999999").refused_by == LATE
    assert submitted(minute, "2024-04-15 09:00:59.999999").refused_by == ()
    assert submitted(minute, "2024-04-15 09:01").refused_by == LATE


def test_resolution_adds_nothing_to_an_exclusive_deadline() -> None:
    both = policy(('value = "exact"', 'value = "minute"'), ('"inclusive"\n', '"exclusive"\n'))
    assert submitted(both, "2024-04-15 09:00").refused_by == LATE
    assert submitted(both, "2024-04-15 08:59:59.999999").refused_by == ()


def test_grace_minutes_move_both_deadlines(procedure: Procedure) -> None:
    grace = policy(("[readings.grace_minutes]\nvalue = 0", "[readings.grace_minutes]\nvalue = 5"))
    assert submitted(procedure, "2024-04-15 09:05").refused_by == LATE
    assert submitted(grace, "2024-04-15 09:05").refused_by == ()
    assert submitted(grace, "2024-04-15 09:05:00.000001").refused_by == LATE
    qualified = in_phase(Phase.QUALIFICATION, grace)
    in_time = qualified.decide(command("submit-for-approval", at="2024-04-25 09:05"))
    late = qualified.decide(command("submit-for-approval", at="2024-04-25 09:05:00.000001"))
    assert (in_time.refused_by, late.refused_by) == ((), ("before-approval-deadline",))


def test_the_readings_of_a_deadline_leave_the_meeting_alone() -> None:
    generous = policy(
        ("[readings.grace_minutes]\nvalue = 0", "[readings.grace_minutes]\nvalue = 60"),
        ('value = "exact"', 'value = "minute"'),
    )
    history = in_phase(Phase.APPROVAL_PROCESS, generous)
    late = history.decide(command("put-before-committee", at="2024-05-31 00:00"))
    assert late.refused_by == ("before-the-meeting",)


@pytest.mark.parametrize("phase", [Phase.IDEA, Phase.SPARRING])
def test_qualification_required_false_opens_the_direct_way(
    procedure: Procedure, phase: Phase
) -> None:
    free = policy(
        (
            "[readings.qualification_required]\nvalue = true",
            "[readings.qualification_required]\nvalue = false",
        )
    )
    direct = command("submit-for-approval", round="2024-spring")
    refused = in_phase(phase, procedure).decide(direct)
    assert refused.refused_by == ("criteria-met", "qualification-first")
    assert in_phase(phase, free).decide(direct).refused_by == ("criteria-met",)
    assert found(in_phase(phase, free).decide(direct), "qualification-first").margin == 0


def test_cofinancing_binding_refuses_silence(procedure: Procedure) -> None:
    binding = policy((ADVISORY, ADVISORY.replace("advisory", "binding")))
    silent = {"propose_budget": {"cofinancing": None}}
    remarked, refused = for_approval(procedure, **silent), for_approval(binding, **silent)
    rule = ("cofinancing-considered",)
    assert (remarked.refused_by, remarked.remarks) == ((), rule)
    assert (refused.refused_by, refused.remarks) == (rule, ())


def test_without_a_reading_of_cofinancing_nothing_is_asked() -> None:
    start = "[readings.cofinancing]"
    quote = "Forslag til klimaudviklingsspor bør forholde sig til muligheder for medfinansiering."
    source = f'source = {{ section = "Hvor mange midler er afsat?", quote = "{quote}" }}'
    none = policy(
        (f"{start} # 'bør' advises, 'skal' would bind\nvalue = \"advisory\"\n{source}", "")
    )
    decision = for_approval(none, propose_budget={"cofinancing": None})
    assert (decision.refused_by, decision.remarks) == ((), ())
    assert "cofinancing-considered" not in [each.rule for each in decision.findings]


def test_participants_minimum_is_the_line(procedure: Procedure) -> None:
    four = policy(("minimum = 3", "minimum = 4"))
    assert for_approval(procedure).refused_by == ()
    decision = for_approval(four)
    assert decision.refused_by == ("enough-authorities",)
    assert "4" in found(decision, "enough-authorities").because


def test_participants_kinds_say_who_counts(procedure: Procedure) -> None:
    municipalities = policy((KINDS, 'kinds = ["municipality"]'))
    companies = policy((KINDS, 'kinds = ["municipality", "region", "company"]'))
    two = {"participants": ["0751", "0461", {"id": "cvr:1", "name": "A", "kind": "company"}]}
    short = ("enough-authorities",)
    assert for_approval(procedure).refused_by == ()
    assert for_approval(municipalities).refused_by == short
    assert for_approval(procedure, enlist_participants=two).refused_by == short
    assert for_approval(companies, enlist_participants=two).refused_by == ()


def test_participants_binding_at_says_where_three_must_be_there(procedure: Procedure) -> None:
    at_start = policy((BINDING_AT, 'binding_at = ["start"]'))
    alone = {"enlist_participants": {"participants": ["0751"]}}
    assert for_approval(procedure, **alone).refused_by == ("enough-authorities",)
    early = for_approval(at_start, **alone)
    assert (early.refused_by, early.remarks) == ((), ())
    assert "enough-authorities" not in [each.rule for each in early.findings]
    consented = told(in_phase(Phase.FUNDER_CONSENT, at_start, **alone), *BOTH_CONSENTS)
    assert consented.decide(command("start")).refused_by == ("enough-authorities",)


def test_participants_advisory_at_says_where_it_is_a_remark(procedure: Procedure) -> None:
    nowhere = policy((ADVISORY_AT, "advisory_at = []"))
    everywhere = policy(
        (BINDING_AT, "binding_at = []"),
        (ADVISORY_AT, 'advisory_at = ["submit-for-qualification", "submit-for-approval"]'),
    )
    alone = {"enlist_participants": {"participants": ["0751"]}}
    answers = [
        in_phase(Phase.SPARRING, each, **alone).decide(command("submit-for-qualification"))
        for each in (procedure, nowhere)
    ]
    assert [each.remarks for each in answers] == [("enough-authorities",), ()]
    remarked = for_approval(everywhere, **alone)
    assert (remarked.refused_by, remarked.remarks) == ((), ("enough-authorities",))


def test_consent_required_at_never_makes_a_missing_consent_a_remark(procedure: Procedure) -> None:
    never = policy(('required_at = "start"', 'required_at = "never"'))
    rule = ("every-party-consents",)
    refused = approved(procedure).decide(command("start"))
    remarked = approved(never).decide(command("start"))
    assert (refused.refused_by, refused.remarks) == (rule, ())
    assert (remarked.refused_by, remarked.remarks) == ((), rule)


def test_consent_required_at_never_makes_all_of_consents_remarks(procedure: Procedure) -> None:
    never = policy(('required_at = "start"', 'required_at = "never"'))
    limited = consent("realdania", 1_500_000, valid_until="2024-06-30", conditions=["En plan"])
    answers = [approved(each, limited).decide(command("start")) for each in (procedure, never)]
    rules = ("conditions-met", "consents-in-force", "every-party-consents")
    assert [(each.refused_by, each.remarks) for each in answers] == [(rules, ()), ((), rules)]


def test_authority_says_who_may(procedure: Procedure) -> None:
    dgo = policy(('start = ["secretariat"]', 'start = ["dgo"]'))
    anyone = policy(('start = ["secretariat"]', 'start = ["anyone"]'))
    by_dgo = command("start", by="dgo:fyn")
    by_nobody_known = command("start", by="proposer:cvr:99")
    answers = [
        (
            approved(each, *BOTH_CONSENTS).decide(by_dgo).refused_by,
            approved(each, *BOTH_CONSENTS).decide(by_nobody_known).refused_by,
        )
        for each in (procedure, dgo, anyone)
    ]
    refused = ("authorised",)
    assert answers == [(refused, refused), ((), refused), ((), ())]


def test_authority_may_differ_in_a_phase(procedure: Procedure) -> None:
    same = policy(('"return@committee_decision" = ["committee"]\n', ""))
    history = [in_phase(Phase.COMMITTEE_DECISION, each) for each in (procedure, same)]
    by_dgo = command("return", by="dgo:fyn")
    by_committee = command("return")
    assert [each.decide(by_dgo).refused_by for each in history] == [("authorised",), ()]
    assert [each.decide(by_committee).refused_by for each in history] == [(), ("authorised",)]


def test_funds_amount_is_what_there_is(procedure: Procedure) -> None:
    less = policy((FUND, FUND.replace("10_000_000", "1_500_000")))
    assert granting(procedure, 1_500_001).refused_by == ()
    assert granting(less, 1_500_000).refused_by == ()
    assert "within-fund" in granting(less, 1_500_001).refused_by


def test_funds_released_on_opens_the_third_fund(procedure: Procedure) -> None:
    released = policy((AWAITS, f"{AWAITS}\nreleased_on = 2024-05-30"))
    later = policy((AWAITS, f"{AWAITS}\nreleased_on = 2024-05-31"))
    locked = ("fund-released", "within-fund")
    assert granting(procedure, 20_000_000).refused_by == locked
    assert granting(released, 20_000_000).refused_by == ()
    assert granting(later, 20_000_000).refused_by == locked


def test_funds_released_on_locks_a_fund_that_awaits_only_the_day() -> None:
    on_a_day = policy((AWAITS, "released_on = 2024-05-31"))
    locked = ("fund-released", "within-fund")
    assert granting(on_a_day, 20_000_000, "2024-05-30 23:59:59.999999").refused_by == locked
    assert granting(on_a_day, 20_000_000, "2024-05-31 00:00").refused_by == ()


def test_funds_that_await_nothing_are_open(procedure: Procedure) -> None:
    open_ = policy((AWAITS, ""))
    assert granting(procedure, 20_000_000).refused_by == ("fund-released", "within-fund")
    assert granting(open_, 20_000_000).refused_by == ()
    assert granting(open_, 20_000_001).refused_by == ("within-fund",)


def test_valid_until_is_the_last_day_of_a_start(procedure: Procedure) -> None:
    longer = policy(("value = 2027-12-31", "value = 2028-12-31"))
    new_year = command("start", at="2028-01-01 00:00")
    refused = approved(procedure, *BOTH_CONSENTS).decide(new_year)
    assert refused.refused_by == ("within-partnership",)
    assert approved(longer, *BOTH_CONSENTS).decide(new_year).refused_by == ()


def test_zone_is_the_clock_of_every_date(procedure: Procedure) -> None:
    london = policy(('zone = "Europe/Copenhagen"', 'zone = "Europe/London"'))
    ten = "2024-04-15T10:00+02:00"
    assert submitted(procedure, ten).refused_by == LATE
    assert submitted(london, ten).refused_by == ()
    assert "at 09:00" in found(submitted(london, ten), LATE[0]).because
    midnight = command("approve", at="2024-05-29T22:00Z")
    meeting = [in_phase(Phase.COMMITTEE_DECISION, each) for each in (procedure, london)]
    assert [each.decide(midnight).refused_by for each in meeting] == [(), ("committee-has-met",)]


@pytest.mark.parametrize(
    ("stated", "other", "do", "at", "refused_by"),
    [
        ("mandag 2024-04-15 09:00", "tirsdag 2024-04-16 09:00", "submit-for-qualification",
         "2024-04-16 09:00", LATE),
        ("torsdag 2024-04-25 09:00", "fredag 2024-04-26 09:00", "submit-for-approval",
         "2024-04-26 09:00", ("before-approval-deadline",)),
        ("torsdag 2024-05-30", "onsdag 2024-05-29", "approve",
         "2024-05-29 12:00", ("committee-has-met",)),
    ],
)  # fmt: skip
def test_rounds_are_the_dates(
    procedure: Procedure, stated: str, other: str, do: str, at: str, refused_by: tuple[str, ...]
) -> None:
    before = {
        "submit-for-qualification": Phase.SPARRING,
        "submit-for-approval": Phase.QUALIFICATION,
        "approve": Phase.COMMITTEE_DECISION,
    }
    moved = policy((stated, other))
    answers = [in_phase(before[do], each).decide(command(do, at=at)) for each in (procedure, moved)]
    assert [each.refused_by for each in answers] == [refused_by, ()]


def test_rounds_check_their_weekday() -> None:
    with pytest.raises(PolicyError, match="2024-04-25 is a torsdag, not a fredag"):
        policy(("torsdag 2024-04-25 09:00", "fredag 2024-04-25 09:00"))


def test_criteria_strength_says_whether_one_binds(procedure: Procedure) -> None:
    head = 'demonstrationselement"\nstrength = "binding"'
    mild = policy((head, head.replace("binding", "advisory")))
    commands = [
        command("assess-criterion", criterion=each.id, met=each.id != "development-element")
        for each in procedure.criteria
    ]
    answers = [
        told(in_phase(Phase.QUALIFICATION, each, assess_criterion=None), *commands).decide(
            command("submit-for-approval")
        )
        for each in (procedure, mild)
    ]
    assert [each.refused_by for each in answers] == [("criteria-met",), ()]
    assert found(answers[0], "criteria-met").margin == -1
