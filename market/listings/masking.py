"""Masked needs: who sees the enterprise behind one, and texts that would give it away."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from market.accounts.actors import Actor
from market.kit.i18n import gettext as _
from market.listings.models import Need
from market.listings.queries import is_owner
from market.listings.wording import text_of

MASKED_TEXTS = (
    "title",
    "background",
    "description",
    "targets",
    "constraints",
    "attempts",
    "expected_form",
    "rights_intent",
    "payment_terms",
    "requirements",
    "keywords",
)
"""Public text fields of a need."""


def is_owner_visible(need: Need, actor: Actor | None, *, brokers: Collection[UUID] = ()) -> bool:
    """Return whether this person may see the owner of a need.

    `brokers` are the people who took up a match of it, provided by the rooms above.
    """
    if not need.is_masked or is_owner(actor, need):
        return True
    return actor is not None and (actor.oversees or actor.user_id in brokers)


def need_owner_name(need: Need, actor: Actor | None, *, brokers: Collection[UUID] = ()) -> str:
    """Return the enterprise's name, or 某企业 if masked; the organisation must be fetched."""
    return need.organisation.name if is_owner_visible(need, actor, brokers=brokers) else _("某企业")


def faults_of_masking(need: Any, owner_name: str) -> list[tuple[str, str]]:
    """Return the public fields in which a masked need names its enterprise."""
    sentence = _("这里写了单位名称。不公开单位名称的需求，正文也不要写。")
    return [(name, sentence) for name in MASKED_TEXTS if owner_name in text_of(getattr(need, name))]
