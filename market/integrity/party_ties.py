"""Ties between parties, of public registers: shareholdings, and people who serve several organisations.

Of a person only a keyed hash of the identity number is stored.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from market.audit.log import record
from market.codes import uscc as codes
from market.codes.canonical import canonical_key
from market.integrity.identity_hashes import identity_hash, key_id, keyed_hash
from market.integrity.models import PartyTie, TieKind
from market.integrity.states import IntegrityAct, RelatedPartyVerb
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By


@atomic()
async def record_tie(
    kind: TieKind,
    uscc: str,
    other: str,
    *,
    role: str,
    basis_points: int | None,
    source: str,
    secret: str,
    by: By,
) -> PartyTie:
    """Record that one organisation holds shares of another, or that a person serves one.

    `other` is the holder's code, or the person's identity number, of which only a hash is stored; `secret` is
    its key.

    Raises:
        Invalid: a code with a wrong digit, or a shareholding without its share.
        Conflict: the tie is recorded already.
    """
    by.actor.require(IntegrityAct.ENTER_RELATED_PARTIES)
    uscc, other = canonical_key(uscc), canonical_key(other)
    if not codes.is_valid(uscc):
        raise Invalid(_("统一社会信用代码的校验位不符。"), field="uscc")
    if kind is TieKind.SHAREHOLDING:
        if not codes.is_valid(other) or other == uscc:
            raise Invalid(_("请填持股单位的统一社会信用代码。"), field="other")
        if basis_points is None:
            raise Invalid(_("请填持股比例。"), field="share")
    else:
        if basis_points is not None:
            raise Invalid(_("任职没有持股比例：请改选持股，或删去比例。"), field="share")
        other, basis_points = identity_hash(other, secret), None
    if await PartyTie.exists(kind=kind, uscc=uscc, other=other, role=role):
        raise Conflict(_("这条关联已经登记。"))
    tie = await PartyTie.create(
        id=uuid4(),
        kind=kind,
        uscc=uscc,
        other=other,
        role=role,
        key_id=key_id(secret) if kind is TieKind.PERSON else "",
        basis_points=basis_points,
        source=source,
        entered_by_id=by.actor.user_id,
        entered_at=by.now,
    )
    await record("organisation", tie.id, RelatedPartyVerb.ENTER_TIE, by=by, kind=kind.value, uscc=uscc)
    return tie


async def list_ties(text: str = "") -> list[PartyTie]:
    """Return the ties, the newest first, of one code where it is given."""
    rows = PartyTie.filter(uscc=text) if text else PartyTie.all()
    return await rows.order_by("-entered_at").limit(200)


@atomic()
async def key_plain_hashes(secret: str, now: datetime) -> int:
    """Key the plain hashes that an earlier release stored; return how many. Idempotent.

    The numbers are not known and need not be: the keyed hash is taken over the plain one.
    """
    plain = await PartyTie.filter(kind=TieKind.PERSON, key_id="").select_for_update()
    for tie in plain:
        other = keyed_hash(tie.other, secret)
        if await PartyTie.exists(kind=tie.kind, uscc=tie.uscc, other=other, role=tie.role):
            await tie.delete()  # entered anew since the upgrade
        else:
            tie.other, tie.key_id = other, key_id(secret)
            await tie.save(update_fields=["other", "key_id"])
        await record(
            "organisation",
            tie.id,
            RelatedPartyVerb.KEY_TIE,
            by=By.job(now),
            kind=tie.kind.value,
            uscc=tie.uscc,
        )
    return len(plain)


@atomic()
async def remove_stale_tie(tie_id: UUID, *, secret: str, by: By) -> None:
    """Remove the tie of a person whose hash has another key than the site's, to be entered again.

    Such a hash equals no other any more, so it finds nobody.

    Raises:
        NotFound: there is none, or its key is the site's.
    """
    by.actor.require(IntegrityAct.ENTER_RELATED_PARTIES)
    tie = await PartyTie.filter(id=tie_id, kind=TieKind.PERSON).select_for_update().first()
    if tie is None or not is_stale(tie, secret):
        raise NotFound(_("没有须重新登记的这条关联。"))
    await tie.delete()
    await record(
        "organisation", tie.id, RelatedPartyVerb.REMOVE_TIE, by=by, kind=tie.kind.value, uscc=tie.uscc
    )


def is_stale(tie: PartyTie, secret: str) -> bool:
    """Return whether a person's hash has another key than the site's: it has to be entered again."""
    return tie.kind is TieKind.PERSON and tie.key_id not in ("", key_id(secret))
