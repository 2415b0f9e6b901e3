"""A claim with fewer than three scores is concluded by nobody, over no route that takes a form."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
from starlette.routing import Route

from market.accounts.models import StaffRole
from market.claims.models import Assessment, Claim
from market.claims.states import ClaimStatus
from market.panels.round_models import Round, RoundItem
from market.panels.round_states import OVER, RoundStatus, SeatStatus
from market.panels.score_acts import submit
from market.records.by import By
from market.rooms import ROOMS
from tests.factories import NOW, make_staff
from tests.panels.round_factories import accept_all, actor_of, make_drawn, seats, sheet
from tests.visitor import post, sign_in

OF_CLAIMS = ("/admin/rounds/{number}", "/reviews/seats", "/desk/{number}", "/claims/{number}", "/desk/bulk")
UNABLE = {f"score_{name}": "" for name in ("novelty", "maturity", "benefit")} | {
    f"reason_{name}": "不属于本人的专业领域，无法评价" for name in ("novelty", "maturity", "benefit")
}
TYPED = {"reason": "意见一致，请作结论", "rate": "40", "decision": "评审会纪要 3 号", "verdict": "confirmed"}
ACTS = ("conclude", "publish")


async def test_a_claim_with_two_scores_is_concluded_by_no_role_over_no_route(
    client: httpx.AsyncClient,
) -> None:
    stage = await make_drawn()
    for seat, typed in zip(
        await accept_all(stage.round), (sheet(80), sheet(80), sheet("", **UNABLE)), strict=True
    ):
        await submit(seat.id, typed, by=By(await actor_of(seat), NOW))
    round_ = await Round.get(id=stage.round.id)
    assert round_.status is RoundStatus.CHECKING
    claim = await Claim.get(id=stage.claims[0])
    scored = (await seats(round_, SeatStatus.SUBMITTED))[0]
    desk = stage.desk
    people = (
        *(desk.operator, desk.officer, desk.rechecker, desk.approver),
        *(await make_staff(StaffRole.AUDITOR), await actor_of(scored)),
    )
    addresses = _addresses({"round": round_.number, "claim": claim.number}, scored.id)
    typed = TYPED | {"claim": claim.number, "picked": claim.number}
    assert len(addresses) > 15
    for person in people:
        await sign_in(client, person)
        for address in addresses:
            for act in ACTS if address.startswith("/admin/rounds") else ("calculate",):
                answer = await post(client, address, typed | {"act": act}, follow=False)
                assert answer.status_code < 500, (address, act)

    assert not await Round.filter(status__in=list(OVER)).exists()
    assert (await RoundItem.get()).result is None
    assert not await Assessment.all().exists()
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.ACCEPTED


def _addresses(numbers: dict[str, str], seat_id: UUID) -> list[str]:
    """Return the addresses of a round, a seat and a claim that take a form, but of a declared conflict."""
    paths = [
        route.path
        for route in ROOMS.routes(is_demo=True)
        if isinstance(route, Route) and "POST" in (route.methods or ()) and route.path.startswith(OF_CLAIMS)
    ]
    addresses: list[str] = []
    for path in paths:
        number = numbers["round" if path.startswith("/admin") else "claim"]
        filled = path.replace("{number}", number).replace("{seat_id:uuid}", str(seat_id))
        if not re.search(r"[{}]", filled) and not filled.endswith("/conflict"):
            addresses.append(filled)
    return addresses
