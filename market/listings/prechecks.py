"""What is checked of a listing before the operator reads it: patents, duplicates, wording, completeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from market.codes.lists import PATENT_KINDS
from market.kit.database import connection
from market.kit.i18n import gettext as _
from market.listings.differences import form_of
from market.listings.kinds import Kind, Listing
from market.listings.models import Outcome
from market.listings.near_duplicates import NearDuplicate
from market.listings.rights import InvalidNumber, patent_number_of
from market.listings.rules import OUTCOME_WEIGHTS
from market.listings.wording import wording_faults


@dataclass(frozen=True)
class Precheck:
    """One thing that was checked; `faults` are empty where nothing was found."""

    label: str
    faults: Sequence[str]
    good: str
    """What to say where nothing was found."""


async def prechecks(kind: Kind, listing: Listing, alike: Sequence[NearDuplicate]) -> list[Precheck]:
    """Return what was checked of a listing, or of a copy that holds a change."""
    labels = {field.short_name: str(field.label.text) for field in form_of(kind.key)}
    wording = [f"{labels.get(name, name)}：{sentence}" for name, sentence in wording_faults(listing)]
    checks = [
        Precheck(_("用语和联系方式"), wording, _("正文里没有联系方式和禁用的词")),
        Precheck(_("重复"), [_alike(each) for each in alike], _("没有几乎相同的信息")),
    ]
    if isinstance(listing, Outcome):
        numbers, faults = _patents(listing)
        checks.insert(0, Precheck(_("专利号"), faults, _patents_words(len(numbers))))
        elsewhere = await _elsewhere(listing, numbers)
        checks.insert(1, Precheck(_("同一专利"), elsewhere, _("没有别的成果用同一专利")))
        checks.append(Precheck(_("依据"), _evidence(listing), _("有指标、依据和知识产权")))
    return checks


def _alike(each: NearDuplicate) -> str:
    values = {"number": each.listing.number, "title": each.listing.title[:30], "percent": each.percent}
    return _("%(number)s《%(title)s》文字相同 %(percent)s%%", **values)


def _patents(outcome: Outcome) -> tuple[list[str], list[str]]:
    """Return the valid patent numbers of an outcome, and what is wrong with the others."""
    numbers, faults = [], []
    for right in outcome.rights:
        if right.get("kind") not in PATENT_KINDS:
            continue
        if not right.get("number"):
            faults.append(_("“%(name)s”没有填专利号", name=right.get("name") or _("专利")))
            continue
        try:
            numbers.append(patent_number_of(right["number"]))
        except InvalidNumber as error:
            faults.append(str(error))
    return numbers, faults


def _patents_words(count: int) -> str:
    return _("%(count)s 个专利号校验位都对", count=count) if count else _("没有列出专利")


async def _elsewhere(outcome: Outcome, numbers: Sequence[str]) -> list[str]:
    """Return the other outcomes that name one of these patents, of any organisation and status."""
    if not numbers:
        return []
    rows: list[dict[str, Any]] = await connection().execute_query_dict(
        "SELECT DISTINCT o.number, o.title, r->>'number' AS patent, o.organisation_id = $2 AS is_own "
        "FROM outcomes o, jsonb_array_elements(o.rights) r WHERE o.id <> $1 AND r->>'number' = ANY($3) "
        "ORDER BY o.number LIMIT 5",
        [outcome.id, outcome.organisation_id, list(numbers)],
    )
    return [
        _("%(patent)s 也写在 %(number)s《%(title)s》里", **{**row, "title": row["title"][:30]})
        + ("" if row["is_own"] else _("（另一家单位）"))
        for row in rows
    ]


def _evidence(outcome: Outcome) -> list[str]:
    named = ("comparison", "evidence", "rights")
    return [
        _("没有填%(name)s", name=OUTCOME_WEIGHTS[name][1]) for name in named if not getattr(outcome, name)
    ]
