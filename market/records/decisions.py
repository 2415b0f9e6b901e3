"""Maker and checker: what one person proposes, a second person decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from tortoise import fields

from market.audit.log import record as audit
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.fields import enum_column
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.tables import Model
from market.records.by import By

if TYPE_CHECKING:
    from market.accounts.models import User


class Verdict(LabelEnum):
    CONFIRMED = "confirmed", lazy("已确认"), "done"
    REJECTED = "rejected", lazy("已退回"), "wrong"


class SamePerson(Forbidden):
    """Who proposed something, or took part in it before, does not decide on it."""


class AlreadyDecided(Conflict):
    """A second person has decided before."""


class SecondPerson(Model):
    """Columns of a record that a second person decides on.

    The database refuses a decision by the proposer: each table that has these columns has the constraint
    `<table>_second_person`.
    """

    proposed_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    proposed_by_id: UUID
    proposed_at = fields.DatetimeField()
    decided_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    decided_by_id: UUID | None
    decided_at = fields.DatetimeField(null=True)
    verdict = enum_column(Verdict, null=True)
    """Null: it waits for the second person."""
    reason = fields.CharField(max_length=500, default="", db_default="")
    """Why it was rejected, or a note of the second person."""

    class Meta:
        abstract = True

    @property
    def is_confirmed(self) -> bool:
        return self.verdict is Verdict.CONFIRMED

    @property
    def is_rejected(self) -> bool:
        return self.verdict is Verdict.REJECTED


R = TypeVar("R", bound=SecondPerson)


def typed_verdict(data: Mapping[str, object]) -> Verdict:
    """Return the verdict that a form sends as `verdict`.

    Raises:
        Invalid: it sends none, or another word.
    """
    word = str(data.get("verdict") or "")
    if word not in set(Verdict):
        raise Invalid(_("请从列表中选择。"))
    return Verdict(word)


async def decide_on(
    model: type[R],
    record_id: UUID,
    verdict: Verdict,
    *,
    subject: str,
    verb: StrEnum,
    missing: str,
    by: By,
    reason: str = "",
) -> R:
    """Lock a record that only its verdict moves, decide on it and log that. The caller checks the permission.

    `subject` is its kind in the audit log, `missing` what is said where there is none.

    Raises:
        NotFound: there is none.
        AlreadyDecided, SamePerson, Invalid: see `decide`.
    """
    record = await model.filter(pk=record_id).select_for_update().first()
    if record is None:
        raise NotFound(missing)
    await decide(record, verdict, by=by, reason=reason)
    await audit(subject, record.pk, verb, by=by, verdict=verdict.value)
    return record


async def decide(
    record: R,
    verdict: Verdict,
    *,
    by: By,
    reason: str = "",
    refusal: str = "",
    involved: Collection[UUID | None] = (),
) -> R:
    """Write the second person's verdict on a locked record. What follows is the caller's.

    `involved` are people beside the proposer who may not decide either; `refusal` is what they read.

    Raises:
        AlreadyDecided: somebody decided before.
        SamePerson: the person proposed it or is involved.
        Invalid: at `reason`, which a rejection must have.
    """
    if record.verdict is not None:
        raise AlreadyDecided(_("这件事已经处理过，请刷新后再看。"))
    require_second_person(record, by=by, refusal=refusal, involved=involved)
    if verdict is Verdict.REJECTED and not reason:
        raise Invalid(_("退回时请写明理由。"), field="reason")
    record.verdict, record.reason = verdict, reason
    record.decided_by_id, record.decided_at = by.actor.user_id, by.now
    await record.save(update_fields=["verdict", "reason", "decided_by_id", "decided_at"])
    return record


def require_second_person(
    record: SecondPerson, *, by: By, refusal: str = "", involved: Collection[UUID | None] = ()
) -> None:
    """Raise if the person proposed the record or is involved; for what follows a decision taken before.

    Raises:
        SamePerson: with `refusal`, or a general sentence.
    """
    if by.actor.user_id == record.proposed_by_id or by.actor.user_id in involved:
        raise SamePerson(refusal or _("提出的人不能确认自己提出的内容，请由另一人办理。"))
