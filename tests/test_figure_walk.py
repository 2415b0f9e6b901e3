"""Every figure on the pages of targets, rankings, statistics, the home page and quality is its rows."""

from __future__ import annotations

import re
from typing import cast

import httpx
import pytest

from market.accounts.actors import Actor
from market.deps import Deps
from market.kit.guest_pages import forget_pages
from market.rankings.freezing import decide_ranking, freeze_ranking
from market.rankings.models import Ranking
from market.rankings.states import PeriodKind, PlaceKind
from market.records.by import By
from market.records.decisions import Verdict
from tests.databases import past_guards
from tests.factories import HOLIDAYS
from tests.fakes import FixedClock
from tests.figure_pages import assert_files_are_clean, assert_no_nonsense, assert_opens_its_rows, figures_on
from tests.rankings.factories import LATER, MARCH, make_scheme
from tests.stage_cache import cached_stage
from tests.targets.factories import Story, make_verified
from tests.visitor import sign_in

YEAR = "/statistics?span=year&year=2026&layout="
PUBLIC = ("/", "/targets", "/quality", "/rankings?kind=city", "{ranking}", "{ranking}/4501", f"{YEAR}city")
STAFF = (
    *PUBLIC,
    *(f"{YEAR}{layout}" for layout in ("field", "flow", "universities", "agencies")),
    *("/statistics?span=month&year=2026&month=3", "/backoffice/targets"),
    "/backoffice/rankings/preview?kind=city",
)


@cached_stage
async def make_figures() -> tuple[Story, Ranking]:
    """A verified deed, and the cities ranked for March."""
    story = await make_verified()
    operator, approver = story.office.operator, story.office.approver
    await make_scheme(PlaceKind.CITY, operator, approver)
    ranking = await freeze_ranking(PlaceKind.CITY, PeriodKind.MONTH, MARCH, "", "", by=By(operator, LATER))
    await decide_ranking(ranking.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(approver, LATER))
    return story, ranking


@pytest.mark.parametrize("reader", ["guest", "department"])
async def test_every_figure_is_the_count_or_the_sum_of_the_rows_it_opens(
    client: httpx.AsyncClient, deps: Deps, reader: str
) -> None:
    story, ranking = await make_figures()
    cast(FixedClock, deps.clock).now = LATER
    actor: Actor | None = story.office.operator if reader == "department" else None
    await sign_in(client, actor)
    followed, files = 0, 0
    known: set[object] = set()
    for address in STAFF if actor else PUBLIC:
        page = await client.get(address.format(ranking=f"/rankings/{ranking.number}"))
        assert page.status_code == 200, address
        assert_no_nonsense(page.text, address)
        for shown in figures_on(page.text, known):
            await assert_opens_its_rows(client, shown)
            followed += 1
        files += await assert_files_are_clean(client, page.text)

    assert followed > (60 if actor else 30)
    assert files >= 6


async def test_each_ratio_is_shown_with_its_two_parts(client: httpx.AsyncClient, deps: Deps) -> None:
    await make_figures()
    cast(FixedClock, deps.clock).now = LATER
    quality = (await client.get("/quality")).text
    lines = re.findall(r"<tr>(.*?)</tr>", quality[: quality.index("真实的对接")], re.S)
    counts = {
        key: int(match[1])
        for line in lines
        if (match := re.search(r"figure=(?:\w+)[^>]*>\s*([\d,]+)", line))
        and (key := re.search(r"figure=(\w+)", line)[1])  # type: ignore[index]
    }
    wholes = dict.fromkeys(("whole", "thin", "stale", "ending", "double"), "live")
    wholes |= dict.fromkeys(("answered", "quick", "late"), "asked")
    for key, whole in wholes.items():
        line = next(line for line in lines if f"figure={key}" in line)
        share = re.search(r"([\d.]+) %", line)
        expected = f"{100 * counts[key] / counts[whole]:.1f}" if counts[whole] else None
        assert (share and share[1]) == expected, key


async def test_what_was_frozen_does_not_change_when_its_records_do(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    story, ranking = await make_figures()
    cast(FixedClock, deps.clock).now = LATER
    await sign_in(client, story.office.operator)
    addresses = [f"/rankings/{ranking.number}", f"/rankings/{ranking.number}/4501"]

    async def pages() -> list[str]:
        forget_pages()
        texts = [(await client.get(address)).text for address in addresses]
        return [re.sub(r'(csrf_token|once|nonce)"? value="[^"]*"|nonce="[^"]*"', "", text) for text in texts]

    before = await pages()
    await past_guards("UPDATE contracts SET contract_amount = 1, trade_amount = 1")
    assert await pages() == before
