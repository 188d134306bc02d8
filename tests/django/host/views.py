from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from klimaflow import commands as do

from .models import Track


@login_required
@require_POST
@transaction.atomic
def submit(request: HttpRequest, number: int) -> JsonResponse:
    track = get_object_or_404(Track, pk=number)
    command = do.SubmitForQualification(
        round=request.POST["round"], by=request.POST["by"], at=timezone.now()
    )
    answer = track.execute(command, user=request.user, key=request.headers.get("Idempotency-Key"))
    found = answer.decision.findings if answer.decision else ()
    because = [each.because_da for each in found if not each.holds]
    said = {"permitted": answer.permitted, "because": because}
    return JsonResponse(said, status=200 if answer.permitted else 409)


@login_required
def board(request: HttpRequest) -> JsonResponse:
    tracks = Track.objects.filter(case__phase=request.GET["phase"]).select_related("case")
    return JsonResponse({each.journal_number: each.case.title for each in tracks})
