"""Up to four outcomes side by side, row by row, with what differs marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import optional_actor
from market.codes import lists, regions
from market.codes.labels import label
from market.kit.errors import NotFound
from market.kit.formats import day, wan
from market.kit.i18n import gettext as _
from market.kit.templating import render
from market.kit.web import deps
from market.listings import queries
from market.listings.models import Outcome
from market.pages import estimates

MOST = 4


@dataclass(frozen=True)
class Row:
    """One aspect of all the outcomes."""

    words: str
    cells: list[str]

    @property
    def differs(self) -> bool:
        return len(set(self.cells)) > 1


@dataclass(frozen=True)
class Column:
    outcome: Outcome
    without: str
    """The address of the comparison without it."""


def numbers_of(asked: Iterable[str]) -> list[str]:
    """Return the numbers in the address, several in one value too, each once, at most four."""
    found = [
        number.strip().upper() for value in asked for number in value[:200].replace("，", ",").split(",")
    ]
    return [number for number in dict.fromkeys(found) if number][:MOST]


def address(numbers: Iterable[str]) -> str:
    """Return the address that compares these."""
    pairs = [("n", number) for number in numbers]
    return "/compare" + ("?" + urlencode(pairs, errors="replace") if pairs else "")


async def rows(outcomes: Sequence[Outcome], now: datetime) -> list[Row]:
    """Return what is told of each outcome, without the rows that none of them fills."""
    subsidies = await estimates.badges(outcomes, now)
    told = [
        (_("一句话亮点"), [each.highlight for each in outcomes]),
        (_("单位"), [each.organisation.name for each in outcomes]),
        (_("领域"), [label("field", each.field) for each in outcomes]),
        (_("成熟度"), [_maturity(each) for each in outcomes]),
        (_("合作方式"), [_modes(each) for each in outcomes]),
        (_("挂牌价"), [wan(each.price_amount) for each in outcomes]),
        (_("预计后补助"), [_subsidy(subsidies.get(each.id)) for each in outcomes]),
        (_("可以谈独占"), [_("可以") if each.is_exclusive_possible else _("不可以") for each in outcomes]),
        (_("知识产权"), [_rights(each) for each in outcomes]),
        (_("要解决的问题"), [each.problem for each in outcomes]),
        (_("主要技术指标"), [each.indicators for each in outcomes]),
        (_("与现有方案对比"), [_comparison(each) for each in outcomes]),
        (_("经济性测算"), [each.economics for each in outcomes]),
        (_("成熟度证据"), [each.evidence for each in outcomes]),
        (_("合作条件"), [each.conditions for each in outcomes]),
        (_("所在地"), [regions.full_name(each.region) if each.region else "" for each in outcomes]),
        (_("最近核实"), [day(each.verified_on) for each in outcomes]),
    ]
    return [Row(words, [cell[:600] for cell in cells]) for words, cells in told if any(cells)]


async def compare(request: Request) -> Response:
    """The address carries the numbers; what cannot be seen by this person is told as missing."""
    actor = optional_actor(request)
    numbers = numbers_of(request.query_params.getlist("n"))
    outcomes, missing = [], []
    for number in numbers:
        try:
            outcomes.append(await queries.get_outcome_for(actor, number))
        except NotFound:
            missing.append(number[:40])
    known = [each.number for each in outcomes]
    is_narrow = request.query_params.get("diff") == "1"
    found = await rows(outcomes, deps(request).clock())
    return render(
        request,
        "pages/compare.html",
        columns=[
            Column(each, address(number for number in known if number != each.number)) for each in outcomes
        ],
        rows=[row for row in found if row.differs or not is_narrow],
        differing=sum(row.differs for row in found),
        is_narrow=is_narrow,
        missing=missing,
        most=MOST,
    )


def _maturity(outcome: Outcome) -> str:
    return f"{lists.stage(outcome.trl)} · TRL {outcome.trl}" if outcome.trl else ""


def _modes(outcome: Outcome) -> str:
    return "、".join(label("mode", mode) for mode in outcome.modes)


def _subsidy(amount: int | None) -> str:
    return wan(amount) if amount else _("按合同测算")


def _rights(outcome: Outcome) -> str:
    found = [f"{label('right_kind', row.get('kind', ''))} {row.get('number', '')}" for row in outcome.rights]
    return "；".join(each.strip() for each in found)


def _comparison(outcome: Outcome) -> str:
    found = [
        f"{row.get('indicator', '')} {row.get('current', '') or '—'} → {row.get('ours', '') or '—'}"
        for row in outcome.comparison
    ]
    return "；".join(found)


routes = [Route("/compare", compare, name="pages:compare")]
