"""Whether two organisations are related, by the ties that are known of them and of those between."""

from __future__ import annotations

from uuid import UUID

from market.integrity.models import PartyTie, TieKind
from market.integrity.party_paths import LONGEST_PATH, PartyLink, describe_path, path_between
from market.kit.formats import percent
from market.kit.i18n import gettext as _


async def relation_between(first: str, second: str) -> str:
    """Return in words how the organisations of two codes are related; empty where nothing is known."""
    path = path_between(first, second, await _ties_around({first, second}))
    return describe_path(path) if path else ""


async def _ties_around(codes: set[str]) -> list[PartyLink]:
    """Return the links within reach of these codes by breadth-first search, up to the longest path."""
    ties: dict[UUID, PartyTie] = {}
    edge, seen = set(codes), set(codes)
    for _wave in range(LONGEST_PATH // 2 + 1):
        rows = await PartyTie.filter(uscc__in=list(edge)) + await PartyTie.filter(other__in=list(edge))
        ties |= {row.id: row for row in rows}
        edge = {node for row in rows for node in (row.uscc, row.other)} - seen
        seen |= edge
        if not edge:
            break
    return [_tie(row) for row in ties.values()]


def _tie(row: PartyTie) -> PartyLink:
    if row.kind is TieKind.PERSON:
        words = _("%(uscc)s 的%(role)s", uscc=row.uscc, role=row.role or _("人员"))
        return PartyLink(row.uscc, row.other, words, is_person=True)
    share = percent(row.basis_points or 0)
    words = _("%(holder)s 持有 %(held)s %(share)s", holder=row.other, held=row.uscc, share=share)
    return PartyLink(row.uscc, row.other, words, share=row.basis_points)
