"""Labels of listings for lists and pages: budget, region, events of the log."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from market.codes import regions
from market.kit.i18n import Lazy, lazy
from market.kit.room import Rooms, rooms
from market.listings.models import Need, Outcome
from market.listings.rules import budget_text

LISTING_EVENTS = {
    "created": lazy("建立"),
    "edited": lazy("修改"),
    "submitted": lazy("提交审核"),
    "returned": lazy("退回修改"),
    "published": lazy("审核通过并发布"),
    "published_licensed": lazy("审核通过并发布"),
    "published_sold": lazy("审核通过，已转让"),
    "published_solved": lazy("审核通过，已解决"),
    "unlisted": lazy("下架"),
    "renewed": lazy("核实并续期"),
    "expired": lazy("过期"),
    "matched": lazy("开始对接"),
    "licensed": lazy("签订许可合同"),
    "sold": lazy("签订转让合同"),
    "solved": lazy("签订合同，需求解决"),
    "imported": lazy("从表格或外部数据导入"),
    "collected": lazy("由需求征集转来并发布"),
    "imported and published": lazy("从外部数据导入并发布"),
    "imported again": lazy("随再次导入更新"),
    "import_published": lazy("抽检通过，整批发布"),
}
"""Labels of a listing's audit events where its page says more than the log."""


def need_region(need: Need) -> str:
    """Return where the need comes from, of a masked one the city only."""
    code = regions.current(need.region) if need.region else ""
    return code[:4] + "00" if need.is_masked and code else code


def outcome_card_key(outcome: Outcome, badge: int | None, tally: int | None) -> tuple[Any, ...]:
    """Return all that an outcome's row of a list shows."""
    shown = (outcome.title, outcome.highlight, outcome.price_amount, outcome.field, outcome.trl)
    days = (outcome.status, outcome.verified_on, outcome.reminded_on)
    return ("outcome", outcome.number, *shown, *days, *outcome.modes, outcome.organisation.name, badge, tally)


def context() -> dict[str, Any]:
    """Return what the cards and pages of listings use."""
    return {
        "budget_words": budget_text,
        "need_region": need_region,
        "acts_words": event_words(),
        "outcome_card_key": outcome_card_key,
    }


def event_words() -> Mapping[str, Lazy]:
    """Return the words of everything that the log may say of a listing."""
    return _event_words(rooms())


@lru_cache(maxsize=1)
def _event_words(house: Rooms) -> Mapping[str, Lazy]:
    verbs = [verb for kind in ("outcome", "need") for verbs in house.verbs_of(kind) for verb in verbs]
    return {verb.value: verb.label for verb in verbs} | LISTING_EVENTS
