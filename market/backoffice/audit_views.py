"""Pages of the auditor: search of the audit log with labels and names, the chain of one record, export."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from tortoise.models import Model

from market.accounts.desk_access import list_accesses
from market.accounts.models import Organisation
from market.accounts.permissions import AccountAct, Role
from market.accounts.web import actor_for
from market.audit import queries as audit
from market.audit.export_format import GENESIS, event_hash, to_export_row
from market.audit.models import AuditEvent
from market.audit.queries import EventFilter
from market.backoffice.audit_values import changes_of
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import PaymentInstruction
from market.claims.models import Claim
from market.codes import lists
from market.contracts.models import Contract
from market.deals.models import Deal
from market.kit.errors import NotFound
from market.kit.form_fields import ChoiceField, DayField, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.room import rooms
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, path_id
from market.listings.models import Need, Outcome
from market.notices.holiday_years import year_title
from market.notices.models import HolidayYearVersion, Notice
from market.panels.round_models import Round

NUMBERED: dict[str, type[Model]] = {
    "outcome": Outcome,
    "need": Need,
    "deal": Deal,
    "contract": Contract,
    "notice": Notice,
    "claim": Claim,
    "batch": Batch,
    "disbursement": Disbursement,
    "instruction": PaymentInstruction,
    "round": Round,
}
"""Kinds of record that people know by a number."""
_ROLES: Mapping[str, Lazy] = {
    Role.PERSON: lazy("本人"),
    Role.BROKER: lazy("技术经纪人"),
    "job": lazy("系统"),
    "reviewer": lazy("评审专家"),
}


def kind_label(kind: str) -> str:
    """Return the label of a kind of record."""
    subject = rooms().subjects.get(kind)
    return str(subject.label) if subject else kind


def verb_label(kind: str, action: str) -> str:
    """Return the label of a verb; of one that no room declares any more, the verb itself."""
    declared = rooms().verb_label(kind, action)
    return str(declared) if declared else action


def role_label(role: str) -> str:
    """Return the label of the role that somebody acted in."""
    return str(_ROLES.get(role) or lists.MEMBER_ROLES.get(role) or lists.STAFF_ROLES.get(role) or role)


@dataclass(frozen=True)
class Subject:
    """What a row of the log is about, as people know it."""

    kind: str
    id: UUID
    name: str
    """Its number, its name, or the beginning of its id."""


async def find_subject(text: str) -> tuple[str | None, UUID] | None:
    """Return kind and id of the record that a person names by number, code or id; None if there is none."""
    text = text.strip()
    try:
        return None, UUID(text)
    except ValueError:
        pass
    prefix = text.upper().split("-")[0]
    for kind, subject in rooms().subjects.items():
        if subject.number == prefix and kind in NUMBERED:
            record: Any = await NUMBERED[kind].get_or_none(number=text.upper())
            return (kind, record.id) if record else None
    organisation = await Organisation.get_or_none(uscc=text.upper())
    return ("organisation", organisation.id) if organisation else None


async def name_subjects(events: Iterable[AuditEvent]) -> dict[tuple[str, UUID], Subject]:
    """Return what the records of these rows are called."""
    return await _names_of({(event.subject_kind, event.subject_id) for event in events})


async def _names_of(records: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], Subject]:
    ids_by_kind: dict[str, set[UUID]] = {}
    for kind, identity in records:
        ids_by_kind.setdefault(kind, set()).add(identity)
    named = {}
    for kind, ids in ids_by_kind.items():
        names = await _names(kind, ids)
        for identity in ids:
            named[kind, identity] = Subject(kind, identity, names.get(identity, str(identity)[:8]))
    return named


async def _names(kind: str, ids: Collection[UUID]) -> dict[UUID, str]:
    if kind == "organisation":
        return {
            organisation.id: organisation.name for organisation in await Organisation.filter(id__in=list(ids))
        }
    if kind == "holiday_year":
        versions = await HolidayYearVersion.filter(id__in=list(ids)).only("id", "year", "region")
        return {version.id: year_title(version.year, version.region) for version in versions}
    if kind not in NUMBERED:
        return {}
    records: Any = await NUMBERED[kind].filter(id__in=list(ids)).only("id", "number")
    return {record.id: record.number for record in records}


def _kinds() -> list[tuple[str, str]]:
    return [(kind, str(subject.label)) for kind, subject in rooms().subjects.items()]


class AuditForm(BaseForm):
    """A filter of the log, read from the address; what is invalid matches nothing."""

    kind = ChoiceField(lazy("对象"), choices=_kinds, blank=lazy("全部"))
    subject = TextField(lazy("编号、代码或标识"), max_length=60)
    action = ChoiceField(lazy("动作"), blank=lazy("全部"))
    role = ChoiceField(lazy("什么人"), blank=lazy("全部"))
    actor = TextField(lazy("操作者代号"), max_length=36)
    day = DayField(lazy("日期"))

    def filter(
        self, subject: tuple[str | None, Any] | None, actor: Any, without: Collection[UUID]
    ) -> EventFilter:
        """Return the filter that the form describes."""
        return EventFilter(
            kind=(subject[0] if subject and subject[0] else self.kind.data) or None,
            subject_id=subject[1] if subject else None,
            actor=actor,
            role=self.role.data or None,
            action=self.action.data or None,
            day=self.day.data,
            without=without,
        )


def _actions(actions: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each action once, with every label that it has for some kind of record."""
    labels: dict[str, list[str]] = {}
    for action, kind in actions:
        known = labels.setdefault(action, [])
        if (words := verb_label(kind, action)) not in known:
            known.append(words)
    return sorted(((action, "、".join(words)) for action, words in labels.items()), key=lambda pair: pair[1])


async def log(request: Request) -> Response:
    actor_for(request, AccountAct.READ_AUDIT)
    form, page_request = AuditForm(request.query_params), PageRequest.from_query(request.query_params)
    form.action.choices = [("", _("全部")), *_actions(await audit.list_actions())]
    form.role.choices = [("", _("全部")), *((role, role_label(role)) for role in await audit.list_roles())]
    items: list[AuditEvent] = []
    total, is_valid = 0, form.validate()
    subject = await find_subject(form.subject.data or "") if is_valid else None
    actor = _pseudonym(form.actor.data or "")
    if is_valid and not (form.subject.data and subject is None) and not (form.actor.data and actor is None):
        items, total = await audit.list_events(
            form.filter(subject, actor, await _sealed_of(actor)),
            offset=page_request.offset,
            limit=page_request.size,
        )
    rows = await _rows(items)
    roots, _count = await audit.list_roots(limit=1)
    return render(
        request,
        "backoffice/audit.html",
        form=form,
        page=page_request.page(rows, total),
        root=roots[0] if roots else None,
    )


async def _sealed_of(actor: UUID | None) -> set[UUID]:
    """Return the records on which a person acted and of which nobody is told yet who did.

    Found by the person, they would tell it.
    """
    if actor is None:
        return set()
    return {
        identity
        for kind, subject in rooms().subjects.items()
        if subject.sealed
        for identity in await subject.sealed(await audit.list_subjects_of(actor, kind))
    }


async def record(request: Request) -> Response:
    actor_for(request, AccountAct.READ_AUDIT)
    kind, subject_id = request.path_params["kind"], path_id(request, "subject_id")
    events = await audit.list_chain(kind, subject_id)
    if not events:
        raise NotFound(_("日志里没有这条记录。"))
    rows = await _rows(events)
    subject, address = rooms().subjects.get(kind), None
    if subject and subject.page:
        value: Any = rows[0]["name"] if subject.page_key == "number" else subject_id
        address = str(request.app.url_path_for(subject.page, **{subject.page_key: value}))
    return render(
        request,
        "backoffice/audit_record.html",
        kind=kind,
        kind_words=kind_label(kind),
        rows=rows,
        is_whole=_is_whole(events),
        address=address,
    )


def _is_whole(events: list[AuditEvent]) -> bool:
    previous = GENESIS
    for number, event in enumerate(events, start=1):
        if (event.sequence, event.previous_hash, event_hash(to_export_row(event))) != (
            number,
            previous,
            event.hash,
        ):
            return False
        previous = event.hash
    return True


async def _rows(events: list[AuditEvent]) -> list[dict[str, Any]]:
    """Return the rows of the log with names and labels."""
    people = await audit.names_by_pseudonym({event.actor for event in events if event.actor})
    subjects = await name_subjects(events)
    sealed = await audit.sealed_among(events)
    return [
        {
            "event": event,
            "kind": kind_label(event.subject_kind),
            "name": subjects[event.subject_kind, event.subject_id].name,
            "act": verb_label(event.subject_kind, event.action),
            "who": _who(event, people, sealed),
            "role": role_label(event.role),
            "is_sealed": (event.subject_kind, event.subject_id) in sealed,
            "changes": [] if (event.subject_kind, event.subject_id) in sealed else changes_of(event.data),
        }
        for event in events
    ]


def _who(event: AuditEvent, people: Mapping[UUID, str], sealed: Collection[tuple[str, UUID]]) -> str:
    """Return the name of who acted; empty where the system did, or where it is sealed yet."""
    if not event.actor:
        return ""
    if (event.subject_kind, event.subject_id) in sealed:
        return _("未到启封时间")
    return people.get(event.actor, _("已注销"))


async def export(request: Request) -> Response:
    actor_for(request, AccountAct.EXPORT_AUDIT)
    return StreamingResponse(
        audit.export_lines(deps(request).settings.signer),
        media_type="application/jsonl",
        headers={"content-disposition": 'attachment; filename="kezhuan-audit.jsonl"'},
    )


def _pseudonym(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def accesses(request: Request) -> Response:
    actor_for(request, AccountAct.READ_AUDIT)
    page = await list_accesses(PageRequest.from_query(request.query_params))
    names = await _names_of({(access.subject_kind, access.subject_id) for access in page.items})
    return render(
        request,
        "backoffice/desk_accesses.html",
        page=page,
        name=lambda access: names[access.subject_kind, access.subject_id].name,
        kind=kind_label,
        role=role_label,
    )


routes = [
    Route("/audit-log", log, name="backoffice:audit", methods=["GET"]),
    Route("/audit-log/desk", accesses, name="backoffice:desk_accesses", methods=["GET"]),
    Route("/audit-log/export", export, name="backoffice:audit_export", methods=["GET"]),
    Route("/audit-log/{kind}/{subject_id:uuid}", record, name="backoffice:audit_record", methods=["GET"]),
]
