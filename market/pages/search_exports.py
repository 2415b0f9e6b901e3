"""The rows of a search for other programs: an Atom feed (RFC 4287) and a workbook.

A feed has stable ids, the newest first, and nothing that the page does not show. In a workbook amounts are
numbers in 元, days are days, numbers of records are text.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

from market.accounts.actors import Actor
from market.codes import lists, regions
from market.codes.labels import label
from market.kit.atom import FeedEntry, feed
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.workbooks.writing import Cell, Table
from market.listings.masking import need_owner_name
from market.listings.models import Need, Outcome
from market.pages import listing_labels
from market.pages.search_results import NEEDS, OUTCOMES, Scope, SearchResults, title_of
from market.policies.models import Policy

Row = Sequence[Cell | None]


def newest(scope: Scope) -> str:
    """Return the order of a feed: by the time of publication where the scope knows it."""
    return "newest" if "newest" in scope.page.sorts else ""


def atom_feed(results: SearchResults, actor: Actor | None, base_url: str, now: datetime) -> bytes:
    """Return the feed of one page of a search."""
    scope, params = results.scope, results.params
    query = params.address(sort=[]).partition("?")[2]
    own = f"{base_url}/{scope.key}.atom" + (f"?{query}" if query else "")
    chips = "，".join(chip.words for chip in params.chips())
    entries = [
        FeedEntry(
            f"urn:uuid:{record.id}",
            title_of(record),
            _moment(record) or now,
            base_url + address_of(record),
            _author(record, actor),
            _summary(record),
            published=getattr(record, "published_at", None),
        )
        for record in results.page.items
    ]
    return feed(
        f"{_('科转')} · {scope.label}" + (f" · {chips}" if chips else ""),
        address=own,
        page=f"{base_url}/{scope.key}" + (f"?{query}" if query else ""),
        entries=entries,
        now=now,
    )


def address_of(record: Any) -> str:
    """Return the path of a record's page."""
    if isinstance(record, Outcome):
        return f"/outcomes/{record.number}"
    if isinstance(record, Need):
        return f"/needs/{record.number}"
    if isinstance(record, Policy):
        return f"/policies/{record.number}"
    if slug := getattr(record, "slug", ""):
        return f"/subsidies/{slug}"
    return f"/{'brokers' if hasattr(record, 'certificate_level') else 'organisations'}/{record.id}"


def _author(record: Any, actor: Actor | None) -> str:
    if isinstance(record, Need):
        return need_owner_name(record, actor)
    if isinstance(record, Outcome):
        return record.organisation.name
    return str(getattr(record, "issuer", "")) or title_of(record)


def _summary(record: Any) -> str:
    for name in ("highlight", "description", "introduction", "summary", "issuer"):
        if text := getattr(record, name, ""):
            return str(text)[:200]
    return title_of(record)


def _moment(record: Any) -> datetime | None:
    moments = [
        getattr(record, name, None)
        for name in ("updated_at", "published_at", "verified_at", "released_at", "created_at")
    ]
    return next((moment for moment in moments if isinstance(moment, datetime)), None)


def table(scope: Scope, batches: AsyncIterator[Sequence[Any]], actor: Actor | None, base_url: str) -> Table:
    """Return a sheet with one row for each record, as the person may see it."""
    heads, row_of = _columns(scope, actor)

    async def rows() -> AsyncIterator[Sequence[Row]]:
        async for records in batches:
            yield [[*row_of(record), base_url + address_of(record)] for record in records]

    return Table(str(scope.label), [*heads, _("网址")], rows(), width=16, wide_column=1, has_filter=True)


def _columns(scope: Scope, actor: Actor | None) -> tuple[list[str], Callable[[Any], list[Cell | None]]]:
    if scope is OUTCOMES:
        heads = [
            *(_("编号"), _("名称"), _("一句话亮点"), _("单位"), _("领域"), _("成熟度"), _("合作方式")),
            *(_("挂牌价（元）"), _("所在地"), _("发布日期"), _("最近核实")),
        ]
        return heads, _outcome
    if scope is NEEDS:
        heads = [
            *(_("编号"), _("名称"), _("单位"), _("领域"), _("需求类型"), _("合作方式")),
            *(
                _("预算下限（元）"),
                _("预算上限（元）"),
                _("截止日期"),
                _("所在地"),
                _("发布日期"),
                _("最近核实"),
            ),
        ]
        return heads, lambda need: _need(need, actor)
    return [_("名称"), _("说明")], _other


def _outcome(outcome: Outcome) -> list[Cell | None]:
    return [
        outcome.number,
        outcome.title,
        outcome.highlight,
        outcome.organisation.name,
        label("field", outcome.field),
        f"TRL {outcome.trl} {lists.stage(outcome.trl)}" if outcome.trl else "",
        "；".join(label("mode", mode) for mode in outcome.modes),
        _yuan(outcome.price_amount),
        _region(outcome.region),
        local_date(outcome.published_at) if outcome.published_at else None,
        outcome.verified_on,
    ]


def _need(need: Need, actor: Actor | None) -> list[Cell | None]:
    return [
        need.number,
        need.title,
        need_owner_name(need, actor),
        label("field", need.field),
        label("need_kind", need.kind) if need.kind else "",
        "；".join(label("mode", mode) for mode in need.modes),
        _yuan(need.budget_min_amount),
        _yuan(need.budget_max_amount),
        need.deadline_on,
        _region(listing_labels.need_region(need)),
        local_date(need.published_at) if need.published_at else None,
        need.verified_on,
    ]


def _other(record: Any) -> list[Cell | None]:
    return [title_of(record), str(getattr(record, "introduction", "") or getattr(record, "issuer", ""))]


def _yuan(amount: int | None) -> Money | None:
    return None if amount is None else Money(amount)


def _region(code: str) -> str:
    return regions.full_name(code) if code else ""
