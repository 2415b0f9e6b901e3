"""Every route of deals, contracts, notices, files and rewards, asked by each role of each party."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Membership, StaffRole
from market.contracts import contract_changes
from market.contracts.models import RoyaltyStatement
from market.contracts.states import ChangeKind
from market.deals.models import Deal
from market.deps import Deps
from market.files.models import Tier
from market.notices.models import Notice
from market.records.by import By
from market.records.decisions import Verdict
from market.rewards import plan_acts
from market.rooms import ROOMS
from tests.contracts.factories import LATER, TODAY
from tests.deals.factories import make_match, make_parties, move_clock
from tests.deals.test_files import make_file
from tests.factories import make_broker, make_member, make_membership, make_staff
from tests.rewards.test_plan_acts import make_received, sharing
from tests.visitor import sign_in, token

SIDES = {"seller", "buyer"}
BOTH = SIDES | {"seller finance", "buyer finance"}
ROOM = BOTH | {"broker", "auditor"}
ALL = {*ROOM, "other broker", "stranger", "former", "operator", "rechecker", "guest"}
TABLE = {
    "deals:of_match": ROOM,
    "deals:interest": SIDES | {"stranger", "former"},
    "deals:respond": SIDES | {"former", "stranger"},
    "deals:introduce": {"broker"},
    "deals:agree_introduction": SIDES,
    "deals:offer": SIDES,
    "deals:accept": SIDES,
    "deals:upload": BOTH | {"broker"},
    "deals:publish": SIDES,
    "deals:skip_publicity": SIDES,
    "deals:submit_certificate": {"seller"},
    "deals:terminate": SIDES,
    "deals:send_message": BOTH | {"broker"},
    "deals:mark_read": BOTH | {"broker"},
    "deals:brokerage": {"broker", "auditor"},
    "deals:evidence": {"broker", "auditor"},
    "contracts:sign": SIDES,
    "contracts:confirm_signing": SIDES,
    "contracts:draft_document": SIDES,
    "contracts:show": ROOM | {"rechecker"},
    "contracts:form": ROOM | {"rechecker"},
    "contracts:summary": ROOM | {"rechecker"},
    "contracts:export": ALL - {"guest", "operator", "rechecker"},
    "contracts:change": SIDES,
    "contracts:confirm_change": SIDES,
    "contracts:reject_change": SIDES,
    "contracts:withdraw_change": SIDES,
    "contracts:royalties": BOTH,
    "contracts:confirm_royalty": SIDES,
    "contracts:reject_royalty": SIDES,
    "contracts:paid_in": SIDES,
    "contracts:register": SIDES,
    "notices:index": ALL,
    "notices:feed": ALL,
    "notices:show": ALL,
    "notices:print": ALL,
    "notices:extend": {"seller"},
    "files:download": ROOM,
    "files:undertake": ROOM,
    "files:openings": {"seller", "seller finance", "auditor"},
    "rewards:index": BOTH | {"auditor", "stranger", "former"},
    "rewards:rules": {"seller", "buyer", "stranger", "former"},
    "rewards:new": {"seller"},
    "rewards:show": {"seller", "seller finance", "auditor"},
    "rewards:payouts": {"seller", "seller finance", "auditor"},
    "rewards:confirm": {"seller finance"},
    "rewards:pay": {"seller finance"},
    "rewards:tax": {"seller finance"},
    "rewards:cancel": {"seller"},
}
"""Who reaches what; the rest are sent away, those who are neither of the deal with 404."""
ELSEWHERE = {
    # Of the operator, tested in tests/deals/test_certificates.
    *("deals:certificates", "deals:decide_certificate"),
    # Tested in tests/contracts and tests/notices, where their records are made.
    *("contracts:payouts", "contracts:remit", "contracts:pay", "contracts:pay_return"),
    *("contracts:confirm_remittance", "contracts:reject_remittance"),
    *("contracts:confirm_paid_in", "contracts:reject_paid_in"),
    *("contracts:statements", "contracts:statement", "contracts:confirm_lines", "contracts:bank_line"),
    *("contracts:statement_draft", "contracts:confirm_account"),
    *("contracts:act_on_line", "contracts:money", "contracts:refund_payment", "contracts:refund_remittance"),
    *("contracts:return_line", "contracts:confirm_refund", "contracts:reject_refund"),
    *("notices:object", "notices:answer", "notices:papers", "notices:decide"),
}
PUBLIC = {"contracts:export", "rewards:index", "rewards:rules", "deals:interest", "deals:respond"}
"""Pages without a record of somebody: a stranger has their own."""


def _routes() -> dict[str, tuple[str, set[str]]]:
    rooms = {"deals", "contracts", "notices", "files", "rewards"}
    return {
        route.name: (route.path, {*(route.methods or set())} - {"HEAD"})
        for room in ROOMS.all
        if room.name in rooms
        for route in room.routes
        if isinstance(route, Route)
    }


def test_every_route_is_in_the_table() -> None:
    assert set(_routes()) - ELSEWHERE == set(TABLE)


async def test_each_role_of_each_party_reaches_what_is_theirs_and_nothing_else(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    parties, broker = await make_parties(), await make_broker()
    contract = await make_received(parties)
    deal = await Deal.get(id=contract.deal_id)
    match = await make_match(parties, broker)
    await Deal.filter(id=deal.id).update(broker_id=broker.user_id, match_id=match.id)
    change = await contract_changes.propose_change(
        contract.number, ChangeKind.CHANGE, "联系人", agreed_on=TODAY, by=By(parties.seller, LATER)
    )
    statement = await RoyaltyStatement.create(
        id=uuid4(),
        contract_id=contract.id,
        starts_on=TODAY,
        ends_on=TODAY,
        base_amount=0,
        amount=0,
        proposed_by_id=parties.buyer.user_id,
        proposed_at=LATER,
        decided_by_id=parties.seller.user_id,
        decided_at=LATER,
        verdict=Verdict.REJECTED,
        reason="x",
    )
    plan = await plan_acts.propose_plan(contract.number, sharing(), by=By(parties.seller, LATER))
    file = await make_file(parties, deal, Tier.PARTIES, deps)
    notice = await Notice.get(subject_id=deal.id)
    former = await make_member(parties.enterprise, MemberRole.AGENT)
    await Membership.filter(user_id=former.user_id).update(ended_at=LATER)
    elsewhere = await make_member(role=MemberRole.AGENT)
    people: dict[str, Actor | None] = {
        "seller": parties.seller,
        "seller finance": parties.seller_finance,
        "buyer": parties.buyer,
        "buyer finance": parties.buyer_finance,
        "broker": broker,
        "auditor": await make_staff(StaffRole.AUDITOR),
        "other broker": await make_broker(),
        "stranger": await make_member(),
        "former": elsewhere,
        "operator": await make_staff(StaffRole.OPERATOR),
        "rechecker": await make_staff(StaffRole.RECHECKER),
        "guest": None,
    }
    start = LATER - timedelta(days=400)
    await make_membership(elsewhere.user_id, parties.enterprise, MemberRole.AGENT, start=start, end=LATER)
    move_clock(deps, LATER)
    numbers = {"deals": deal.number, "contracts": contract.number, "rewards": plan.number}
    numbers |= {"notices": notice.number, "outcomes": parties.outcome.number, "needs": parties.need.number}
    ids = {
        "{match_id:uuid}": match.id,
        "{file_id:uuid}": file.id,
        "{change_id:uuid}": change.id,
        "{statement_id:uuid}": statement.id,
    }
    wrong = []

    for name, actor in people.items():
        await sign_in(client, actor)
        csrf = await token(client, "/login" if actor is None else "/help")
        for route, (path, methods) in _routes().items():
            if route in ELSEWHERE or (_takes_long(path) and name in TABLE[route] - {"auditor", "guest"}):
                continue
            address = path.replace("{number}", numbers.get(path.split("/")[1], ""))
            for key, value in ids.items():
                address = address.replace(key, str(value))
            # Who may is shown the page, who may not tries the act itself.
            method = min(methods) if name in TABLE[route] else max(methods)
            answer = await client.request(
                method, address, data={"csrf_token": csrf} if method == "POST" else None
            )
            if not _is_right(route, name, answer.status_code):
                wrong.append((route, method, name, answer.status_code))

    assert not wrong, wrong


def _takes_long(path: str) -> bool:
    """Prints, and pages open to all: of those who may, one asks."""
    return path.endswith((".pdf", ".xlsx")) or path in ("/notices", "/notices/{number}", "/rewards")


def _is_right(route: str, name: str, status: int) -> bool:
    if name in TABLE[route]:
        # 403: the record is theirs, the act is the other side's.
        return status in (200, 303, 403, 409, 422) or (status == 404 and route in _OF_THE_STATE)
    if name == "guest":
        return status in (303, 401, 404)
    if name in ("stranger", "former") and route not in PUBLIC:
        return status in (404, 403) if route in _BY_ROLE else status == 404
    return status in (403, 404)


_BY_ROLE = {
    *("deals:introduce", "deals:brokerage", "deals:evidence", "rewards:confirm", "rewards:pay"),
    *("files:openings", "contracts:confirm_change"),
}
"""Acts that a role alone rules out before any record is looked for."""
_OF_THE_STATE = {"deals:evidence", "deals:interest", "deals:respond", "deals:introduce"}
"""Not there in the state this deal is in, even for who may."""
