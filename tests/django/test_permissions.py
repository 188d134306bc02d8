"""Who may ask for what, on whose behalf: it is held on the call, and nothing leads around it."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError

from klimaflow import commands as do
from klimaflow.commands import COMMANDS
from klimaflow.contrib.django.cases import Cases
from klimaflow.contrib.django.models import Event, Proposal, Representation
from klimaflow.contrib.django.permissions import permission_of
from klimaflow.errors import HistoryError, StoreError
from tests.django.conftest import AT, CASE, IDEA, speaker
from tests.django.host.models import Track


def idea(by: str) -> do.RegisterIdea:
    return do.RegisterIdea(title="x", by=by, at=AT)


class Lax:
    """A backend of a host's that permits everybody everything."""

    def has_perm(self, _user: Any, _permission: str, _obj: Any = None) -> bool:
        return True


def refused(user: Any, by: str = "proposer:0751") -> str:
    """Return why a user may not register an idea."""
    with pytest.raises(PermissionDenied) as told:
        Cases().execute("2024/7", idea(by), user=user)
    assert not Proposal.objects.exists()
    return str(told.value)


class TestACommand:
    def test_of_another_organisation_is_refused(self, ann: User) -> None:
        assert refused(ann, "proposer:0461") == "the user does not speak for proposer:0461"

    def test_by_another_user_than_who_speaks_is_refused(self, ann: User) -> None:
        assert refused(speaker("bo")) == "the user does not speak for proposer:0751"

    def test_in_another_role_is_refused(self, ann: User) -> None:
        assert refused(ann, "participant:0751").endswith("participant:0751")

    def test_in_the_name_of_another_person_is_refused(self, ann: User) -> None:
        assert refused(ann, "proposer:0751/bo") == "the user is not bo"
        assert Cases().execute("2024/7", idea("proposer:0751/ann"), user=ann).permitted

    def test_needs_its_own_permission(self, db: Any) -> None:
        bo = speaker("bo", "proposer:0751", permitted=False)
        assert refused(bo) == "the permission klimaflow.register_idea is missing"
        bo.user_permissions.add(Permission.objects.get(codename="register_idea"))
        bo = User.objects.get(pk=bo.pk)  # Django keeps what it has read of permissions
        assert Cases().execute("2024/7", IDEA, user=bo).permitted
        withdrawal = do.Withdraw(reason="x", by="proposer:0751", at=AT)
        with pytest.raises(PermissionDenied, match=r"klimaflow\.withdraw is missing"):
            Cases().execute("2024/7", withdrawal, user=bo)

    def test_of_a_superuser_needs_somebody_to_speak_for(self, db: Any) -> None:
        root = User.objects.create_superuser("root")
        assert refused(root) == "the user does not speak for proposer:0751"

    def test_of_somebody_unknown_or_inactive_is_refused(self, ann: User) -> None:
        refused(AnonymousUser())
        ann.is_active = False
        refused(ann)

    def test_of_somebody_inactive_is_refused_whatever_a_backend_says(
        self, ann: User, settings: Any
    ) -> None:
        settings.AUTHENTICATION_BACKENDS = [f"{__name__}.{Lax.__name__}"]
        bo = speaker("bo", "proposer:0751", permitted=False)
        bo.is_active = False
        assert refused(bo) == "the permission klimaflow.register_idea is missing"
        bo.is_active = True
        assert Cases().execute("2024/7", IDEA, user=bo).permitted

    def test_is_refused_before_it_is_known_whether_there_is_a_case(self, ann: User) -> None:
        foreign = do.Start(by="secretariat:kl", at=AT)
        with pytest.raises(PermissionDenied):
            Cases().execute("nobody's", foreign, user=ann, expected_version=9)

    def test_every_command_has_a_permission(self, db: Any) -> None:
        named = {permission_of(do) for do in COMMANDS} | {"move", "erase"}
        of_the_app = Permission.objects.filter(content_type__model="proposal")
        found = set(of_the_app.values_list("codename", flat=True))
        assert found == named | {"view_proposal"}


class TestTheOtherDeeds:
    def test_a_move_and_an_erasure_are_held_to_the_same(self, track: Track, ann: User) -> None:
        told: dict[str, Any] = {"by": "secretariat:kl", "reason": "x", "at": AT}
        with pytest.raises(PermissionDenied):
            Cases().erase(CASE, [1], user=ann, **told)
        with pytest.raises(PermissionDenied):
            Cases().move(CASE, track.history.procedure, user=ann, **told)

    @pytest.mark.parametrize("deed", ["erase", "move"])
    def test_each_needs_its_own_permission(self, track: Track, deed: str) -> None:
        kim = speaker("kim", "secretariat:kl", permitted=False)
        told: dict[str, Any] = {"by": "secretariat:kl", "reason": "x", "at": AT}
        about: Any = [1] if deed == "erase" else track.history.procedure
        kim.user_permissions.set(Permission.objects.exclude(codename=deed))
        with pytest.raises(PermissionDenied, match=rf"klimaflow\.{deed} is missing"):
            getattr(Cases(), deed)(CASE, about, user=kim, **told)
        kim.user_permissions.set(Permission.objects.filter(codename=deed))
        kim = User.objects.get(pk=kim.pk)  # Django keeps what it has read of permissions
        if deed == "erase":
            assert Cases().erase(CASE, about, user=kim, **told) == 1
        else:
            with pytest.raises(HistoryError, match="already"):
                Cases().move(CASE, about, user=kim, **told)

    def test_a_user_must_be_named(self, track: Track) -> None:
        with pytest.raises(TypeError, match="user"):
            track.execute(IDEA)  # type: ignore[call-arg]
        assert not hasattr(Cases(), "transaction")


class TestTheModels:
    def test_nothing_is_written_by_them(self, track: Track) -> None:
        proposal = Proposal.objects.get()
        proposal.phase = "started"
        entries = Event.objects.all()
        for deed in (
            proposal.save,
            proposal.save_base,
            proposal.delete,
            lambda: entries.update(kind="refusal"),
            entries.delete,
            lambda: Proposal.objects.create(case_id="x"),
            lambda: Proposal.objects.bulk_create([proposal]),
            lambda: Proposal.objects.bulk_update([proposal], ["phase"]),
            lambda: Proposal.objects.get_or_create(case_id="x"),
            lambda: proposal.entries.all().delete(),
            lambda: Proposal.objects.update_or_create(case_id=proposal.case_id, title="y"),
        ):
            with pytest.raises(StoreError, match="only a store writes its tables"):
                deed()
        assert Cases().verify() == []

    def test_a_representation_is_once_and_of_a_readable_organisation(self, ann: User) -> None:
        (one,) = ann.representations.all()
        assert one.actor == "proposer:0751/ann"
        for role, organisation in (("proposer", "0751"), ("king", "0751"), ("dgo", "å b")):
            with pytest.raises(ValidationError):
                Representation(user=ann, role=role, organisation=organisation).full_clean()
