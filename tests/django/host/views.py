from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from klimaflow import commands as do
from klimaflow.contrib.django.models import Representation
from klimaflow.store import Answer

from .models import Received, Track


def told(answer: Answer) -> JsonResponse:
    found = answer.decision.findings if answer.decision else ()
    because = [each.because_da for each in found if not each.holds]
    said = {"permitted": answer.permitted, "because": because}
    return JsonResponse(said, status=200 if answer.permitted else 409)


@login_required
@require_POST
def register(request: HttpRequest) -> JsonResponse:
    track = Track(journal_number=request.POST["journal_number"])
    by = get_object_or_404(Representation, user=request.user.pk, role="proposer").actor
    idea = do.RegisterIdea(title=request.POST["title"], by=by, at=timezone.now())
    answer = track.execute(idea, user=request.user)
    track.save()
    return told(answer)


@login_required
@require_POST
def submit(request: HttpRequest, number: int) -> JsonResponse:
    track = get_object_or_404(Track, pk=number)
    key, at = request.headers.get("Idempotency-Key"), timezone.now()
    if key is not None:
        at = Received.objects.get_or_create(key=key, defaults={"at": at})[0].at
    command = do.SubmitForQualification(round=request.POST["round"], by=request.POST["by"], at=at)
    answer = track.execute(command, user=request.user, key=key)
    if not answer.permitted:
        transaction.set_rollback(True)  # what was refused is received when it comes again
    return told(answer)


@login_required
def board(request: HttpRequest) -> JsonResponse:
    tracks = Track.objects.filter(case__phase=request.GET["phase"]).select_related("case")
    return JsonResponse({each.journal_number: each.case.title for each in tracks})
