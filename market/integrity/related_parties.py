"""Ties between parties from public registers: shareholdings, and people who serve several organisations.

Of a person only a hash is stored.
"""

from __future__ import annotations

import hashlib
from uuid import uuid4

from market.audit.log import record
from market.codes import uscc as codes
from market.codes.canonical import canonical_key
from market.integrity.models import PartyTie, TieKind
from market.integrity.states import IntegrityAct, RelatedPartyVerb
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.records.by import By


@atomic()
async def record_tie(
    kind: TieKind, uscc: str, other: str, *, role: str, basis_points: int | None, source: str, by: By
) -> PartyTie:
    """Record that one organisation holds shares of another, or that a person serves one.

    `other` is the holder's code, or the person's identity number, of which only the hash is stored.

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
        other, basis_points = hashlib.sha256(other.encode()).hexdigest(), None
    if await PartyTie.exists(kind=kind, uscc=uscc, other=other, role=role):
        raise Conflict(_("这条关联已经登记。"))
    tie = await PartyTie.create(
        id=uuid4(),
        kind=kind,
        uscc=uscc,
        other=other,
        role=role,
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
