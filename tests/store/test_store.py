"""One request, one transaction: what is written, what is answered, what a refusal leaves."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from klimaflow import (
    CaseError,
    History,
    HistoryError,
    Phase,
    Procedure,
    copenhagen,
)
from klimaflow.errors import Conflict, KeyReused, StoreError
from klimaflow.events import Approved
from klimaflow.store import Store, prepare, tables
from klimaflow.store.schema import TABLES
from tests.conftest import command, policy
from tests.store.databases import brought, course, registering

EVERYTHING = tuple(TABLES)
OTHER = policy(("minimum = 3", "minimum = 4"))
NEAR = "qualification-deadline-near/2024-spring"


def content(engine: Engine) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with engine.connect() as connection:
        return {t.name: sorted(map(repr, connection.execute(select(t)))) for t in EVERYTHING}


class TestTheHostsTransaction:
    def test_nothing_is_there_before_the_host_commits(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        with engine.connect() as connection:
            brought(Store(connection, procedure), "a", *course(procedure))
            assert connection.in_transaction()
            connection.rollback()
        assert not any(content(engine).values())

    def test_it_is_there_with_what_the_host_wrote(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        with Session(engine) as session:
            brought(Store(session.connection(), procedure), "a", *course(procedure))
            session.commit()
        assert Store(engine, procedure).history("a").proposal.phase is Phase.STARTED

    def test_a_connection_that_commits_each_statement_is_refused(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        asked: list[Callable[[Store], Any]] = [
            lambda store: store.execute("a", command("hold-sparring")),
            lambda store: store.execute("b", command("register-idea")),
            lambda store: store.move("a", OTHER, "secretariat:kl", "Ny.", "2024-04-20 10:00"),
            lambda store: store.erase("a", [1], "secretariat:kl", "Ønske.", "2024-04-20 10:00"),
            lambda store: store.due(),
            lambda store: store.woken("a", NEAR, "2024-04-08 09:00"),
        ]
        brought(Store(engine, procedure), "a", command("register-idea"))
        before = content(engine)
        alone = create_engine(engine.url, isolation_level="AUTOCOMMIT")
        for ask in asked:
            with alone.connect() as connection, pytest.raises(StoreError, match="for itself"):
                ask(Store(connection, procedure, OTHER))
        alone.dispose()
        assert content(engine) == before

    def test_a_host_with_pythons_own_transactions_loses_nothing_half(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        plain = create_engine(engine.url)
        with plain.connect() as connection:
            brought(Store(connection, procedure), "a", *course(procedure)[:3])
            connection.commit()
            brought(Store(connection, procedure), "a", *course(procedure)[3:])
            connection.rollback()
        plain.dispose()
        store = Store(engine, procedure)
        assert (store.version("a"), store.verify()) == (3, [])

    def test_whoever_has_read_everything_goes_on_in_the_same_transaction(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        reads: list[Callable[[Store], Any]] = [Store.verify, lambda store: [*store.export()]]
        with engine.begin() as connection:
            inside = Store(connection, procedure)
            options = dict(connection.get_execution_options())
            brought(inside, "a", command("register-idea"))
            for key, read in enumerate(reads):
                read(inside)
                assert inside.execute("a", command("hold-sparring"), key=f"{key}").permitted
                assert connection.get_execution_options() == options
        assert Store(engine, procedure).version("a") == 3

    def test_the_tables_may_stand_in_the_hosts_own_metadata(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        own = tables(MetaData())
        store = Store(engine, procedure, tables=own)
        brought(store, "a", *course(procedure))
        assert store.verify() == []


class TestWhatIsWritten:
    def test_the_history_is_the_one_that_was_told(self, store: Store, procedure: Procedure) -> None:
        told = History(procedure)
        for each in course(procedure):
            told = told.then(each)
        brought(store, "a", *course(procedure))
        stored = store.history("a")
        assert stored.proposal == told.proposal
        assert stored.events == told.events
        assert stored.to_records() == told.to_records()

    def test_the_proposal_says_where_the_case_stands(
        self, store: Store, procedure: Procedure
    ) -> None:
        brought(store, "a", *course(procedure, Phase.FUNDER_CONSENT))
        (row,) = store.proposals()
        assert (row["phase"], row["round"], row["version"]) == ("funder_consent", "2024-spring", 13)
        assert (row["title"], row["proposer"], row["revision"]) == ("Skybrud på tværs", "0751", 1)
        assert row["since"] == copenhagen("2024-05-30 13:00")

    def test_a_case_that_there_is_not_has_no_history(self, store: Store) -> None:
        assert store.version("a") == 0
        with pytest.raises(StoreError, match="no such case"):
            store.history("a")

    @pytest.mark.parametrize("case_id", ["", " ", "a\nb", "x" * 201, "\0", 5, None])
    def test_an_id_that_is_no_readable_line_is_refused(self, store: Store, case_id: Any) -> None:
        if case_id is None:
            case_id = "\u200b"
        with pytest.raises(CaseError, match="case: expected one readable line"):
            store.execute(case_id, command("register-idea"))

    def test_there_is_no_case_of_what_is_no_id(self, store: Store) -> None:
        told = ("secretariat:kl", "Efter ønske.", "2024-04-20 10:00")
        asked: list[Callable[[Any], Any]] = [
            store.history,
            store.trail,
            lambda case_id: store.erase(case_id, [1], *told),
            lambda case_id: store.woken(case_id, NEAR, "2024-04-08 09:00"),
        ]
        others: list[Any] = ["", "a\nb", "x" * 201, "\0", "a\0", "\ud800", 5, None]
        for case_id in others:
            for ask in asked:
                with pytest.raises(StoreError, match="there is no such case"):
                    ask(case_id)
            assert store.version(case_id) == 0

    def test_texts_of_any_script_come_back_as_they_came(
        self, store: Store, procedure: Procedure
    ) -> None:
        title = "\0Æbler \U0001f34e '; DROP TABLE klimaflow_event; -- \u202e\ufeff"
        brought(store, "Sag 2024/7 ø", command("register-idea", title=title))
        assert store.history("Sag 2024/7 ø").proposal.title == title
        assert store.verify() == []

    def test_a_procedure_that_is_not_handed_in_is_asked_for(
        self, engine: Engine, store: Store, procedure: Procedure
    ) -> None:
        brought(store, "a", command("register-idea"))
        other = policy(("minimum = 3", "minimum = 4"))
        with pytest.raises(StoreError, match=f"hand in the one of SHA-256 {procedure.sha256}"):
            Store(engine, other).history("a")
        with pytest.raises(StoreError, match=f"hand in the one of SHA-256 {other.sha256}"):
            store.move("a", other, "secretariat:kl", "Ny udgave.", "2024-04-20 10:00")
        assert Store(engine, other, procedure).history("a").procedure == procedure

    def test_a_new_case_needs_a_procedure(self, engine: Engine) -> None:
        with pytest.raises(StoreError, match="hand one in"):
            Store(engine).execute("a", command("register-idea"))

    def test_a_case_is_moved_on_the_record(
        self, engine: Engine, store: Store, procedure: Procedure
    ) -> None:
        other = policy(("minimum = 3", "minimum = 2"))
        both = Store(engine, procedure, other)
        brought(both, "a", *course(procedure, Phase.QUALIFICATION))
        version = both.version("a")
        moved = both.move("a", other, "secretariat:kl", "Ny udgave.", "2024-04-20 10:00")
        assert moved.procedure == both.history("a").procedure == other
        assert both.history("a").opened_under == procedure
        brought(both, "a", *course(procedure, Phase.STARTED)[version:])
        assert (both.version("a"), both.verify()) == (17, [])

    def test_a_move_of_a_case_that_has_moved_on_is_a_conflict(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        other = policy(("minimum = 3", "minimum = 2"))
        both = Store(engine, procedure, other)
        brought(both, "a", command("register-idea"))
        asked = ("a", other, "secretariat:kl", "Ny.", "2024-04-20 10:00")
        with pytest.raises(Conflict):
            both.move(*asked, expected_version=2)
        with pytest.raises(HistoryError, match="already"):
            both.move("a", procedure, *asked[2:])
        assert both.version("a") == 1


class TestARefusal:
    def test_it_changes_nothing(self, engine: Engine, store: Store, procedure: Procedure) -> None:
        brought(store, "a", *course(procedure, Phase.QUALIFICATION))
        before = content(engine)
        answer = store.execute("a", command("start"), key="k")
        assert (answer.permitted, answer.refused_by) == (False, ("known-move",))
        assert answer.decision is not None
        assert not answer.decision.permitted
        assert answer.version == store.version("a")
        assert content(engine) == before

    def test_it_does_not_open_a_case(self, engine: Engine, store: Store) -> None:
        assert not store.execute("a", command("start"), key="k").permitted
        assert not any(content(engine).values())

    def test_its_key_is_free_again(self, store: Store, procedure: Procedure) -> None:
        brought(store, "a", *course(procedure, Phase.IDEA))
        assert not store.execute("a", command("start"), key="k").permitted
        answer = store.execute("a", command("hold-sparring"), key="k")
        assert (answer.permitted, answer.repeated) == (True, False)

    def test_it_can_be_recorded_as_such(self, engine: Engine, procedure: Procedure) -> None:
        store = Store(engine, procedure, records_refusals=True)
        brought(store, "a", *course(procedure, Phase.QUALIFICATION))
        version, history = store.version("a"), store.history("a")
        first = store.execute("a", command("start"), key="k")
        assert (store.version("a"), store.history("a")) == (version, history)
        again = store.execute("a", command("start"), key="k")
        assert again == first
        assert again.repeated
        assert not first.repeated
        assert store.verify() == []
        last = store.trail("a")[-1]
        assert (last.kind, last.body["refused_by"]) == ("refusal", ["known-move"])
        assert (last.body["command"]["do"], last.record) == ("start", None)
        assert last.body["procedure"] == procedure.sha256
        with pytest.raises(KeyReused):
            store.execute("a", command("put-before-committee"), key="k")
        brought(store, "a", *course(procedure)[version:])
        assert store.verify() == []


class TestTheSameKey:
    def test_the_first_answer_is_given_again(
        self, engine: Engine, store: Store, procedure: Procedure
    ) -> None:
        first = [store.execute("a", each, key=f"k{n}") for n, each in enumerate(course(procedure))]
        before = content(engine)
        again = [
            store.execute("a", each, key=f"k{n}", expected_version=n)
            for n, each in enumerate(course(procedure))
        ]
        assert again == first
        assert all(each.repeated for each in again)
        assert content(engine) == before

    def test_with_another_content_it_is_an_error(self, engine: Engine, store: Store) -> None:
        store.execute("a", command("register-idea"), key="k")
        before = content(engine)
        for case_id, title in (("a", "Andet"), ("b", "Skybrud på tværs")):
            with pytest.raises(KeyReused, match="needs a new key"):
                store.execute(case_id, command("register-idea", title=title), key="k")
        assert content(engine) == before

    def test_a_remark_is_told_again(self, store: Store, procedure: Procedure) -> None:
        two = {"enlist_participants": {"participants": ("0751", "0461")}}
        brought(store, "a", *course(procedure, Phase.SPARRING, **two))
        submit = command("submit-for-qualification")
        first = store.execute("a", submit, key="k")
        assert first.remarks == ("enough-authorities",)
        assert store.execute("a", submit, key="k") == first


class TestTheVersion:
    def test_what_was_seen_is_what_is_decided_on(self, store: Store, procedure: Procedure) -> None:
        for number, each in enumerate(course(procedure)):
            assert store.execute("a", each, expected_version=number).version == number + 1

    def test_another_version_is_a_conflict(self, engine: Engine, store: Store) -> None:
        store.execute("a", command("register-idea"), expected_version=0)
        before = content(engine)
        with pytest.raises(Conflict) as caught:
            store.execute("a", command("hold-sparring"), key="k", expected_version=0)
        assert (caught.value.expected, caught.value.found) == (0, 1)
        assert content(engine) == before
        assert "read it again" in str(caught.value)


class Ticking:
    """A clock that is set by hand."""

    def __init__(self, at: str) -> None:
        self.at: datetime = copenhagen(at)

    def __call__(self) -> datetime:
        return self.at


def registered(engine: Engine, procedure: Procedure, apart: timedelta) -> Any:
    """Return the answer to an idea that is recorded that much after it was received."""
    idea = command("register-idea")
    store = Store(engine, procedure, clock=lambda: idea.at + apart)
    return store.execute("a", idea)


MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
LATE = ("registered-in-time",)


class TestTwoTimes:
    def test_the_store_has_a_time_of_its_own(self, engine: Engine, procedure: Procedure) -> None:
        clock = Ticking("2024-02-05 08:00:00.000001")
        answer = Store(engine, procedure, clock=clock).execute("a", command("register-idea"))
        assert answer.recorded_at == clock.at
        assert answer.decision is not None
        assert answer.decision.command.at == copenhagen("2024-02-01 10:00")

    def test_without_a_reading_it_may_be_any_time_apart(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        answer = registered(engine, procedure, timedelta(days=3650))
        assert (answer.permitted, answer.remarks, answer.registration) == (True, (), None)

    @pytest.mark.parametrize("sign", [1, -1])
    def test_up_to_the_limit_it_is_in_time(self, engine: Engine, sign: int) -> None:
        answer = registered(engine, registering(60), sign * HOUR)
        assert (answer.permitted, answer.remarks) == (True, ())
        assert answer.registration.margin == timedelta(0)

    @pytest.mark.parametrize("sign", [1, -1])
    def test_beyond_it_it_is_a_remark(self, engine: Engine, sign: int) -> None:
        answer = registered(engine, registering(60), sign * (HOUR + MICROSECOND))
        assert (answer.permitted, answer.remarks) == (True, LATE)
        assert answer.registration.margin == -MICROSECOND

    def test_or_a_refusal_by_the_policy(self, engine: Engine) -> None:
        binding = registering(60, "binding")
        late = registered(engine, binding, HOUR + MICROSECOND)
        assert (late.permitted, late.refused_by) == (False, LATE)
        assert late.decision.permitted, "the procedure itself has nothing against it"
        assert not any(content(engine).values())
        assert registered(engine, binding, HOUR).permitted

    def test_another_number_of_minutes_changes_the_answer(self, engine: Engine) -> None:
        apart = timedelta(minutes=61)
        assert registered(engine, registering(60, "binding"), apart).refused_by == LATE
        assert registered(engine, registering(61, "binding"), apart).refused_by == ()

    def test_it_is_said_in_both_languages_with_its_source(self, engine: Engine) -> None:
        found = registered(engine, registering(60), timedelta(minutes=90)).registration
        assert "1 hour 30 minutes" in found.explained("en")
        assert "1 time 30 minutter" in found.explained("da")
        assert found.source.quote == "Journalpligt."
        assert (found.rule, found.holds) == ("registered-in-time", False)

    def test_the_hash_of_a_policy_without_the_reading_stays(self, procedure: Procedure) -> None:
        assert "late_registration" not in procedure.content
        assert "late_registration_minutes" in registering(60).content

    def test_a_clock_that_is_set_back_does_not_set_the_record_back(self, engine: Engine) -> None:
        clock = Ticking("2024-02-01 11:00:00.000001")
        store = Store(engine, registering(60, "binding"), clock=clock)
        other = command("register-idea", at="2024-02-01 10:30")
        assert store.execute("a", other).permitted
        clock.at = copenhagen("2024-02-01 10:05")
        late = store.execute("b", command("register-idea"))
        assert late.refused_by == LATE, "it is 11:00 already, and was received at 10:00"
        assert late.recorded_at == copenhagen("2024-02-01 11:00:00.000001")

    def test_a_clock_without_a_zone_is_refused(self, engine: Engine, procedure: Procedure) -> None:
        store = Store(engine, procedure, clock=lambda: datetime(2024, 2, 1))
        with pytest.raises(ValueError, match="no zone"):
            store.execute("a", command("register-idea"))

    def test_the_time_is_taken_before_any_lock(self, engine: Engine, procedure: Procedure) -> None:
        seen: list[bool] = []

        def clock() -> datetime:
            seen.append(connection.in_transaction())
            return datetime.now(UTC)

        with engine.connect() as connection:
            Store(connection, procedure, clock=clock).execute("a", command("register-idea"))
        assert seen == [False]


BIG = {"propose_budget": {"contributions": {"realdania": 6_000_000}}}


class TestFunds:
    def to_the_committee(self, store: Store, procedure: Procedure, *cases: str) -> None:
        for case in cases:
            brought(store, case, *course(procedure, Phase.COMMITTEE_DECISION, **BIG))

    def test_the_second_approval_sees_what_the_first_has_promised(
        self, store: Store, procedure: Procedure
    ) -> None:
        self.to_the_committee(store, procedure, "a", "b")
        assert store.execute("a", command("approve")).permitted
        assert store.funds()["realdania"] == 6_000_000
        refused = store.execute("b", command("approve"))
        assert refused.refused_by == ("fund-released", "within-fund")
        four = command("approve", granted={"realdania": 4_000_000})
        assert store.execute("b", four).permitted
        assert store.funds()["realdania"] == 10_000_000
        assert store.verify() == []

    @pytest.mark.parametrize(
        "back", [command("return", at="2024-06-01 10:00"), command("withdraw")]
    )
    def test_a_grant_that_falls_gives_its_money_back(
        self, store: Store, procedure: Procedure, back: Any
    ) -> None:
        self.to_the_committee(store, procedure, "a", "b")
        brought(store, "a", command("approve"))
        assert store.execute("a", back).permitted
        assert store.funds()["realdania"] == 0
        assert store.execute("b", command("approve")).permitted
        assert store.verify() == []

    def test_an_amended_grant_gives_back_what_it_is_less(
        self, store: Store, procedure: Procedure
    ) -> None:
        self.to_the_committee(store, procedure, "a")
        brought(store, "a", command("approve"))
        less = command("amend-grant", granted={"realdania": 1_000_000})
        more = command("amend-grant", granted={"realdania": 6_000_000})
        brought(store, "a", less)
        assert store.funds()["realdania"] == 1_000_000
        brought(store, "a", more)
        assert store.funds()["realdania"] == 6_000_000
        assert store.verify() == []

    def test_the_event_keeps_what_the_funds_had_promised_to_others(
        self, store: Store, procedure: Procedure
    ) -> None:
        self.to_the_committee(store, procedure, "a", "b")
        brought(store, "a", command("approve"))
        brought(store, "b", command("approve", granted={"realdania": 1}))
        approved = store.history("b").events[-1]
        assert isinstance(approved, Approved)
        assert approved.committed == {"realdania": 6_000_000}


class TestTimers:
    def test_what_is_due_is_claimed_once(self, engine: Engine, procedure: Procedure) -> None:
        clock = Ticking("2024-02-01 11:00")
        store = Store(engine, procedure, clock=clock)
        brought(store, "a", command("register-idea"))
        assert store.due() == []
        clock.at = copenhagen("2024-04-08 08:59:59.999999")
        assert store.due() == []
        clock.at = copenhagen("2024-04-08 09:00")
        (wake_up,) = store.due()
        assert wake_up.name == "qualification-deadline-near/2024-spring"
        assert wake_up.history.proposal.title == "Skybrud på tværs"
        assert store.due() == []
        clock.at = copenhagen("2024-04-16 00:00")
        assert [each.name for each in store.due()] == ["qualification-deadline-missed/2024-spring"]
        assert store.due() == []
        clock.at = copenhagen("2024-09-30 09:00")
        assert [each.name for each in store.due()] == ["qualification-deadline-near/2024-autumn"]

    def test_what_fails_is_due_again(self, engine: Engine, procedure: Procedure) -> None:
        clock = Ticking("2024-04-08 09:00")
        store = Store(engine, procedure, clock=clock)
        brought(store, "a", command("register-idea"))

        def remind() -> None:
            with store.transaction() as inside:
                assert len(inside.due()) == 1
                raise RuntimeError("the mail server is down")

        with pytest.raises(RuntimeError):
            remind()
        assert len(store.due()) == 1

    def test_what_the_case_has_outgrown_is_gone(self, engine: Engine, procedure: Procedure) -> None:
        clock = Ticking("2024-04-11 09:00")
        store = Store(engine, procedure, clock=clock)
        brought(store, "a", *course(procedure, Phase.QUALIFICATION))
        clock.at = copenhagen("2024-04-26 00:00")
        assert [each.name for each in store.due()] == ["approval-deadline-missed/2024-spring"]

    def test_a_consent_that_runs_out_is_told_of_fourteen_days_before(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        clock = Ticking("2024-06-11 09:00")
        store = Store(engine, procedure, clock=clock)
        ends = {"give_consent": {"valid_until": "2024-08-31"}}
        brought(store, "a", *course(procedure, Phase.STARTED, **ends)[:-1])
        clock.at = copenhagen("2024-08-16 23:59:59.999999")
        assert store.due() == []
        clock.at = copenhagen("2024-08-17 00:00")
        assert [each.name for each in store.due()] == [
            "consent-runs-out/realdania",
            "consent-runs-out/region-syddanmark",
        ]
        assert store.verify() == []

    def test_two_who_ask_at_once_share_what_is_due(
        self, engine: Engine, procedure: Procedure
    ) -> None:
        if engine.dialect.name == "sqlite":
            return  # one writer at a time
        store = Store(engine, procedure, clock=Ticking("2024-04-08 09:00"))
        for case in "abcd":
            brought(store, case, command("register-idea"))
        with store.transaction() as one, store.transaction() as other:
            first, second, rest = one.due(3), other.due(3), one.due(3)
        assert [len(each) for each in (first, second, rest)] == [3, 1, 0]
        assert {each.case_id for each in (*first, *second)} == set("abcd")


class TestTheOutbox:
    def test_it_has_an_envelope_for_each_event(self, store: Store, procedure: Procedure) -> None:
        brought(store, "a", *course(procedure))
        found = store.outbox()
        assert [each["data"]["number"] for each in found] == [*range(1, len(found) + 1)]
        assert len({each["id"] for each in found}) == len(found) == store.version("a")
        first = found[0]
        assert (first["specversion"], first["subject"]) == ("1.0", "a")
        assert first["type"] == "klimaflow.IdeaRegistered.v1"
        assert first["data"]["said"]["title"] == "Skybrud på tværs"

    def test_what_is_delivered_is_gone_and_the_rest_stays(
        self, store: Store, procedure: Procedure
    ) -> None:
        brought(store, "a", *course(procedure))
        first, second = store.outbox(1), store.outbox(1)
        assert first == second, "at least once: it stays until it is delivered"
        store.delivered(*first)
        assert store.outbox(1)[0]["data"]["number"] == 2

    def test_what_is_delivered_twice_takes_nothing_new_with_it(self, store: Store) -> None:
        brought(store, "a", command("register-idea"))
        found = store.outbox()
        store.delivered(*found)
        brought(store, "a", command("hold-sparring"))
        store.delivered(*found)
        assert [each["data"]["number"] for each in store.outbox()] == [2]

    def test_its_order_is_that_of_the_sequence_as_a_text(
        self, store: Store, procedure: Procedure
    ) -> None:
        brought(store, "a", *course(procedure))
        found = [each["sequence"] for each in store.outbox()]
        assert len(found) > 9
        assert found == sorted(found)

    def test_what_commits_late_is_not_passed_over(
        self, engine: Engine, store: Store, procedure: Procedure
    ) -> None:
        if engine.dialect.name == "sqlite":
            return  # one writer at a time
        brought(store, "first", command("register-idea"))
        store.delivered(*store.outbox())
        with engine.connect() as slow:
            Store(slow, procedure).execute("slow", command("register-idea"))
            store.execute("quick", command("register-idea"))
            (quick,) = store.outbox()
            store.delivered(quick)
            slow.commit()
        assert [each["subject"] for each in store.outbox()] == ["slow"]


def test_an_asynchronous_host_runs_it_in_its_session(
    url: str, engine: Engine, procedure: Procedure
) -> None:
    def submit(session: Session) -> int:
        store = Store(session.connection(), procedure)
        brought(store, "a", *course(procedure))
        assert store.verify() == []
        with pytest.raises(Conflict):
            store.execute("a", command("start"), key="k", expected_version=3)
        return store.version("a")

    async def host() -> list[int]:
        asynchronous = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
        if engine.dialect.name == "sqlite":
            prepare(asynchronous.sync_engine)
        async with AsyncSession(asynchronous) as session:
            lost = await session.run_sync(submit)
            await session.rollback()
        async with AsyncSession(asynchronous) as session, session.begin():
            kept = await session.run_sync(submit)
        await asynchronous.dispose()
        return [lost, kept]

    assert asyncio.run(host()) == [16, 16]
    store = Store(engine, procedure)
    assert (store.version("a"), store.verify()) == (16, [])
