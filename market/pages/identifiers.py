"""What a typed identifier or exact name means: a record, an organisation, listings by patent or project."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationStatus
from market.codes.canonical import canonical_key
from market.codes.numbers import record_number
from market.codes.patents import foreign_number, is_valid_patent_number, right_check_digit
from market.codes.uscc import is_valid
from market.kit.database import connection
from market.kit.errors import MarketError
from market.kit.i18n import Lazy, lazy
from market.kit.room import rooms
from market.listings.models import Need, Outcome
from market.listings.rights import without_label
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES

LONGEST = 120
"""Characters of an organisation's name or of an identifier."""
LEAST_DIGITS = 4
LEAST_PART = 6
"""Characters from which a part of a project or report number is looked for in texts."""
LEAST_PATENT = 8
TWELVE = 12
"""Digits of a patent number without its check digit."""
MOST_PINNED = 200
_CODE = re.compile(r"[A-Z0-9]+")
_BARE = "regexp_replace(upper({}), '[^0-9A-Z]', '', 'g')"
_OUTCOMES = f"""
SELECT id FROM outcomes WHERE status = ANY($1::text[]) AND (
    number = $2
    OR EXISTS (SELECT 1 FROM jsonb_array_elements(rights) r WHERE length($3) >= {LEAST_PATENT}
               AND regexp_replace({_BARE.format("r->>'number'")}, '^(ZL|CN)', '') LIKE $3 || '%')
    OR (length($4) >= {LEAST_PART}
        AND strpos({_BARE.format('"references" || chr(32) || evidence')}, $4) > 0))
ORDER BY published_at DESC NULLS LAST, id LIMIT 50
"""  # noqa: S608  # constants


@dataclass(frozen=True)
class FoundRecord:
    """A record that was named exactly, with the address of its page."""

    label: Lazy
    number: str
    title: str
    address: str


async def find_record(actor: Actor | None, text: str) -> FoundRecord | None:
    """Return the record whose number, code or exact name was typed, if this person may open it.

    Each room's own guarded getter decides, so that a stranger learns nothing.
    """
    if numbered := record_number(text):
        for subject in rooms().subjects.values():
            if subject.number != numbered[:2] or subject.find is None:
                continue
            try:
                address, title = await subject.find(actor, numbered)
            except MarketError:
                return None
            return FoundRecord(subject.label, numbered, title, address)
    if printed := await _find_printed(actor, text):
        return printed
    organisation = await find_organisation(text)
    if organisation is None:
        return None
    address = f"/organisations/{organisation.id}"
    return FoundRecord(lazy("单位"), "", organisation.name, address)


async def _find_printed(actor: Actor | None, text: str) -> FoundRecord | None:
    """Return the record on whose papers this number stands, if this person may open it."""
    if not any(char.isdigit() for char in text) or len(text) > LONGEST:
        return None
    for subject in rooms().subjects.values():
        if subject.find_printed is None:
            continue
        try:
            address, title = await subject.find_printed(actor, text)
        except MarketError:
            continue
        return FoundRecord(subject.label, text.strip(), title, address)
    return None


async def find_exactly(actor: Actor | None, text: str) -> str | None:
    """Return the address of the one page that a number, a credit code or a patent names; None for other text.

    What this person may not open is as if there were none. A name is no identifier: others may bear it too.
    """
    if record_number(text) or is_valid(canonical_key(text)):
        record = await find_record(actor, text)
        return record.address if record else None
    if printed := await _find_printed(actor, text):
        return printed.address
    if is_valid_patent_number(text) or foreign_number(text):
        outcomes = await find_listings("outcomes", text)
        if len(outcomes) == 1:
            return f"/outcomes/{(await Outcome.get(id=outcomes[0])).number}"
    return None


async def find_organisation(text: str) -> Organisation | None:
    """Return the verified organisation with exactly this name or credit code."""
    name, code = "".join(text.split()), canonical_key(text)
    organisations = Organisation.filter(status=OrganisationStatus.VERIFIED)
    if not 1 < len(name) <= LONGEST:
        return None
    if is_valid(code):
        return await organisations.get_or_none(uscc=code)
    return await organisations.filter(name=name).first()


async def find_listings(index: str, text: str) -> list[UUID]:
    """Return the public listings that an identifier names: by number, patent, project or report number."""
    text = without_label(text[:LONGEST])
    key = canonical_key(text)
    if not _CODE.fullmatch(key) or sum(char.isdigit() for char in key) < LEAST_DIGITS:
        return []
    number = record_number(text) or ""
    patent = re.sub("^(ZL|CN)", "", key)
    if len(patent) > TWELVE and right_check_digit(patent):
        # Twelve digits name the patent, so a mistyped check digit finds it too.
        patent = patent[:TWELVE]
    if index == "needs":
        needs = Need.filter(number=number, status__in=VISIBLE_NEEDS) if number else Need.filter(id=None)
        return [UUID(str(id_)) for id_ in await needs.values_list("id", flat=True)]
    if index != "outcomes":
        return []
    rows = await connection().execute_query_dict(
        _OUTCOMES,
        [
            [status.value for status in VISIBLE_OUTCOMES],
            number,
            patent,
            "" if number else key,
        ],
    )
    return [UUID(str(row["id"])) for row in rows]


async def list_own_listings_of(index: str, organisation: Organisation) -> list[UUID]:
    """Return the organisation's public listings of an index, the newest first; masked needs are left out."""
    listings: QuerySet[Any]
    if index == "outcomes":
        listings = Outcome.filter(organisation_id=organisation.id, status__in=VISIBLE_OUTCOMES)
    elif index == "needs":
        listings = Need.filter(organisation_id=organisation.id, status__in=VISIBLE_NEEDS, is_masked=False)
    else:
        return []
    ids = await listings.order_by("-published_at").limit(MOST_PINNED).values_list("id", flat=True)
    return [UUID(str(id_)) for id_ in ids]
