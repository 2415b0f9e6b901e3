"""The pages of rankings: each figure opens its records, live and frozen; each act works from its form."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any, cast

import httpx
import pytest

from market.accounts.models import StaffRole
from market.deps import Deps
from market.rankings.models import Ranking, RankingScheme
from market.rankings.parks import list_members
from market.rankings.states import PlaceKind, RankingStatus
from tests.factories import make_staff
from tests.fakes import FixedClock
from tests.rankings.factories import LATER, make_hall
from tests.visitor import post, sign_in

CELLS = {"code": "output_count", "weight": "30"} | {
    f"{kind}_{end}": value
    for kind in ("month", "quarter", "year")
    for end, value in (("low", "0"), ("high", "9"))
}
SCHEME = {
    "kind": "city",
    "valid_from": "2027-01-01",
    "text": "按输出合同项数。",
    "basis": "假定（A）",
    **{f"parts-0-{name}": value for name, value in CELLS.items()},
}
FREEZE = {"kind": "city", "period_kind": "month", "begins_on": "2026-03-01", "analysis": "", "note": ""}


@pytest.fixture
def at_later(deps: Deps) -> Deps:
    cast(FixedClock, deps.clock).now = LATER
    return deps


async def test_each_part_of_a_score_opens_the_records_it_was_frozen_with(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    hall = await make_hall()
    assert "还没有公布过排序" in (await client.get("/rankings?kind=city")).text
    ranking = await hall.frozen()
    assert (await client.get(f"/rankings/{ranking.number}")).status_code == 404
    await sign_in(client, hall.approver)
    assert "去核定" in (await client.get("/dashboard")).text
    told = await post(client, f"/backoffice/rankings/{ranking.number}", {"verdict": "confirmed"})
    assert "核定数，已告知" in told.text
    await sign_in(client, None)
    page = await client.get("/rankings")
    place = await client.get(f"/rankings/{ranking.number}/nanning")
    links = [html.unescape(link) for link in re.findall(r'href="(/rankings/[^"]+/records[^"]+)"', place.text)]
    counts = [re.search(r"共 (\d+) 项", (await client.get(link)).text) for link in links]

    assert "南宁高新区" in page.text
    assert "81.0" in page.text
    assert "81.0" in place.text
    assert [match and match[1] for match in counts] == ["1", "1", "1", "1"]
    for wrong in ("indicator=moon", "indicator=output_count&part=denominator"):
        address = f"/rankings/{ranking.number}/nanning/records?{wrong}"
        assert (await client.get(address)).status_code == 404
    assert (await client.get(f"/rankings/{ranking.number}/moon")).status_code == 404
    assert "方案第 1 版" in page.text
    assert "输出技术合同" in (await client.get("/rankings/schemes")).text


async def test_each_live_figure_opens_exactly_its_records(client: httpx.AsyncClient, at_later: Deps) -> None:
    hall = await make_hall()
    cast(FixedClock, at_later.clock).now = LATER.replace(month=3, day=30)
    await sign_in(client, hall.operator)
    for kind in PlaceKind:
        page = await client.get(f"/backoffice/rankings/preview?kind={kind.value}")
        links = re.findall(r'<a\s+href="(/rankings/rows\?[^"]+)"[^>]*>([\d.,]+)</a>', page.text)
        assert len(links) >= 8
        for address, shown in links[:24]:
            rows = await client.get(html.unescape(address))
            count = re.search(r"共 (\d+) 项", rows.text)
            assert count, address
            if "output_trade" in address:
                assert float(shown.replace(",", "")) == 107 * int(count[1])
            else:
                assert count[1] == shown, address
    assert (await client.get("/rankings/rows?from=2026-03-01&until=NaN&figure=needs")).status_code == 404
    assert (
        await client.get("/rankings/rows?from=2026-03-01&until=2026-02-01&figure=needs")
    ).status_code == 404


async def test_the_department_works_from_its_pages_with_faults_at_their_fields(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    hall = await make_hall()
    await sign_in(client, hall.operator)
    desk = await client.get("/backoffice/rankings")
    assert "第 1 版" in desk.text
    scheme: dict[str, Any] = dict(SCHEME)
    for change, field in (
        ({"valid_from": "2026-01-01"}, "valid_from-error"),
        ({"parts-0-weight": "x"}, "parts-0-weight-error"),
        ({"parts-0-month_low": ""}, "parts-0-month_low-error"),
    ):
        bad = await post(client, "/backoffice/ranking-schemes/new", scheme | change)
        assert (bad.status_code, f'id="{field}"' in bad.text) == (422, True), field
    assert (await post(client, "/backoffice/ranking-schemes/new", scheme)).status_code == 200
    waiting = await RankingScheme.get(verdict=None)
    assert (
        await post(client, "/backoffice/rankings/freeze", FREEZE | {"begins_on": "2026-04-01"})
    ).status_code == 422
    assert (await post(client, "/backoffice/rankings/freeze", FREEZE)).status_code == 200
    ranking = await Ranking.get()
    assert (
        await post(client, f"/backoffice/rankings/{ranking.number}", {"verdict": "confirmed"})
    ).status_code == 403

    park = {"code": "liuzhou", "name": "柳州高新区", "level": "national", "city": "4502", "office": ""}
    bad = await post(client, "/backoffice/parks", park | {"code": "nanning"})
    assert (bad.status_code, 'id="code-error"' in bad.text) == (422, True)
    assert (await post(client, "/backoffice/parks", park | {"office": "nobody"})).status_code == 422
    assert "柳州高新区" in (await post(client, "/backoffice/parks", park)).text
    code = hall.parties.enterprise.uscc
    join = {"uscc": code, "since": "2026-03-01"}
    assert (
        await post(client, "/backoffice/parks/liuzhou", join | {"since": "2027-01-01"})
    ).status_code == 422
    assert "南南线缆" in (await post(client, "/backoffice/parks/liuzhou", join)).text
    (member,) = await list_members(hall.park)
    leave = f"/backoffice/park-members/{member.id}/leave"
    assert (await post(client, leave, {"until": "2020-01-01"})).status_code == 422
    assert (await post(client, leave, {"until": "2026-04-01"})).status_code == 200
    assert (await client.get(leave)).status_code == 404
    move = {"uscc": code, "region": "450300", "moved_on": "2026-04-01"}
    assert (
        await post(client, "/backoffice/organisation-moves/new", move | {"region": "450100"})
    ).status_code == 422
    assert (await post(client, "/backoffice/organisation-moves/new", move)).status_code == 200

    await sign_in(client, hall.approver)
    assert (
        await post(client, f"/backoffice/rankings/{ranking.number}", {"verdict": "rejected"})
    ).status_code == 422
    rejected = {"verdict": "rejected", "reason": "请写分析"}
    await post(client, f"/backoffice/rankings/{ranking.number}", rejected)
    await post(client, f"/backoffice/ranking-schemes/{waiting.id}", {"verdict": "confirmed"})
    assert (await Ranking.get()).status is RankingStatus.RETURNED
    assert (await RankingScheme.get(id=waiting.id)).valid_from == date(2027, 1, 1)
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    for address in ("/backoffice/rankings", "/backoffice/parks", "/backoffice/parks/nanning"):
        assert (await client.get(address)).status_code == 200
    assert (await post(client, "/backoffice/parks", park | {"code": "x"})).status_code == 403
