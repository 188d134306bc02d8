"""Cases on Django's own connection: all of a request is there, or nothing of it."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.connection import ConnectionDoesNotExist

from klimaflow import Phase, load_procedure
from klimaflow import commands as do
from klimaflow.contrib.django.cases import Cases
from klimaflow.contrib.django.models import Event, Fund, Idempotency, Outbox, Proposal, Timer
from klimaflow.contrib.django.rows import Rows
from klimaflow.errors import CaseError, Conflict, KeyReused, StoreError
from klimaflow.moments import moment
from klimaflow.procedure import Procedure
from klimaflow.store import ledger
from klimaflow.testing import given
from tests.conftest import POLICY
from tests.django.conftest import AT, CASE, IDEA, speaker
from tests.django.host.models import Track
from tests.store.databases import course

LATE = do.SubmitForQualification(round="2024-spring", by="proposer:0751", at="2024-04-15 09:12")


def counted() -> list[int]:
    """Return how many rows each table has."""
    return [each.objects.count() for each in (Event, Proposal, Idempotency, Outbox, Timer, Fund)]


class TestACase:
    def test_before_its_first_command_its_history_is_empty(self, ann: User) -> None:
        track = Track.objects.create(journal_number="24/18")
        assert track.history.proposal.phase is None
        with pytest.raises(Proposal.DoesNotExist):
            _ = track.case
        track.full_clean()

    def test_it_has_its_history_and_its_row(self, track: Track) -> None:
        assert track.history.proposal.phase is Phase.IDEA
        assert (track.case.phase, track.case.title) == ("idea", "Skybrud på tværs")
        assert track.case.history == track.history

    def test_the_host_asks_for_its_rows_by_phase_and_round(self, track: Track, ann: User) -> None:
        assert [*Track.objects.filter(case__phase=Phase.IDEA)] == [track]
        submitted = do.SubmitForQualification(round="2024-spring", by="proposer:0751", at=AT)
        assert track.execute(submitted, user=ann).permitted
        assert not Track.objects.filter(case__phase="idea").exists()
        found = Track.objects.filter(case__phase="qualification", case__round="2024-spring")
        assert [*found] == [track]
        assert Proposal.objects.get(phase="qualification").track == track

    def test_its_host_may_choose_the_id(self, ann: User) -> None:
        track = Track.objects.create(journal_number="24/19", case_id="2024/19")
        assert track.execute(IDEA, user=ann).case_id == "2024/19"

    def test_times_come_back_as_they_were(self, track: Track) -> None:
        event = Event.objects.get(case=CASE)
        assert event.at == track.history.events[0].at
        assert Event.objects.get(recorded_at=event.recorded_at) == event
        assert Event.objects.filter(at__lt="2024-02-01T09:00:00.000001Z").exists()
        assert not Event.objects.filter(at__lt="2024-02-01T09:00:00Z").exists()


class TestARequest:
    def test_a_refusal_is_an_answer_and_changes_nothing(self, track: Track, ann: User) -> None:
        before = counted()
        answer = track.execute(LATE, user=ann, key="late")
        assert "before-qualification-deadline" in answer.refused_by
        assert answer.decision is not None
        assert counted() == before

    def test_a_refusal_stands_in_the_chain_if_the_settings_say_so(
        self, track: Track, ann: User, settings: Any
    ) -> None:
        settings.KLIMAFLOW_RECORDS_REFUSALS = True
        assert not track.execute(LATE, user=ann).permitted
        assert [each.kind for each in Cases().trail(CASE)] == ["event", "refusal"]
        assert Cases().verify() == []

    def test_the_same_key_gets_the_first_answer(self, track: Track, ann: User) -> None:
        named = do.EnlistParticipants(participants=["0461"], by="proposer:0751", at=AT)
        first = track.execute(named, user=ann, key="one")
        before = counted()
        again = track.execute(named, user=ann, key="one")
        assert (again, again.repeated) == (first, True)
        assert counted() == before
        with pytest.raises(KeyReused):
            track.execute(LATE, user=ann, key="one")

    def test_a_stale_version_is_a_conflict(self, track: Track, ann: User) -> None:
        with pytest.raises(Conflict, match="version 1, not 0"):
            track.execute(LATE, user=ann, expected_version=0)

    def test_an_unreadable_id_is_refused(self, ann: User) -> None:
        with pytest.raises(CaseError, match="case: expected one readable line"):
            Cases().execute("a\nb", IDEA, user=ann)
        for case_id in ("a\nb", "\0", "\ud800"):
            assert Cases().version(case_id) == len(Cases().begun(case_id).events) == 0

    def test_a_whole_course_ends_as_a_history_does(self, procedure: Procedure, db: Any) -> None:
        commands, cases = course(procedure), Cases()
        user = speaker("everybody", *{f"{c.by.role}:{c.by.organisation}" for c in commands})
        for each in commands:
            answer = cases.execute("2024/7", each, user=user)
            assert answer.permitted, answer.decision
        history = cases.history("2024/7")
        assert history == given(procedure, *commands).history
        assert cases.funds() == {**ledger.promised_of(history), "realdania-after-evaluation": 0}
        assert cases.version("2024/7") == len(history.events) == len(cases.trail("2024/7"))
        assert cases.verify() == []

    def test_an_erasure_is_on_the_record(self, track: Track) -> None:
        user, cases = speaker("kim", "secretariat:kl"), Cases()
        told: dict[str, Any] = {"by": "secretariat:kl", "reason": "Efter ønske.", "at": AT}
        with pytest.raises(CaseError, match="by: 'kim' is no actor"):
            cases.erase(CASE, [1], user=user, **{**told, "by": "kim"})
        with pytest.raises(StoreError, match="there is no such case"):
            cases.erase("nobody", [1], user=user, **told)
        assert cases.erase(CASE, [1], user=user, **told) == 1
        assert track.history.proposal.title == Proposal.objects.get().title == "(erased)"
        assert cases.verify() == []

    def test_a_case_moves_to_another_procedure_of_the_settings(
        self, track: Track, ann: User, settings: Any, tmp_path: Path
    ) -> None:
        user, cases = speaker("kim", "secretariat:kl"), Cases()
        told: dict[str, Any] = {"by": "secretariat:kl", "reason": "Ny udgave.", "at": AT}
        later = tmp_path / "later.toml"
        later.write_text(POLICY.replace("edition = 1", "edition = 2", 1), "utf-8")
        with pytest.raises(StoreError, match="a procedure is missing"):
            cases.move(CASE, load_procedure(later), user=user, **told)
        settings.KLIMAFLOW_PROCEDURES = [*settings.KLIMAFLOW_PROCEDURES, later]
        with pytest.raises(Conflict):
            cases.move(CASE, load_procedure(later), user=user, expected_version=9, **told)
        cases.move(CASE, load_procedure(later), user=user, **told)
        assert track.history.procedure.edition == 2
        assert Proposal.objects.get().procedure.edition == 2
        assert cases.verify() == []


class TestTheHostsTransaction:
    def test_a_rollback_takes_all_with_it(self, track: Track, ann: User) -> None:
        before = counted()
        named = do.EnlistParticipants(participants=["0461"], by="proposer:0751", at=AT)

        def fail() -> None:
            with transaction.atomic():
                assert track.execute(named, user=ann, key="x").permitted
                Track.objects.create(journal_number="24/20").execute(IDEA, user=ann)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert counted() == before
        assert Cases().verify() == []
        assert track.execute(named, user=ann, key="x").permitted

    def test_an_error_leaves_the_rest_of_the_transaction(self, track: Track, ann: User) -> None:
        with transaction.atomic():
            Track.objects.create(journal_number="24/21")
            with pytest.raises(Conflict):
                track.execute(LATE, user=ann, expected_version=7)
            with pytest.raises(StoreError, match="there is no such case"):
                Cases().history("nobody")
            assert Track.objects.count() == 2
        assert Track.objects.count() == 2

    @pytest.mark.django_db(transaction=True)
    def test_without_one_a_request_has_its_own(self, ann: User) -> None:
        track = Track.objects.create(journal_number="24/22")
        assert not connection.in_atomic_block
        assert track.execute(IDEA, user=ann).permitted
        assert Cases().verify() == []
        lines = Cases().export()
        assert not connection.in_atomic_block
        assert len([*lines]) == 4

    @pytest.mark.django_db(transaction=True)
    def test_rows_are_not_locked_by_statements_that_stand_alone(self) -> None:
        with pytest.raises(StoreError, match="commits for itself"):
            Rows(connection).locked_proposal("2024/7")
        with pytest.raises(StoreError, match="commits for itself"):
            Rows(connection).claimed(moment(AT), 1)


class Elsewhere:
    """A router that sends what is klimaflow's to another database."""

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        return "archive" if model._meta.app_label == "klimaflow" else None

    db_for_write = db_for_read


class TestTheDatabase:
    def test_is_the_one_that_the_routers_name_unless_it_is_named(
        self, track: Track, ann: User, settings: Any
    ) -> None:
        settings.DATABASE_ROUTERS = [f"{__name__}.{Elsewhere.__name__}"]
        assert Cases("default").version(CASE) == 1
        for ask in (lambda: Cases().version(CASE), lambda: Cases().due()):
            with pytest.raises(ConnectionDoesNotExist, match="archive"):
                ask()
        assert Cases("default").due()


class TestWhatOthersAreTold:
    def test_the_outbox_has_each_event_until_it_is_delivered(self, track: Track) -> None:
        (envelope,) = Cases().outbox()
        assert envelope["type"] == "klimaflow.IdeaRegistered.v1"
        assert envelope["subject"] == CASE
        Cases().delivered(envelope)
        assert Cases().outbox() == []

    def test_what_is_due_is_taken_once(self, track: Track) -> None:
        due = Cases().due()
        assert [each.case_id for each in due] == [CASE] * 4
        assert due[0].history == track.history
        assert Cases().due() == []


class TestTampering:
    def test_it_is_seen_and_refused(self, track: Track, ann: User) -> None:
        checkpoint = Cases().checkpoint()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE klimaflow_event SET kind = 'refusal'")
        (bad,) = Cases().verify()
        assert bad.what == "kind is refusal in the column and event in the body"
        with pytest.raises(StoreError, match="kind is refusal"):
            track.execute(LATE, user=ann)
        assert Cases().verify(checkpoint)

    def test_a_row_is_made_anew_from_the_entries(self, track: Track) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE klimaflow_proposal SET title = 'Noget andet', length = 9")
        assert len(Cases().verify()) == 1
        Cases().rebuild(track.case.case_id)
        assert Cases().verify() == []
        assert Proposal.objects.get().title == "Skybrud på tværs"

    def test_an_end_that_is_cut_off_is_seen_by_a_checkpoint(self, track: Track) -> None:
        checkpoint = Cases().checkpoint()
        with connection.cursor() as cursor:
            for table in ("timer", "outbox", "event", "proposal"):
                cursor.execute(f"DELETE FROM klimaflow_{table}")
        assert Cases().verify() == []
        (bad,) = Cases().verify(checkpoint)
        assert bad.what == "all of its entries are missing"
