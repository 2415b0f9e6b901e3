"""The pages of the peer: an outcome for guests and for a person of an enterprise, the unfiltered list."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from tests.bench.peer import models
from tests.bench.peer.handed import Handed, read

LIVE = ("published", "negotiating", "licensed")
PUBLIC = (*LIVE, "sold", "expired")
STAGES = {
    1: "研究",
    2: "研究",
    3: "研究",
    4: "小试",
    5: "中试",
    6: "中试",
    7: "产业化",
    8: "产业化",
    9: "产业化",
}
TEXTS = (
    ("indicators", "主要技术指标"),
    ("problem", "要解决的问题"),
    ("solution", "技术方案与创新点"),
    ("applications", "应用场景与已有案例"),
    ("economics", "经济性测算"),
    ("evidence", "成熟度证据"),
    ("references", "论文、奖励、项目来源"),
)
ROW = (
    *("id", "number", "status", "revision", "title", "highlight", "field", "modes", "region", "trl"),
    *("price_kind", "price_amount", "verified_on", "reminded_on", "published_at"),
    *("organisation__id", "organisation__name", "organisation__kind"),
)


@cache
def handed() -> Handed:
    """Return what the bench handed over."""
    return read(Path(os.environ["PEER_HANDED"]))


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the head and foot of every page show."""
    context: dict[str, Any] = {"handed": handed()}
    if request.user.is_authenticated:
        context["unread"] = request.user.messages.filter(read_at=None).count()
    return context


def outcome(request: HttpRequest, number: str) -> HttpResponse:
    outcome = get_object_or_404(models.Outcome.objects.select_related("organisation"), number=number)
    about = {"subject_kind": "outcome", "subject_id": outcome.id}
    memberships, matches, deals, running = [], [], [], None
    if request.user.is_authenticated:
        memberships = list(
            request.user.memberships.filter(started_at__isnull=False, ended_at=None)
            .select_related("organisation")
            .order_by("applied_at")
        )
        own = [membership.organisation_id for membership in memberships]
        matches = list(
            outcome.matches.filter(need__organisation__in=own, need__status__in=LIVE)
            .exclude(status="dropped")
            .select_related("need__organisation")
            .order_by("-score", "id")[:60]
        )
        deals = list(outcome.deals.filter(Q(buyer__in=own) | Q(seller__in=own)).order_by("-created_at")[:50])
        running = next((deal for deal in deals if deal.status not in ("terminated", "rescinded")), None)
    elif outcome.status not in PUBLIC:
        return HttpResponse(status=404)
    files = models.StoredFile.objects.filter(**about).order_by("uploaded_at")
    questions = models.Question.objects.filter(**about).exclude(status="hidden").order_by("-answered_at")
    similar = models.Outcome.objects.filter(number__in=handed().similar.get(number, ()), status__in=LIVE)
    notice = models.Notice.objects.filter(**about).order_by("-published_at", "-number").first()
    context = {
        "outcome": outcome,
        "field": handed().fields.get(outcome.field, outcome.field),
        "sections": [(key, words, getattr(outcome, key)) for key, words in TEXTS if getattr(outcome, key)],
        "memberships": memberships,
        "matches": matches,
        "deals": deals,
        "running": running,
        "files": list(files),
        "questions": list(questions),
        "similar": _in_order(similar.select_related("organisation"), handed().similar.get(number, ())),
        "notice": notice,
        "history": [
            (event, handed().acts.get(event.action, event.action))
            for event in models.AuditEvent.objects.filter(**about).order_by("-sequence")[:8]
        ],
    }
    return render(request, "outcome.html", context)


def listing(request: HttpRequest) -> HttpResponse:
    rows = (
        models.Outcome.objects.filter(status__in=LIVE)
        .select_related("organisation")
        .only(*ROW)
        .order_by("-published_at", "-number")
    )
    page = Paginator(rows, 20).get_page(request.GET.get("page"))
    fields = handed().fields
    context = {
        "page": page,
        "rows": [(row, fields.get(row.field, row.field), STAGES.get(row.trl)) for row in page],
    }
    return render(request, "list.html", context)


def _in_order(rows: Any, numbers: Any) -> list[Any]:
    by_number = {row.number: row for row in rows}
    return [by_number[number] for number in numbers if number in by_number]


def elsewhere(request: HttpRequest, **parts: Any) -> HttpResponse:
    """Stand for the pages that links lead to."""
    return HttpResponse(status=404)


FIXED = {
    "help": "help",
    "account/messages": "messages",
    "dashboard": "workbench",
    "account": "account",
    "login": "login",
    "register": "register",
    "": "home",
    "find": "find",
    "logout": "logout",
    "compare": "compare",
    "suggest": "suggest",
    "kept": "kept",
    "outcomes.xlsx": "workbook",
    "outcomes.atom": "feed",
}
MENUS = [*handed().main_menu, *handed().foot_menu, *handed().scopes]
MENUS += [entry for _words, entries in handed().work_menu for entry in entries]
urlpatterns = [
    path("outcomes", listing, name="list"),
    path("outcomes/<str:number>", outcome, name="outcome"),
    path("outcomes/<str:number>/estimate", elsewhere, name="estimate"),
    path("outcomes/<str:number>/share", elsewhere, name="share"),
    path("questions/ask/outcome/<str:number>", elsewhere, name="ask"),
    path("organisations/<uuid:id>", elsewhere, name="organisation"),
    path("deals/<str:number>", elsewhere, name="deal"),
    path("needs/<str:number>", elsewhere, name="need"),
    path("notices/<str:number>", elsewhere, name="notice"),
    path("files/<uuid:id>", elsewhere, name="file"),
    path("language/<str:code>", elsewhere, name="language"),
    *(path(address, elsewhere, name=name) for address, name in FIXED.items()),
    *(path(address[1:], elsewhere, name=address) for address in {entry[0] for entry in MENUS}),
]
