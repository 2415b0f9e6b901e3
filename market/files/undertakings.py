"""Confidentiality undertakings (保密承诺), accepted before files of the undertaking tier open."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.audit.log import record
from market.files.models import StoredFile, Tier, Undertaking
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, lazy, source_text
from market.kit.labels import LabelEnum
from market.records.by import By


class UndertakingVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    UNDERTAKE = "undertake", lazy("签署保密承诺")


def undertaking_text(actor: Actor) -> str:
    """Return the text of the undertaking in the source language, in which it is stored."""
    with in_source_language():
        return source_text(
            _(
                "本人%(name)s（%(unit)s）承诺：对在本项目中打开的文件负有保密义务，只用于评估和洽谈本项目；"
                "不向第三方披露，不复制给无关人员，不用于其他研发、生产或知识产权申请；"
                "洽谈终止后不再使用，并按对方要求销毁副本。违反承诺的，依法承担责任。",
                name=actor.name,
                unit=actor.organisation_name or _("技术经纪人"),
            )
        )


async def has_accepted(actor: Actor, subject_kind: str, subject_id: UUID) -> bool:
    """Return whether the person has accepted the undertaking for the files of a record."""
    return await Undertaking.exists(subject_kind=subject_kind, subject_id=subject_id, user_id=actor.user_id)


async def must_undertake(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether the person has to accept the undertaking before opening the file.

    Who uploaded the file does not.
    """
    if file.tier is not Tier.UNDERTAKING or actor is None or file.uploaded_by_id == actor.user_id:
        return False
    return not await has_accepted(actor, file.subject_kind, file.subject_id)


@atomic()
async def accept_undertaking(file: StoredFile, *, by: By) -> Undertaking:
    """Record that the person accepts the undertaking, for all files of the file's record. Idempotent."""
    existing = await Undertaking.get_or_none(
        subject_kind=file.subject_kind, subject_id=file.subject_id, user_id=by.actor.user_id
    )
    if existing is not None:
        return existing
    undertaking = await Undertaking.create(
        id=uuid4(),
        subject_kind=file.subject_kind,
        subject_id=file.subject_id,
        user_id=by.actor.user_id,
        organisation_id=by.actor.organisation_id if by.actor.is_organisation_verified else None,
        text=undertaking_text(by.actor),
        accepted_at=by.now,
    )
    await record(
        file.subject_kind, file.subject_id, UndertakingVerb.UNDERTAKE, by=by, undertaking=undertaking.id
    )
    return undertaking


async def list_undertakings(subject_kind: str, subject_id: UUID) -> list[Undertaking]:
    """Return the undertakings accepted for the files of a record with their people, oldest first."""
    return (
        await Undertaking.filter(subject_kind=subject_kind, subject_id=subject_id)
        .order_by("accepted_at")
        .select_related("user", "organisation")
    )
