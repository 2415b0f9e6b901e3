"""The workbench: where each role works, on one menu, beside every page of its work."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import httpx
import pytest

from market.accounts.actors import Actor, load_actor
from market.accounts.models import MemberRole, OrganisationKind, OrganisationStatus, StaffRole
from market.kit.menus import WorkEntry, WorkGroup, build_workbench
from market.kit.money import Money
from market.kit.worklist import MOST, Horizon, Todo, Turn, in_order
from market.listings.states import NeedStatus, OutcomeStatus
from market.pages.first_steps import first_steps
from market.pages.recent_acts import list_recent_acts
from market.pages.workbench import build_board
from market.rooms import ROOMS
from tests.deals.factories import make_offered, make_parties, make_to_sign
from tests.experts.factories import make_expert
from tests.factories import (
    NOW,
    make_broker,
    make_member,
    make_need,
    make_organisation,
    make_outcome,
    make_staff,
)
from tests.visitor import sign_in

ROLES = ("university", "university2", "enterprise", "broker", "expert", *StaffRole)


async def make_person(role: str) -> Actor:
    """Return a person like the demo's login of this name."""
    if role == "broker":
        return await make_broker()
    if role == "expert":
        return await load_actor((await make_expert()).user_id)
    if role in set(StaffRole):
        return await make_staff(StaffRole(role))
    kind = OrganisationKind.ENTERPRISE if role == "enterprise" else OrganisationKind.UNIVERSITY
    member = MemberRole.FINANCE if role == "university2" else MemberRole.ADMIN
    return await make_member(await make_organisation(kind=kind), role=member)


def _menu(page: httpx.Response) -> str:
    """Return the menu beside the page; empty where the page has none."""
    menu = re.search(r"<nav class=\"bench-menu\".*?</nav>", page.text, re.DOTALL)
    return menu[0] if menu else ""


@pytest.mark.parametrize("role", ROLES)
async def test_every_entry_of_a_roles_menu_opens_and_is_marked_on_its_page(
    client: httpx.AsyncClient, role: str
) -> None:
    await sign_in(client, await make_person(role))
    addresses = re.findall(r"href=\"([^\"]+)\"", _menu(await client.get("/dashboard")))

    assert len(addresses) == len(set(addresses)) >= 5
    for address in addresses:
        page = await client.get(address.replace("&amp;", "&"))
        assert page.status_code == 200, address
        marked = re.findall(r"href=\"([^\"]+)\" aria-current=\"page\"", _menu(page))
        assert marked == [address]


@pytest.mark.parametrize(
    ("role", "addresses"),
    [
        (
            "university",
            ("/matches", "/rewards", "/deals", "/my/outcomes/new", "/account/members", "/statement"),
        ),
        ("university2", ("/deals", "/bank/statements", "/rewards", "/statement")),
        ("enterprise", ("/matches", "/my/needs", "/claims", "/claims/new", "/subsidies/calculator")),
        ("broker", ("/matches?view=mine", "/deals", "/statement?side=broker")),
        ("officer", ("/desk", "/desk/batches", "/desk/instructions", "/desk/terms", "/payees")),
        ("operator", ("/backoffice/clock", "/backoffice/sanctions", "/backoffice/jobs", "/admin/rounds")),
        ("approver", ("/backoffice/objections", "/desk/clawbacks", "/backoffice/sanctions")),
        ("expert", ("/reviews",)),
        ("auditor", ("/audit-log", "/anomalies", "/bank/statements", "/desk", "/rewards", "/deals")),
    ],
)
async def test_a_role_reaches_all_its_work_from_the_menu(
    client: httpx.AsyncClient, role: str, addresses: tuple[str, ...]
) -> None:
    await sign_in(client, await make_person(role))
    menu = _menu(await client.get("/account"))

    assert [address for address in addresses if f'href="{address}"' not in menu] == []


async def test_public_pages_have_no_menu_beside_them_but_a_phone_unfolds_it_everywhere(
    client: httpx.AsyncClient,
) -> None:
    assert _menu(await client.get("/outcomes")) == ""
    assert "/deals" not in (await client.get("/outcomes")).text
    await sign_in(client, await make_person("university"))

    page = await client.get("/outcomes")

    assert _menu(page) == ""
    assert page.text.count('href="/deals"') == 1


def test_no_two_entries_of_a_group_claim_the_same_place() -> None:
    places = Counter((entry.group, entry.order) for entry in ROOMS.work_entries)

    assert [place for place, count in places.items() if count > 1] == []


def test_a_page_belongs_to_the_entry_that_names_it_most_closely() -> None:
    entries = [
        WorkEntry(
            WorkGroup.CLAIMS, 10, WorkGroup.CLAIMS.label, "queue", under=("/contracts", "/needs/*/matches")
        ),
        WorkEntry(WorkGroup.CLAIMS, 20, WorkGroup.CLAIMS.label, "queue", "status=draft"),
        WorkEntry(WorkGroup.RULES, 10, WorkGroup.RULES.label, "rules"),
    ]
    paths = {"queue": "/desk", "rules": "/desk/terms"}

    def here(path: str, query: str = "") -> list[str]:
        bench = build_workbench(entries, path, query, paths.__getitem__)
        return [link.address for link in bench.links if link.is_here]

    assert here("/desk") == ["/desk"]
    assert here("/desk", "status=paid") == ["/desk"]
    assert here("/desk", "page=2&status=draft") == ["/desk?status=draft"]
    assert here("/desk/BZ-1") == ["/desk"]
    assert here("/desk/terms/gx") == ["/desk/terms"]
    assert here("/contracts/HT-1") == ["/desk"]
    assert here("/needs/XQ-1/matches") == ["/desk"]
    assert here("/deskterms") == here("/needs/XQ-1") == here("/needs/XQ-1/share") == []


async def test_the_last_tab_lists_what_the_person_and_colleagues_did_lately(
    client: httpx.AsyncClient,
) -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    colleague = await make_member(parties.university)
    told = {}
    for name, person in (("seller", parties.seller), ("colleague", colleague), ("buyer", parties.buyer)):
        await sign_in(client, person)
        told[name] = " ".join((await client.get("/dashboard?turn=recent")).text.split())
    await sign_in(client, await make_member())
    stranger = (await client.get("/dashboard?turn=recent")).text

    assert "最近办完" in told["seller"]
    assert f'href="/deals/{deal.number}">接受报价' in told["seller"]
    assert '<span class="mark">您</span>' in told["seller"]
    assert f'href="/deals/{deal.number}">接受报价' in told["colleague"]
    assert f'<span class="mark">{parties.seller.name}</span>' in told["colleague"]
    assert f'href="/deals/{deal.number}">接受报价' not in told["buyer"]
    assert "最近办完" not in stranger
    later = await list_recent_acts(parties.seller, NOW + timedelta(days=40))
    assert later.rows == []


@pytest.mark.parametrize("role", ROLES)
async def test_what_was_done_lately_is_read_and_named_for_every_role(role: str) -> None:
    person = await make_person(role)
    kinds = {part.kind for part in ROOMS.recent(person)}

    assert (await list_recent_acts(person, NOW)).count == 0
    assert kinds <= set(ROOMS.subjects)
    assert kinds <= set(ROOMS.labels), "their badges have no words"
    assert len(kinds) == len(ROOMS.recent(person))


async def test_a_new_organisation_is_shown_its_first_steps_until_it_deals(client: httpx.AsyncClient) -> None:
    alone = await make_person("university")
    waiting = await make_member(await make_organisation(status=OrganisationStatus.PENDING))
    pages = {}
    for name, person in (("alone", alone), ("waiting", waiting)):
        await sign_in(client, person)
        pages[name] = (await client.get("/dashboard")).text

    assert "先做这几步" in pages["alone"]
    assert "写第一份成果" in pages["alone"]
    assert "请同事加入" in pages["alone"]
    assert "待认证：接下来怎样" in pages["waiting"]
    assert "登记或加入单位" not in pages["waiting"]
    parties = await make_parties()
    await make_offered(parties)
    assert await first_steps(parties.seller) == []


async def test_a_draft_that_is_kept_is_the_next_step_until_it_is_submitted(client: httpx.AsyncClient) -> None:
    owner = await make_organisation()
    admin = await make_member(owner)
    need = await make_need(owner, status=NeedStatus.DRAFT)
    titles = {step.title: step for step in await first_steps(admin)}

    assert (titles["提交第一条需求"].is_done, titles["提交第一条需求"].address) == (
        False,
        "/my/needs?status=draft",
    )
    await make_need(owner, status=NeedStatus.PENDING)
    assert {step.title: step.is_done for step in await first_steps(admin)}["写第一条需求"]
    await sign_in(client, admin)
    assert need.number in (await client.get("/my/needs?status=draft")).text


async def test_what_a_colleague_or_the_other_side_does_stands_under_their_turn(
    client: httpx.AsyncClient,
) -> None:
    parties = await make_parties()
    deal, _offer = await make_offered(parties)
    await sign_in(client, parties.buyer)

    mine = (await client.get("/dashboard")).text.partition("最近消息")[0]
    theirs = (await client.get("/dashboard?turn=others")).text.partition("最近消息")[0]

    assert "现在没有等您处理的事" in mine
    assert f"/deals/{deal.number}" not in mine
    assert f"/deals/{deal.number}" in theirs
    assert "转让方" in theirs
    assert (await client.get("/dashboard?turn=nobody")).status_code == 200


async def test_more_than_the_list_shows_is_counted_and_linked(client: httpx.AsyncClient) -> None:
    operator = await make_staff(StaffRole.OPERATOR)
    owner = await make_organisation()
    for _each in range(MOST + 3):
        await make_outcome(owner, status=OutcomeStatus.PENDING)

    board = await build_board(operator, NOW)

    (queue,) = [queue for queue in board.queues if queue.kind == "listings.review_outcome"]
    assert queue.count == board.count(Turn.MINE) == MOST + 3
    assert len(board.of_turn(Turn.MINE)) == MOST
    assert board.more(board.of_turn(Turn.MINE)) == [queue]


def test_work_is_ordered_by_its_day_then_its_amount_then_its_age() -> None:
    today = NOW.date()
    todos = [
        Todo("a", "old", "", "", since=NOW - timedelta(days=9)),
        Todo("a", "new", "", "", since=NOW),
        Todo("a", "rich", "", "", since=NOW, amount=Money(500)),
        Todo("a", "late", "", "", due=today - timedelta(days=1)),
        Todo("a", "soon", "", "", due=today + timedelta(days=7)),
        Todo("a", "later", "", "", due=today + timedelta(days=8)),
    ]

    ordered = in_order(todos)

    assert [todo.what for todo in ordered] == ["late", "soon", "later", "rich", "old", "new"]
    assert [todo.horizon(today) for todo in ordered[:4]] == [
        Horizon.LATE,
        Horizon.SOON,
        Horizon.LATER,
        Horizon.OPEN,
    ]
    assert (ordered[0].days(today), ordered[4].age(today), ordered[3].days(today)) == (-1, 9, 0)
    assert ordered[0].age(today) == 0
