"""The host's views, Django's admin and checks, as a browser and an administrator meet them."""

import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from klimaflow import commands as do
from klimaflow import load_procedure
from klimaflow.contrib.django.cases import Cases
from klimaflow.contrib.django.checks import configured
from klimaflow.contrib.django.models import Proposal, Representation
from klimaflow.errors import StoreError
from klimaflow.moments import copenhagen
from klimaflow.seen.words import Words
from tests.conftest import DGO, POLICY
from tests.django.conftest import AT, CASE, speaker
from tests.django.host.models import Received, Track
from tests.test_public import EVERY_MODULE, MODULES, hold_names

LIST = "/admin/klimaflow/proposal/"
LATE = do.SubmitForQualification(round="2024-spring", by="proposer:0751", at="2024-04-15 09:12")


def staff(name: str, *codenames: str) -> Client:
    """Return the browser of somebody who may use the admin and has some permissions."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


class TestTheHostsViews:
    def test_a_submission_is_answered_with_its_reasons(self, track: Track, ann: User) -> None:
        client = Client()
        client.force_login(ann)
        said = {"round": "2024-spring", "by": "proposer:0751"}
        answer = client.post(f"/tracks/{track.pk}/submit", said)
        assert (answer.status_code, answer.json()["permitted"]) == (409, False)
        assert any("for sent" in each for each in answer.json()["because"])

    @pytest.mark.django_db(transaction=True)
    def test_a_request_that_fails_leaves_nothing(self, track: Track, ann: User) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(ann)
        said = {"title": "Lavbundsjord", "journal_number": track.journal_number}
        assert client.post("/tracks/register", said).status_code == 500
        assert Proposal.objects.count() == Track.objects.count() == 1
        answer = client.post("/tracks/register", {**said, "journal_number": "24/18"})
        assert answer.json() == {"permitted": True, "because": []}
        assert Track.objects.get(journal_number="24/18").case.proposer == "0751"
        assert Cases().verify() == []

    @pytest.mark.django_db(transaction=True)
    def test_a_submission_under_a_key_is_done_once_as_it_was_first_received(
        self, track: Track, ann: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = Client()
        client.force_login(ann)

        def submitted(at: str, key: str, round_id: str) -> int:
            monkeypatch.setattr(timezone, "now", lambda: copenhagen(at))
            said = {"round": round_id, "by": "proposer:0751"}
            headers = {"Idempotency-Key": key}
            return client.post(f"/tracks/{track.pk}/submit", said, headers=headers).status_code

        assert submitted("2024-04-15 09:00:00.000001", "a", "2024-spring") == 409
        assert not Received.objects.exists()
        assert submitted("2024-04-15 09:00", "b", "2024-spring") == 200
        assert submitted("2024-04-15 09:01", "b", "2024-spring") == 200
        assert [each.at for each in track.history.events][1:] == [copenhagen("2024-04-15 09:00")]

    def test_in_the_name_of_others_it_is_forbidden(self, track: Track, ann: User) -> None:
        client = Client()
        client.force_login(ann)
        said = {"round": "2024-spring", "by": "proposer:0461"}
        assert client.post(f"/tracks/{track.pk}/submit", said).status_code == 403
        assert len(track.history.events) == 1

    def test_a_board_asks_for_a_phase(self, track: Track, ann: User) -> None:
        client = Client()
        client.force_login(ann)
        assert client.get("/tracks/?phase=idea").json() == {"24/17": "Skybrud på tværs"}
        assert client.get("/tracks/?phase=started").json() == {}


class TestTheAdmin:
    def test_cases_stand_by_phase_with_their_next_deadline(self, track: Track, ann: User) -> None:
        other = Track.objects.create(journal_number="24/18", case_id="0")
        for each in (
            do.RegisterIdea(title="Lavbundsjord", by="proposer:0751", at=AT),
            do.SubmitForQualification(round="2024-spring", by="proposer:0751", at=AT),
        ):
            assert other.execute(each, user=ann).permitted
        page = staff("vera", "view_proposal").get(LIST).content.decode()
        assert page.index("Skybrud på tværs") < page.index("Lavbundsjord")
        assert "Faglig kvalificering" in page
        assert "Vælg spor" in page
        assert "senest mandag den 7. oktober 2024 kl. 9.00" in page
        filtered = staff("vivi", "view_proposal").get(LIST, {"phase": "idea"}).content.decode()
        assert "Lavbundsjord" not in filtered
        assert "Skybrud" in filtered

    @pytest.mark.parametrize(("lang", "said"), [("da", "for sent"), ("en", "late")])
    def test_a_case_has_its_course_and_every_answer_with_its_reasons(
        self, track: Track, ann: User, settings: Any, lang: str, said: str
    ) -> None:
        settings.KLIMAFLOW_RECORDS_REFUSALS = True
        assert not track.execute(LATE, user=ann).permitted
        secretary = speaker("kim", "secretariat:kl", DGO)
        client = staff("vera", "view_proposal")
        page = client.get(f"{LIST}{quote(CASE)}/change/", headers={"accept-language": lang})
        text = page.content.decode()
        answer = track.history.decide(LATE)
        for finding in (*answer.findings, *next(iter(track.history.decisions())).findings):
            assert finding.explained(lang).partition("“")[0] in text
        assert said in text
        told: dict[str, Any] = {"by": "secretariat:kl", "reason": "Efter ønske.", "at": AT}
        assert Cases().erase(CASE, [1], user=secretary, **told)
        erased = client.get(f"{LIST}{quote(CASE)}/change/").content.decode()
        assert "Efter ønske." in erased
        assert "Skybrud" not in erased

    @pytest.mark.parametrize(("lang", "said"), [("da", "Flyttet"), ("en", "Moved")])
    def test_a_case_that_was_moved_says_so_among_its_answers(
        self, track: Track, ann: User, settings: Any, tmp_path: Path, lang: str, said: str
    ) -> None:
        later = tmp_path / "later.toml"
        later.write_text(POLICY.replace("edition = 1", "edition = 2", 1), "utf-8")
        settings.KLIMAFLOW_PROCEDURES = [*settings.KLIMAFLOW_PROCEDURES, later]
        told: dict[str, Any] = {"by": "secretariat:kl", "reason": "Ny udgave.", "at": AT}
        secretary = speaker("kim", "secretariat:kl")
        Cases().move(CASE, load_procedure(later), user=secretary, **told)
        participants = do.EnlistParticipants(participants=["0461"], by="proposer:0751", at=AT)
        assert track.execute(participants, user=ann).permitted
        page = staff("vera", "view_proposal").get(
            f"{LIST}{quote(CASE)}/change/", headers={"accept-language": lang}
        )
        text = page.content.decode()
        (change,) = track.history.changes
        history = track.history
        moved = Words(history.procedure, history.proposal, lang).change(change)
        assert text.index(said) < text.index(moved) < text.rindex("Odense")

    def test_a_case_that_cannot_be_shown_is_shown_among_the_others(
        self, track: Track, ann: User
    ) -> None:
        early = do.RegisterIdea(title="x", by="proposer:0751", at="0001-01-02T00:00:00Z")
        assert Cases().execute("early", early, user=ann).permitted
        page = staff("vera", "view_proposal").get(LIST).content.decode()
        assert "is beyond the calendar" in page
        assert "Skybrud på tværs" in page

    def test_what_stands_in_a_case_is_escaped(self, ann: User) -> None:
        hostile = do.RegisterIdea(title="<script>alert(1)</script>", by="proposer:0751", at=AT)
        track = Track.objects.create(journal_number="24/18", case_id=CASE)
        assert track.execute(hostile, user=ann).permitted
        client = staff("vera", "view_proposal")
        for place in (LIST, f"{LIST}{quote(CASE)}/change/"):
            page = client.get(place).content.decode()
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert" in page

    def test_a_case_that_was_tampered_with_says_so_among_the_others(self, track: Track) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE klimaflow_event SET kind = 'refusal'")
        client = staff("vera", "view_proposal")
        for place in (LIST, f"{LIST}{quote(CASE)}/change/"):
            page = client.get(place)
            assert page.status_code == 200
            assert "✗ 2024/17, position 1: kind is refusal" in page.content.decode()

    def test_who_may_not_see_them_is_refused(self, track: Track, ann: User) -> None:
        assert staff("bo").get(LIST).status_code == 403
        assert staff("ib").get(f"{LIST}{quote(CASE)}/change/").status_code == 403
        assert Client().get(LIST).status_code == 302

    def test_nobody_changes_anything_by_hand(self, track: Track) -> None:
        client = Client()
        client.force_login(User.objects.create_superuser("root"))
        assert client.get(f"{LIST}add/").status_code == 403
        assert client.post(f"{LIST}{quote(CASE)}/delete/", {"post": "yes"}).status_code == 403
        assert client.post(f"{LIST}{quote(CASE)}/change/", {"title": "x"}).status_code == 403
        said = {"action": "delete_selected", "_selected_action": CASE, "post": "yes"}
        client.post(LIST, said)
        assert track.case.title == "Skybrud på tværs"
        assert Cases().verify() == []

    def test_who_speaks_for_whom_is_edited(self, ann: User) -> None:
        client = Client()
        client.force_login(User.objects.create_superuser("root"))
        said = {"user": ann.pk, "role": "dgo", "organisation": "midt"}
        page = client.get("/admin/klimaflow/representation/add/").content.decode()
        assert "sekretariat" in page
        client.post("/admin/klimaflow/representation/add/", said)
        assert {str(each) for each in ann.representations.all()} == {"proposer:0751", "dgo:midt"}
        assert Representation.objects.count() == 2


def test_the_app_does_without_sqlalchemy() -> None:
    script = "import sys, klimaflow.contrib.django.cases; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout == "False\n"


class TestTheSettings:
    def test_nothing_is_wrong_with_those_of_this_project(self, db: Any) -> None:
        assert configured() == []
        call_command("check", "--fail-level", "WARNING", stdout=StringIO())

    def test_the_migrations_are_those_of_the_models(self, db: Any) -> None:
        call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())

    def test_times_without_a_zone_are_an_error(self, settings: Any) -> None:
        settings.USE_TZ = False
        assert [each.id for each in configured()] == ["klimaflow.E001"]

    @pytest.mark.parametrize("named", [[], "klimaalliancen-2024", ["klimaalliancen-1789"]])
    def test_procedures_that_cannot_be_read_are_an_error(self, settings: Any, named: Any) -> None:
        settings.KLIMAFLOW_PROCEDURES = named
        (error,) = configured()
        assert (error.id, error.msg[:21]) == ("klimaflow.E002", "KLIMAFLOW_PROCEDURES:")

    def test_a_database_of_another_kind_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "vendor", "oracle")
        assert [each.id for each in configured()] == ["klimaflow.E003"]
        with pytest.raises(StoreError, match="oracle is none of"):
            Cases().proposals()

    def test_a_sqlite_that_does_not_lock_at_once_is_a_warning(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "vendor", "sqlite")
        monkeypatch.delitem(connection.settings_dict["OPTIONS"], "transaction_mode", raising=False)
        assert [each.id for each in configured()] == ["klimaflow.W001"]


@pytest.mark.parametrize("name", [each for each in EVERY_MODULE if each not in MODULES])
def test_the_names_of_each_module_are_sorted_and_documented(name: str) -> None:
    hold_names(name)
