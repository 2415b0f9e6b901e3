"""Comparison of up to four outcomes, row by row, with differences marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import optional_actor
from market.codes import lists, regions
from market.codes.labels import label
from market.kit.errors import NotFound
from market.kit.formats import day, wan
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.listings import queries
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.models import Need, Outcome
from market.pages import estimates, listing_labels

MOST = 4
"""Most outcomes side by side."""
MOST_KEPT = 60
"""Most kept listings on one page."""


@dataclass(frozen=True)
class Row:
    """One aspect of all the outcomes."""

    label: str
    cells: list[str]

    @property
    def differs(self) -> bool:
        return len(set(self.cells)) > 1


@dataclass(frozen=True)
class Column:
    """One outcome of the comparison."""

    outcome: Outcome
    without: str
    """The address of the comparison without it."""


def parse_numbers(values: Iterable[str]) -> list[str]:
    """Return the numbers in the address, several in one value too, each once."""
    numbers = [
        number.strip().upper() for value in values for number in value[:200].replace("，", ",").split(",")
    ]
    return [number for number in dict.fromkeys(numbers) if number]


def comparison_address(numbers: Iterable[str]) -> str:
    """Return the address that compares these."""
    pairs = [("n", number) for number in numbers]
    return "/compare" + ("?" + urlencode(pairs, errors="replace") if pairs else "")


async def comparison_rows(outcomes: Sequence[Outcome], now: datetime) -> list[Row]:
    """Return one row for each aspect of the outcomes, without those that none of them fills."""
    subsidies = await estimates.badges(outcomes, now)
    aspects = [
        (_("一句话亮点"), [outcome.highlight for outcome in outcomes]),
        (_("单位"), [outcome.organisation.name for outcome in outcomes]),
        (_("领域"), [label("field", outcome.field) for outcome in outcomes]),
        (_("成熟度"), [_maturity(outcome) for outcome in outcomes]),
        (_("合作方式"), [_modes(outcome) for outcome in outcomes]),
        (_("挂牌价"), [wan(outcome.price_amount) for outcome in outcomes]),
        (_("预计后补助"), [_subsidy(subsidies.get(outcome.id)) for outcome in outcomes]),
        (
            _("可以谈独占"),
            [_("可以") if outcome.is_exclusive_possible else _("没有写明") for outcome in outcomes],
        ),
        (_("知识产权"), [_rights(outcome) for outcome in outcomes]),
        (_("要解决的问题"), [outcome.problem for outcome in outcomes]),
        (_("主要技术指标"), [outcome.indicators for outcome in outcomes]),
        (_("与现有方案对比"), [_comparison(outcome) for outcome in outcomes]),
        (_("经济性测算"), [outcome.economics for outcome in outcomes]),
        (_("成熟度证据"), [outcome.evidence for outcome in outcomes]),
        (_("合作条件"), [outcome.conditions for outcome in outcomes]),
        (_("所在地"), [regions.full_name(outcome.region) if outcome.region else "" for outcome in outcomes]),
        (_("最近核实"), [day(outcome.verified_on) for outcome in outcomes]),
    ]
    return [Row(aspect, [cell[:600] for cell in cells]) for aspect, cells in aspects if any(cells)]


async def compare(request: Request) -> Response:
    """Compare the outcomes numbered in the address; name those that this person may not see as missing."""
    actor = optional_actor(request)
    numbers = parse_numbers(request.query_params.getlist("n"))
    outcomes, missing = [], []
    for number in numbers[:MOST]:
        try:
            outcomes.append(await queries.get_outcome_for(actor, number))
        except NotFound:
            missing.append(number[:40])
    own_numbers = [outcome.number for outcome in outcomes]
    is_narrow = request.query_params.get("diff") == "1"
    all_rows = await comparison_rows(outcomes, deps(request).clock())
    return render(
        request,
        "pages/compare.html",
        columns=[
            Column(outcome, comparison_address(number for number in own_numbers if number != outcome.number))
            for outcome in outcomes
        ],
        rows=[row for row in all_rows if row.differs or not is_narrow],
        differing=sum(row.differs for row in all_rows),
        is_narrow=is_narrow,
        missing=missing,
        left_out=[number[:40] for number in numbers[MOST:]],
        most=MOST,
    )


async def kept(request: Request) -> Response:
    """Show the listings numbered in the address: what a visitor kept in the browser, or was sent."""
    actor = optional_actor(request)
    rows: list[Outcome | Need] = []
    missing: list[str] = []
    for number in parse_numbers(request.query_params.getlist("n"))[:MOST_KEPT]:
        try:
            rows.append(await queries.get_listing_for(_kind_of_number(number), actor, number))
        except NotFound:
            missing.append(number[:40])
    return render(request, "pages/kept.html", rows=rows, missing=missing, **listing_labels.context())


def _kind_of_number(number: str) -> Kind:
    return NEED if number.startswith(rooms().subjects[NEED.key].number) else OUTCOME


def _maturity(outcome: Outcome) -> str:
    return f"{lists.stage(outcome.trl)} · TRL {outcome.trl}" if outcome.trl else ""


def _modes(outcome: Outcome) -> str:
    return "、".join(label("mode", mode) for mode in outcome.modes)


def _subsidy(amount: int | None) -> str:
    return wan(amount) if amount else _("按合同测算")


def _rights(outcome: Outcome) -> str:
    rights = [f"{label('right_kind', row.get('kind', ''))} {row.get('number', '')}" for row in outcome.rights]
    return "；".join(right.strip() for right in rights)


def _comparison(outcome: Outcome) -> str:
    comparisons = [
        f"{row.get('indicator', '')} {row.get('current', '') or '—'} → {row.get('ours', '') or '—'}"
        for row in outcome.comparison
    ]
    return "；".join(comparisons)


routes = [
    Route("/compare", compare, name="pages:compare"),
    Route("/kept", kept, name="pages:kept"),
]
