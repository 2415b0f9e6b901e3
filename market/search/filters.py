"""Definitions of the search pages: filters from the code lists, and sort orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from market.codes import lists, regions
from market.codes.labels import choices, label
from market.kit.i18n import Lazy, lazy
from market.search.engine import Sort

WAN = 1_000_000
"""Fen in one 万元."""


@dataclass(frozen=True)
class ChoiceFilter:
    """A multiple-choice filter on an index field; its values are joined by OR."""

    name: str
    field: str
    words: Lazy
    values: Callable[[], Sequence[tuple[str, str]]]
    most: int = 12
    is_named: bool = False
    """Whether chips must show the filter's name before the value."""


@dataclass(frozen=True)
class RangeFilter:
    """A filter on a number: one range at a time, by the range's key."""

    name: str
    field: str
    words: Lazy
    steps: Mapping[str, tuple[Lazy, int | None, int | None]]


@dataclass(frozen=True)
class SearchPage:
    """A search page: its index, filters and sort orders."""

    index: str
    choices: tuple[ChoiceFilter, ...]
    steps: tuple[RangeFilter, ...]
    sorts: Mapping[str, tuple[Lazy, Sort | None]]
    lead: tuple[str, ...] = ()
    """Filters that people choose by first: they stand first and open."""
    helps: Mapping[str, Lazy] = field(default_factory=dict)
    """Help texts by the name of a filter or order that needs one."""


MATCH = "match"
"""The order by match score with the viewer's own listings; offered only if there are matches."""


def _regions() -> list[tuple[str, str]]:
    cities = [(code, regions.name(code)) for code in regions.cities_of(regions.GUANGXI)]
    provinces = [(code, regions.full_name(code)) for code in regions.cities_of("")]
    return [*cities, *provinces]


def _sellers() -> list[tuple[str, str]]:
    return [
        (key, label("organisation_kind", key)) for key in ("university", "institute", "enterprise", "source")
    ]


def _findable_kinds() -> list[tuple[str, str]]:
    kinds = ("university", "institute", "enterprise", "farmers_coop", "agency", "registry")
    return [(key, label("organisation_kind", key)) for key in kinds]


def _exclusive() -> list[tuple[str, str]]:
    return [("yes", str(lazy("可以谈"))), ("no", str(lazy("没有写明")))]


def _open_licence() -> list[tuple[str, str]]:
    return [("yes", str(lazy("已声明"))), ("no", str(lazy("未声明")))]


def _subsidy() -> list[tuple[str, str]]:
    return [("yes", str(lazy("可能享受后补助"))), ("no", str(lazy("不在补助范围")))]


def _challenge() -> list[tuple[str, str]]:
    return [("yes", str(lazy("已张榜"))), ("no", str(lazy("没有张榜")))]


def _roles() -> list[tuple[str, str]]:
    return [(key, str(words)) for key, words in ROLES.items()]


def _traits() -> list[tuple[str, str]]:
    return [(key, str(words)) for key, words in TRAITS.items()]


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
TRAITS: Mapping[str, Lazy] = {
    "high_tech": lazy("高新技术企业"),
    "sme": lazy("科技型中小企业"),
    "manufacturer": lazy("生产制造企业"),
    "state_owned": lazy("国有或国有控股"),
}
ROLES: Mapping[str, Lazy] = {
    "buyer": lazy("买方企业"),
    "seller": lazy("卖方单位"),
    "broker": lazy("技术经纪人"),
    "agency": lazy("技术转移机构"),
    "registry": lazy("合同登记机构"),
}
"""Whom a programme pays."""
_RECENT: Mapping[str, tuple[Lazy, int | None, int | None]] = {
    "30": (lazy("近 30 天"), -30, None),
    "90": (lazy("近 90 天"), -90, None),
    "365": (lazy("近一年"), -365, None),
}
_FIELD = ChoiceFilter("field", "field", lazy("技术领域"), lambda: choices("field"))
_INDUSTRY = ChoiceFilter("industry", "industries", lazy("重点产业"), lambda: choices("industry"), most=14)
_MODE = ChoiceFilter("mode", "modes", lazy("合作方式"), lambda: choices("mode"))
_REGION = ChoiceFilter("region", "regions", lazy("所在地"), _regions, most=14)

OUTCOMES = SearchPage(
    index="outcomes",
    lead=("field", "stage", "price", "mode"),
    choices=(
        _FIELD,
        _INDUSTRY,
        _MODE,
        ChoiceFilter("price_kind", "price_kind", lazy("价格方式"), lambda: choices("price_kind")),
        ChoiceFilter("exclusive", "is_exclusive_possible", lazy("独占许可"), _exclusive, is_named=True),
        ChoiceFilter("right", "right_kinds", lazy("知识产权"), lambda: choices("right_kind")),
        ChoiceFilter("open_licence", "has_open_licence", lazy("开放许可"), _open_licence, is_named=True),
        ChoiceFilter("subsidy", "has_subsidy", lazy("可享后补助"), _subsidy),
        ChoiceFilter("right_state", "right_states", lazy("知识产权状态"), lambda: choices("right_state")),
        _REGION,
        ChoiceFilter("owner", "organisation_kind", lazy("单位类型"), _sellers),
    ),
    steps=(
        RangeFilter("stage", "trl", lazy("成熟度"), STAGES),
        RangeFilter("price", "price_amount", lazy("挂牌价"), PRICES),
        RangeFilter("verified", "verified_on", lazy("最近核实"), _RECENT),
        RangeFilter("since", "published_on", lazy("发布时间"), _RECENT),
    ),
    sorts={
        "": (lazy("综合"), None),
        "newest": (lazy("最新发布"), Sort("published_at")),
        "verified": (lazy("最近核实"), Sort("verified_on")),
        "price": (lazy("价格低到高"), Sort("price_amount", is_descending=False)),
        "-price": (lazy("价格高到低"), Sort("price_amount")),
        "trl": (lazy("成熟度高到低"), Sort("trl")),
        "interest": (lazy("关注数"), Sort("interests")),
        MATCH: (lazy("匹配度"), None),
    },
    helps={
        "subsidy": lazy(
            "按已发布的广西各级后补助政策对领域、合作方式和持有单位的要求判断，不看价格和买方；以最终审定为准。"
        ),
        "open_licence": lazy("权利人填写已就授权专利作出开放许可声明（专利法第五十条）。"),
        "interest": lazy("关注数：发起意向洽谈或同意对接的单位数，多的在前。"),
        MATCH: lazy("按与您单位已发布需求的最高匹配分排列，没有匹配分的排在后面。"),
    },
)
NEEDS = SearchPage(
    index="needs",
    lead=("field", "budget", "kind", "region"),
    choices=(
        _FIELD,
        _INDUSTRY,
        ChoiceFilter("kind", "kind", lazy("需求类型"), lambda: choices("need_kind")),
        _MODE,
        _REGION,
        ChoiceFilter(
            "status",
            "status",
            lazy("状态"),
            lambda: [(key, label("need", key)) for key in ("published", "matching")],
        ),
        ChoiceFilter("challenge", "has_challenge", lazy("揭榜挂帅"), _challenge, is_named=True),
        ChoiceFilter("owner", "organisation_kind", lazy("单位类型"), _sellers),
    ),
    steps=(
        RangeFilter("budget", "budget_max_amount", lazy("预算上限"), PRICES),
        RangeFilter(
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
        "responses": (lazy("响应数少到多"), Sort("responses", is_descending=False)),
        MATCH: (lazy("匹配度"), None),
    },
    helps={
        "challenge": lazy("已写成揭榜挂帅的榜单并张榜的需求，需求页上有榜单。"),
        "responses": lazy("响应数：表示能解决或同意对接的单位数，少的在前。"),
        MATCH: lazy("按与您单位已发布成果的最高匹配分排列，没有匹配分的排在后面。"),
    },
)
ORGANISATIONS = SearchPage(
    index="organisations",
    choices=(
        ChoiceFilter("kind", "kind", lazy("单位类型"), _findable_kinds),
        _REGION,
        ChoiceFilter("trait", "traits", lazy("资质"), _traits),
    ),
    steps=(),
    sorts={"": (lazy("综合"), None), "newest": (lazy("最近认证"), Sort("verified_at"))},
)
BROKERS = SearchPage(
    index="brokers",
    choices=(
        ChoiceFilter("field", "fields", lazy("熟悉的领域"), lambda: choices("field")),
        ChoiceFilter("level", "level", lazy("证书等级"), lambda: choices("certificate_level")),
        _REGION,
    ),
    steps=(),
    sorts={"": (lazy("综合"), None), "newest": (lazy("最近加入"), Sort("verified_at"))},
)
POLICIES = SearchPage(
    index="policies",
    choices=(
        ChoiceFilter("kind", "kind", lazy("补给谁"), _roles),
        ChoiceFilter("level", "scope", lazy("文件级别"), lambda: choices("policy_level")),
        _REGION,
    ),
    steps=(),
    sorts={"": (lazy("综合"), None)},
)
PAGES: Mapping[str, SearchPage] = {
    page.index: page for page in (OUTCOMES, NEEDS, ORGANISATIONS, BROKERS, POLICIES)
}
"""The search pages by what they search: the scopes of the switch, in its order."""
