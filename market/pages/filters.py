"""What each search page offers: its filters, from the code lists, and its orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from market.codes import lists, regions
from market.codes.labels import choices, label
from market.kit.i18n import Lazy, lazy
from market.search.engine import Sort

WAN = 1_000_000
"""Fen in one 万元."""


@dataclass(frozen=True)
class Multi:
    """A filter on a field of the index whose values may be joined by *or*."""

    name: str
    field: str
    words: Lazy
    values: Callable[[], Sequence[tuple[str, str]]]
    most: int = 12


@dataclass(frozen=True)
class Steps:
    """A filter on a number: one range at a time, by the name of the step."""

    name: str
    field: str
    words: Lazy
    steps: Mapping[str, tuple[Lazy, int | None, int | None]]


@dataclass(frozen=True)
class SearchPage:
    """What one kind of list offers: its index, filters and orders."""

    index: str
    multi: tuple[Multi, ...]
    steps: tuple[Steps, ...]
    sorts: Mapping[str, tuple[Lazy, Sort | None]]


def _regions() -> list[tuple[str, str]]:
    cities = [(code, regions.name(code)) for code in regions.cities_of(regions.GUANGXI)]
    provinces = [(code, regions.full_name(code)) for code in regions.cities_of("")]
    return [*cities, *provinces]


def _sellers() -> list[tuple[str, str]]:
    return [
        (key, label("organisation_kind", key)) for key in ("university", "institute", "enterprise", "source")
    ]


STAGES: Mapping[str, tuple[Lazy, int | None, int | None]] = {
    key: (words, lists.STAGE_LEVELS[key][0], lists.STAGE_LEVELS[key][-1])
    for key, words in lists.STAGES.items()
}
PRICES: Mapping[str, tuple[Lazy, int | None, int | None]] = {
    "lt50": (lazy("50 万元以下"), 1, 50 * WAN - 1),
    "50-100": (lazy("50–100 万元"), 50 * WAN, 100 * WAN),
    "100-500": (lazy("100–500 万元"), 100 * WAN, 500 * WAN),
    "gt500": (lazy("500 万元以上"), 500 * WAN, None),
}
_FIELD = Multi("field", "field", lazy("技术领域"), lambda: choices("field"))
_INDUSTRY = Multi("industry", "industries", lazy("重点产业"), lambda: choices("industry"), most=14)
_MODE = Multi("mode", "modes", lazy("合作方式"), lambda: choices("mode"))
_REGION = Multi("region", "regions", lazy("所在地"), _regions, most=14)

OUTCOMES = SearchPage(
    index="outcomes",
    multi=(
        _FIELD,
        _INDUSTRY,
        _MODE,
        Multi("price_kind", "price_kind", lazy("价格方式"), lambda: choices("price_kind")),
        Multi("right", "right_kinds", lazy("知识产权"), lambda: choices("right_kind")),
        _REGION,
        Multi("owner", "organisation_kind", lazy("单位类型"), _sellers),
    ),
    steps=(
        Steps("stage", "trl", lazy("成熟度"), STAGES),
        Steps("price", "price_amount", lazy("挂牌价"), PRICES),
        Steps(
            "since",
            "published_at",
            lazy("发布时间"),
            {
                "30": (lazy("近 30 天"), -30, None),
                "90": (lazy("近 90 天"), -90, None),
                "365": (lazy("近一年"), -365, None),
            },
        ),
    ),
    sorts={
        "": (lazy("综合"), None),
        "newest": (lazy("最新发布"), Sort("published_at")),
        "verified": (lazy("最近核实"), Sort("verified_on")),
        "price": (lazy("价格低到高"), Sort("price_amount", is_descending=False)),
        "-price": (lazy("价格高到低"), Sort("price_amount")),
        "trl": (lazy("成熟度高到低"), Sort("trl")),
    },
)
NEEDS = SearchPage(
    index="needs",
    multi=(
        _FIELD,
        _INDUSTRY,
        Multi("kind", "kind", lazy("需求类型"), lambda: choices("need_kind")),
        _MODE,
        _REGION,
        Multi(
            "status",
            "status",
            lazy("状态"),
            lambda: [(key, label("need", key)) for key in ("published", "matching")],
        ),
    ),
    steps=(
        Steps("budget", "budget_max_amount", lazy("预算上限"), PRICES),
        Steps(
            "until",
            "deadline_on",
            lazy("截止日期"),
            {"30": (lazy("30 天内"), 0, 30), "90": (lazy("90 天内"), 0, 90)},
        ),
    ),
    sorts={
        "": (lazy("综合"), None),
        "newest": (lazy("最新发布"), Sort("published_at")),
        "deadline": (lazy("截止时间近到远"), Sort("deadline_on", is_descending=False)),
        "-budget": (lazy("预算高到低"), Sort("budget_max_amount")),
        "budget": (lazy("预算低到高"), Sort("budget_max_amount", is_descending=False)),
    },
)
