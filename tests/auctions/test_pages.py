"""The pages of auctions: the whole story in browsers, who sees what when, and what nobody should ask."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

import httpx
import pytest

from market.accounts.actors import Actor, load_actor
from market.accounts.models import Message, Organisation, OrganisationKind, StaffRole, User
from market.auctions import hours, pausing, results
from market.auctions.board import MOST_LISTED, board_of, drawn_bids
from market.auctions.hub import Hub
from market.auctions.models import Auction, AuctionRuling, BidRow, Enrolment
from market.auctions.money_models import DepositMovement
from market.auctions.personal_data import export_enrolments
from market.auctions.queries import may_open_mandate
from market.auctions.states import AuctionStatus, Format, NextRule
from market.audit.models import AuditEvent
from market.deals.models import Deal
from market.deps import Deps
from market.files.models import StoredFile
from market.kit.draws import seed_of, shuffled
from market.kit.models import OutgoingMail
from market.listings.states import OutcomeStatus
from market.notices.models import Notice
from market.notices.texts import print_of
from market.records.by import By
from tests.auctions.factories import (
    CLOSED,
    OPENING,
    Hall,
    clock_of,
    make_announced,
    make_closed,
    make_drawn,
    make_qualifying,
    offer,
)
from tests.auctions.test_fold import WAN
from tests.auctions.test_results import confirm
from tests.factories import NOW, make_member, make_organisation, make_outcome, make_staff
from tests.fakes import FixedClock
from tests.invariants import broken
from tests.moments import end_notices, run_acts
from tests.visitor import post, sign_in

LOT = {
    "title": "甘蔗渣餐具专利包",
    "right": "exclusive",
    "years": "8",
    "territory": "全国",
    "format": "ascending",
    "basis": "appraisal",
    "start": "80",
    "step": "2",
    "reserve": "84",
    "deposit": "8",
    "deposit_place": "exchange",
    "deposit_account": "桂科交易所 1234",
    "enrol_until_on": "2026-03-18",
    "enrol_until_time": "00:00",
    "opens_at_on": "2026-03-20",
    "opens_at_time": "１４：００",
    "planned_end_on": "2026-03-20",
    "planned_end_time": "15:00",
    "hard_end_on": "2026-03-20",
    "hard_end_time": "17:00",
    "min_bidders": "2",
    "sign_days": "10",
    "priority": "none",
    "single_rule": "agree",
    "next_rule": "second",
    "default_rule": "all",
    "terms_text": "以系统受理顺序为准。",
    "contact": "0771-5550136",
}
PAPER = {"file": ("授权委托书.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "application/pdf")}


def set_clock(deps: Deps, now: object) -> None:
    cast(FixedClock, deps.clock).now = now  # type: ignore[assignment]


async def test_two_bidders_from_the_draft_to_the_deal(client: httpx.AsyncClient, deps: Deps) -> None:
    holder = await make_organisation(
        kind=OrganisationKind.UNIVERSITY, name="广西大学", is_state_owned=True, nature_code="022"
    )
    seller = await make_member(holder)
    outcome = await make_outcome(holder)
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    firms = [await make_member(await make_organisation(name=f"竞买企业{n}")) for n in (1, 2)]

    # The holder writes and submits, the platform announces.
    await sign_in(client, seller)
    assert "发起网络竞价" in (await client.get(f"/outcomes/{outcome.number}")).text
    new = f"/my/auctions/new?outcome={outcome.number}"
    assert 'value="">由平台组织<' in (await client.get(new)).text
    draft = await make_outcome(holder, status=OutcomeStatus.DRAFT)
    assert "发起网络竞价" not in (await client.get(f"/outcomes/{draft.number}")).text
    assert (await client.get(f"/my/auctions/new?outcome={draft.number}")).status_code == 409
    assert (await post(client, new, LOT | {"step": "20", "opens_at_time": "两点"})).status_code == 422
    assert (await post(client, new, LOT)).status_code == 200
    auction = await Auction.get()
    lot, desk = f"/auctions/{auction.number}", f"/organise/auctions/{auction.number}"
    assert (await client.get(f"{lot}/edit")).text.count("84") >= 1
    assert (await post(client, f"{lot}/edit", LOT | {"reserve": "85"})).status_code == 200
    await sign_in(client, None)
    assert (await client.get(lot)).status_code == 404
    await sign_in(client, seller)
    await post(client, f"{lot}/submit")
    await sign_in(client, operator)
    assert "竞价待审核" in (await client.get("/dashboard")).text
    assert (await post(client, f"{desk}/return", {"reason": "户名写全"})).status_code == 200
    await sign_in(client, seller)
    assert "户名写全" in (await client.get(lot)).text
    await post(client, f"{lot}/submit")
    await sign_in(client, operator)
    assert "报名中" in (await post(client, f"{desk}/approve")).text

    # Two firms enrol; deposits are recorded by one and confirmed by another; numbers are drawn.
    auction = await Auction.get()
    for number, firm in enumerate(firms):
        await sign_in(client, firm)
        assert "报名竞价" in (await client.get(lot)).text
        form = {"terms_hash": auction.terms_hash, "waits_second": "y"}
        whole = form | {"is_undertaken": "y"}
        assert (await post(client, f"{lot}/enrol", form, files=PAPER)).status_code == 422
        assert (await post(client, f"{lot}/enrol", whole, files=PAPER)).status_code == 200
        enrolment = await Enrolment.get(organisation_id=firm.organisation_id)
        await sign_in(client, operator)
        voucher = {
            "movement": "received",
            "amount": "80000",
            "voucher": f"GK-{number}",
            "payer": f"竞买企业{number + 1}",
            "account": f"6222 0000 1111 000{number}",
            "happened_on": "2026-03-02",
        }
        address = f"{desk}/enrolments/{enrolment.id}"
        assert (await post(client, f"{address}/deposit", voucher | {"payer": "别人"})).status_code == 422
        assert (await post(client, f"{address}/deposit", voucher)).status_code == 200
        await sign_in(client, approver)
        movement = await DepositMovement.get(enrolment_id=enrolment.id)
        assert "竞价待复核" in (await client.get("/dashboard")).text
        await post(client, f"{desk}/deposits/{movement.id}", {"verdict": "confirmed"})
        await sign_in(client, operator)
        assert "有竞价资格" in (await post(client, f"{address}/admit")).text
    set_clock(deps, auction.enrol_until)
    await run_acts(auction.enrol_until, hours.END_ENROLMENT)
    assert (await post(client, f"{desk}/draw", {"salt": " "})).status_code == 422
    await post(client, f"{desk}/draw", {"salt": "桂A 12345"})
    assert (await Auction.get()).status is AuctionStatus.READY

    # They bid, each price confirmed once more.
    numbered = await Enrolment.all().order_by("bidder_number")
    first, second = [await load_actor(enrolment.person_id) for enrolment in numbered]
    set_clock(deps, OPENING + timedelta(minutes=1))
    await sign_in(client, first)
    assert "未报价" in (await client.get(lot)).text
    confirm = await client.get(f"{lot}/bid?amount=800000")
    assert "捌拾万元整" in confirm.text
    assert "有效" in (await post(client, f"{lot}/bid", {"amount": "800000", "form_key": "a"})).text
    again = await post(client, f"{lot}/bid", {"amount": "820000", "form_key": "b"})
    assert (again.status_code, "您已是当前最高价" in again.text) == (409, True)
    await sign_in(client, second)
    low = await post(client, f"{lot}/bid", {"amount": "800000", "form_key": "c"})
    assert (low.status_code, "最低可报 ￥820,000.00" in low.text) == (409, True)
    odd = await post(client, f"{lot}/bid", {"amount": "830000", "form_key": "d"})
    assert (odd.status_code, "可报 ￥820,000.00 或 ￥840,000.00" in odd.text) == (422, True)
    assert (await post(client, f"{lot}/bid", {"amount": "900万", "form_key": "e"})).status_code == 422
    set_clock(deps, clock_of(20, "14:59:00"))
    await post(client, f"{lot}/bid", {"amount": "86万", "form_key": "f"})
    await sign_in(client, first)
    page = await client.get(lot)
    assert "已被超过" in page.text
    assert "15:02:00 结束" in page.text
    assert "已被超过" in (await client.get(lot, headers={"hx-request": "true"})).text

    # It ends; two confirm; the notice is clear; the deal has the price.
    set_clock(deps, clock_of(20, "15:02:01"))
    assert "正在确认结果" in (await client.get(lot)).text
    late = await post(client, f"{lot}/bid", {"amount": "88万", "form_key": "g"})
    assert (late.status_code, "已于 15:02:00 结束" in late.text) == (409, True)
    set_clock(deps, CLOSED)
    await run_acts(CLOSED, hours.OPEN, hours.CLOSE, deps=deps)
    await sign_in(client, operator)
    assert "等另一人决定" in (await post(client, f"{desk}/rulings", {"ruling": "result"})).text
    ruling = await AuctionRuling.get()
    await sign_in(client, approver)
    await post(client, f"{desk}/rulings/{ruling.id}", {"verdict": "confirmed"})
    await sign_in(client, None)
    page = await client.get(lot)
    winner = (await numbered[1].organisation).name
    assert winner in page.text
    assert (await numbered[0].organisation).name not in page.text
    assert "结果一致" in page.text
    replayed = await client.get(f"{lot}?bid=1")
    assert "第 1 笔，共 2 笔" in replayed.text
    assert "860,000.00</td>" not in replayed.text
    assert "第 2 笔，共 2 笔" in (await client.get(f"{lot}?bid=99")).text
    await end_notices(CLOSED + timedelta(days=20))
    await results.PUBLICITY.sweep(CLOSED + timedelta(days=20))
    deal = await Deal.get()
    assert (deal.price_amount, deal.pricing.value) == (86 * WAN, "auction")
    # Whoever downloads the log repeats draw and chain from it alone.
    log = (await client.get(f"{lot}/log")).json()
    drawn, head = log["draw"]["drawn"], log["terms_hash"]
    assert drawn == shuffled(sorted(drawn), log["draw"]["seed"])
    assert log["draw"]["seed"] == seed_of(log["number"], log["draw"]["chain_head"], log["draw"]["salt"])
    for bid, text in zip(log["bids"], log["hashed"], strict=True):
        assert text.split("|")[:1] == [head]
        assert text.split("|")[2:5] == [str(bid["sequence"]), drawn[bid["bidder"] - 1], str(bid["amount"])]
        head = hashlib.sha256(text.encode()).hexdigest()
        assert head == bid["hash"]
    assert head == log["chain_head"]
    secret = deps.settings.secret_key
    assert await broken("auctions", "records", "audit", "deals", secret=secret) == {}


PAGES = ("", "?bid=1", "/bids", "/bids.csv", "/log", "/enrol", "/bid?amount=800000")
ELSEWHERE = (
    *("/auctions", "/my/auctions", "/organise/auctions", "/dashboard", "/messages", "/account/data"),
    *("/notices", "/feeds/notices.xml", "/audit-log", "/audit-log/export", "/backoffice/search?q=JJ"),
)


async def frame_of(hall: Hall, deps: Deps) -> str:
    """Return the first state that the stream of an auction sends: the same to everybody."""
    stream = Hub(deps.clock, deps.shutdown).stream(hall.auction.id, "visitor")
    frames = [await asyncio.wait_for(anext(stream), 5) for _frame in range(2)]
    await stream.aclose()
    return frames[1].decode()


async def statuses_of(client: httpx.AsyncClient, who: Actor | None, hall: Hall) -> list[int]:
    """Return how a person is answered at the lot, the desk, the log of an enrolment and another's mandate."""
    await sign_in(client, who)
    own = who.organisation_id if who else None
    other = await Enrolment.filter(auction_id=hall.auction.id).exclude(organisation_id=own).first()
    assert other is not None
    addresses = (
        f"/auctions/{hall.number}",
        f"/organise/auctions/{hall.number}",
        f"/audit-log/enrolment/{other.id}",
    )
    statuses = [(await client.get(address, follow_redirects=False)).status_code for address in addresses]
    is_open = await may_open_mandate(who, await StoredFile.get(id=other.mandate_id))
    return [*statuses, 200 if is_open else 404]


async def seen(client: httpx.AsyncClient, who: Actor | None, hall: Hall) -> str:
    """Return all that a person reads of an auction: pages, files, their names, refusals, prints, mails."""
    await sign_in(client, who)
    lot, desk = f"/auctions/{hall.number}", f"/organise/auctions/{hall.number}"
    enrolments = await Enrolment.filter(auction_id=hall.auction.id).order_by("id")
    addresses = [*(f"{lot}{page}" for page in PAGES), desk, *ELSEWHERE, f"/search?q={hall.number}"]
    addresses.append(f"/audit-log/auction/{hall.auction.id}")
    for enrolment in enrolments:
        addresses += [
            f"/audit-log?kind=enrolment&subject={enrolment.id}",
            f"/audit-log/enrolment/{enrolment.id}",
            f"/files/{enrolment.mandate_id}",
        ]
    answers = [await client.get(address) for address in addresses]
    answers.append(await client.get(lot, headers={"hx-request": "true"}))
    refused: Sequence[tuple[str, Mapping[str, str]]] = (
        (f"{lot}/bid", {"amount": "800000", "form_key": "x"}),
        (f"{lot}/step-in", {}),
        (f"{lot}/enrolments/{enrolments[-1].id}/withdraw", {}),
        (f"{desk}/enrolments/{enrolments[-1].id}/refuse", {"reason": ""}),
        (f"{desk}/enrolments/{enrolments[-1].id}/deposit", {}),
    )
    answers += [await post(client, address, dict(form)) for address, form in refused]
    texts = [f"{answer.headers} {answer.content.decode(errors='replace')}" for answer in answers]
    notices = Notice.filter(subject_id=hall.auction.id).prefetch_related("objections", "organisation")
    texts += [json.dumps(print_of(notice), ensure_ascii=False, default=str) for notice in await notices]
    if who is not None:
        user = await User.get(id=who.user_id)
        texts += [f"{mail.subject} {mail.text}" for mail in await OutgoingMail.filter(recipient=user.email)]
        texts += [message.text for message in await Message.filter(user_id=user.id)]
    return "\n".join(texts)


NAMES_BY_PHASE = {
    "before": {"guest": 0, "holder": 0, "organiser": 3, "operator": 0, "auditor": 0, "bidder": 1},
    "during": {"guest": 0, "holder": 0, "organiser": 3, "operator": 0, "auditor": 0, "bidder": 1},
    "after": {"guest": 1, "holder": 3, "organiser": 3, "operator": 1, "auditor": 3, "bidder": 2},
}
"""How many of three bidders somebody can name; a bidder always knows their own organisation."""


SEALED = {
    "guest": [200, 303, 303, 404],
    "holder": [200, 403, 403, 404],
    "organiser": [200, 200, 403, 200],
    "operator": [200, 403, 403, 404],
    "auditor": [200, 403, 200, 404],
    "bidder": [200, 403, 403, 404],
}
STATUSES: Mapping[str, Mapping[str, Sequence[int]]] = {
    "before": SEALED,
    "during": SEALED,
    "after": SEALED | {"auditor": [200, 200, 200, 200]},
}
"""How each is answered at the lot, the organiser's desk, the log of another's enrolment and its mandate."""


@pytest.mark.parametrize("phase", NAMES_BY_PHASE)
async def test_who_can_name_the_bidders_when(client: httpx.AsyncClient, deps: Deps, phase: str) -> None:
    """The organiser at once, holder and auditor afterwards, the public the winner alone; on every channel."""
    if phase == "before":
        hall = await make_qualifying(bidders=3, is_by_exchange=True)
        set_clock(deps, NOW + timedelta(days=16))
    else:
        hall = await make_closed(is_by_exchange=True)
        set_clock(deps, CLOSED)
    if phase == "after":
        await confirm(hall)
        await hall.reload()
    names = {firm.organisation_name for firm in hall.firms}
    won = await Enrolment.get_or_none(id=hall.auction.winner_id) if hall.auction.winner_id else None
    people = {
        "guest": None,
        "holder": hall.seller,
        "organiser": hall.organiser,
        "operator": hall.operator,
        "auditor": await make_staff(StaffRole.AUDITOR),
        "bidder": next(firm for firm in hall.firms if not won or firm.organisation_id != won.organisation_id),
    }
    found, counted, answered = {}, {}, {}
    frame = await frame_of(hall, deps)
    for what, who in people.items():
        text = f"{frame} {await seen(client, who, hall)}"
        answered[what] = await statuses_of(client, who, hall)
        found[what] = sum(re.search(rf"{name}(?!\d)", text) is not None for name in names)
        counted[what] = "3 家有资格" in text

    assert found == NAMES_BY_PHASE[phase]
    assert counted == dict.fromkeys(people, phase != "before")
    assert f'"status":"{hall.auction.status}"' in frame
    assert answered == STATUSES[phase]


async def test_sealed_prices_stay_sealed_on_every_channel(client: httpx.AsyncClient, deps: Deps) -> None:
    hall = await make_drawn(format=Format.SEALED, hard_end=None)
    auditor = await make_staff(StaffRole.AUDITOR)
    set_clock(deps, clock_of(20, "14:30"))
    own = await load_actor((await hall.by_number())[0].person_id)
    lot = f"/auctions/{hall.number}"

    async def downloads() -> list[tuple[str, str]]:
        answers = [await client.get(f"{lot}/{name}") for name in ("bids", "bids.csv", "log")]
        return [(answer.text, answer.headers.get("etag", "")) for answer in answers]

    empty = await downloads()
    await sign_in(client, own)
    assert "有效" in (await post(client, f"{lot}/bid", {"amount": "91.73万", "form_key": "a"})).text
    # Nobody can count the prices that were offered, nor tell that one was.
    assert await downloads() == empty
    again = await post(client, f"{lot}/bid", {"amount": "95万", "form_key": "b"})
    assert "只能报一次" in again.text
    assert "917,300.00" in (await client.get(lot)).text
    assert [bid["sequence"] for bid in (await export_enrolments(own.user_id))[0]["bids"]] == [None]
    frame = await frame_of(hall, deps)
    assert '"seq":null,"price":null,"leader":null' in frame
    for who in (None, hall.seller, hall.organiser, hall.decider, auditor):
        text = await seen(client, who, hall)
        assert "917,300" not in text
        assert "91730000" not in text
        assert json.loads((await client.get(f"{lot}/bids")).text)["bids"] == []
    await run_acts(CLOSED, hours.OPEN, hours.CLOSE, deps=deps)
    set_clock(deps, CLOSED)
    assert "917,300" not in await seen(client, None, hall)


async def test_a_suspension_does_not_tell_how_many_sealed_prices_there_are(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    hall = await make_drawn(format=Format.SEALED, hard_end=None)
    await offer(hall, 1, 90, "14:10")
    set_clock(deps, clock_of(20, "14:30"))
    await pausing.suspend(hall.number, "机房断电", by=By(hall.operator, clock_of(20, "14:30")))
    log = (await client.get(f"/auctions/{hall.number}/log")).json()
    assert [pause["after"] for pause in log["suspensions"]] == [0]
    assert "hashed" not in log
    events = await AuditEvent.filter(subject_id=hall.auction.id, action__in=["suspend", "drawing"])
    assert [event.data.get("bids") for event in events] == [None, None]
    assert all("bidders" not in event.data for event in events)


async def test_what_nobody_should_ask_is_refused_in_words(client: httpx.AsyncClient, deps: Deps) -> None:
    hall = await make_drawn()
    lot = f"/auctions/{hall.number}"
    set_clock(deps, OPENING)
    stranger = await make_member(await make_organisation(name="没有报名的企业"))
    await sign_in(client, stranger)
    assert (await client.get("/auctions/JJ-2026-999999")).status_code == 404
    assert (await post(client, f"{lot}/bid", {"amount": "800000", "form_key": "a"})).status_code == 403
    assert (await client.get(f"/organise/auctions/{hall.number}")).status_code == 403
    assert (await client.get("/organise/auctions")).status_code == 403
    assert (await client.get(f"{lot}/abort")).status_code in (200, 403)
    own = await load_actor((await hall.by_number())[0].person_id)
    # A colleague reads that the agent bids; nobody has bid yet, so that only the first button is the start.
    colleague = await make_member(await Organisation.get(id=own.organisation_id))
    await sign_in(client, colleague)
    assert "报价由受托人提交" in (await client.get(lot)).text
    await sign_in(client, own)
    page = (await client.get(lot)).text
    assert "报价由受托人提交" not in page
    assert [words in page for words in ("加 1 个幅度", "加 2 个幅度", "加 3 个幅度")] == [True, True, False]
    for amount in ("１２万３", "1e6", "-800000", "1" * 14, "800000.001", "800000\x00", "", "八十万五"):
        answer = await post(client, f"{lot}/bid", {"amount": amount, "form_key": "x"})
        assert answer.status_code == 422, amount
    assert not await BidRow.exists()
    assert (await client.get(f"{lot}/bid?amount=")).status_code == 422
    assert "高 20 个幅度" in (await client.get(f"{lot}/bid?amount=1200000")).text
    for amount, status, words in (
        ("１２万", 409, "您报的是 ￥120,000.00。还没有人报价，最低可报起始价"),
        ("1" * 13, 422, "超过当前价十倍"),
        ("830000", 422, "整数倍"),
    ):
        answer = await client.get(f"{lot}/bid", params={"amount": amount})
        assert (answer.status_code, words in answer.text, "确认报价</button>" in answer.text) == (
            status,
            True,
            False,
        )


async def test_the_operator_suspends_and_the_holder_ends(client: httpx.AsyncClient, deps: Deps) -> None:
    hall = await make_drawn()
    set_clock(deps, OPENING + timedelta(minutes=5))
    lot, desk = f"/auctions/{hall.number}", f"/organise/auctions/{hall.number}"
    await sign_in(client, hall.operator)
    assert (await post(client, f"{desk}/suspend", {"reason": ""})).status_code == 422
    await post(client, f"{desk}/suspend", {"reason": "机房断电"})
    assert "机房断电" in (await client.get(lot)).text
    soon = {"resumes_on": "2026-03-20", "resumes_time": "14:30"}
    assert (await post(client, f"{desk}/resume", soon)).status_code == 422
    await post(client, f"{desk}/resume", soon | {"resumes_time": "16:00"})
    assert (await Auction.get()).ends_at == clock_of(20, "16:55")
    await sign_in(client, hall.seller)
    set_clock(deps, clock_of(20, "16:30"))
    assert (await post(client, f"{lot}/abort", {"reason": "不卖了"})).status_code == 409
    await sign_in(client, hall.operator)
    assert "已终止" in (await post(client, f"{lot}/abort", {"reason": "标的有争议"})).text
    await sign_in(client, hall.seller)
    again = await client.get(
        f"/my/auctions/new?outcome={(await hall.auction.outcome).number}&again={hall.number}"
    )
    assert "重新竞价" in again.text
    assert "发起的" in (await client.get("/my/auctions")).text
    assert (await post(client, "/my/auctions/result-notices", {"is_long": "yes"})).status_code == 200


async def test_the_bids_are_data_that_a_browser_need_not_ask_for_twice(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    hall = await make_drawn(next_rule=NextRule.SECOND)
    await offer(hall, 1, 80, "14:00")
    await offer(hall, 2, 84, "14:30")
    set_clock(deps, clock_of(20, "14:40"))
    lot = f"/auctions/{hall.number}"
    whole = await client.get(f"{lot}/bids")
    assert [row["amount"] for row in whole.json()["bids"]] == [80 * WAN, 84 * WAN]
    assert [row["sequence"] for row in (await client.get(f"{lot}/bids?after=1")).json()["bids"]] == [2]
    known = {"if-none-match": whole.headers["etag"]}
    assert (await client.get(f"{lot}/bids", headers=known)).status_code == 304
    set_clock(deps, clock_of(20, "15:00"))
    assert (await client.get(f"{lot}/bids", headers=known)).json()["status"] == "ending"
    set_clock(deps, clock_of(20, "14:40"))
    log = (await client.get(f"{lot}/log")).json()
    assert log["terms"]["start"] == 80 * WAN
    assert log["chain_head"] == log["bids"][-1]["hash"]
    assert "02,840000.00" in (await client.get(f"{lot}/bids.csv")).text
    announced = await make_announced()
    assert "报名截止" in (await client.get("/auctions")).text
    assert announced.number in (await client.get("/auctions")).text
    set_clock(deps, NOW)
    page = f"/auctions/{announced.number}"
    assert f"{page}/enrol" in (await client.get(page)).text
    await sign_in(client, announced.seller)
    assert f"{page}/enrol" not in (await client.get(page)).text
    await sign_in(client, announced.operator)
    nobody = f"/organise{page}/enrolments/{announced.auction.id}/deposit"
    assert (await client.get(nobody)).status_code == 404


async def test_a_long_record_is_listed_by_its_end_and_downloaded_whole(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    hall = await make_drawn()
    count = MOST_LISTED + 7
    for turn in range(count):
        await offer(hall, 1 + turn % 2, 80 + 2 * turn, f"14:{turn // 60:02d}:{turn % 60:02d}")
    set_clock(deps, clock_of(20, "14:05"))
    lot = f"/auctions/{hall.number}"
    page = (await client.get(lot)).text
    assert f"{count} 次报价" in page
    assert f"这里是最近 {MOST_LISTED} 次" in page
    assert page.count("<tr class") == MOST_LISTED
    assert page.count("<circle") == count
    assert "+20,000.00" in page.split("<tr class")[-1]
    assert len((await client.get(f"{lot}/bids")).json()["bids"]) == count
    later = (await client.get(f"{lot}/bids?after={count - 2}")).json()["bids"]
    assert [row["sequence"] for row in later] == [count - 1, count]
    await run_acts(CLOSED, hours.OPEN, hours.CLOSE, deps=deps)
    set_clock(deps, CLOSED)
    board = await board_of(await hall.reload(), None, clock_of(20, "14:05"), last=0)
    assert (board.bids, board.total, board.price) == ([], count, (80 + 2 * (count - 1)) * WAN)
    drawn = await drawn_bids(await hall.reload(), None, most=10)
    # Every sixth, the first and the last.
    assert [amount // WAN for _at, amount, _mine in drawn] == [
        78 + 2 * sequence for sequence in (1, *range(6, count, 6), count)
    ]
