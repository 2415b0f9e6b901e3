"""The workbench: where each role works, on one menu, beside every page of its work."""

from __future__ import annotations

import re
from collections import Counter

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, OrganisationKind, StaffRole
from market.kit.menus import WorkEntry, WorkGroup, build_workbench
from market.rooms import ROOMS
from tests.factories import make_broker, make_member, make_organisation, make_staff
from tests.visitor import sign_in

ROLES = ("university", "university2", "enterprise", "broker", *StaffRole)


async def make_person(role: str) -> Actor:
    """Return a person like the demo's login of this name."""
    if role == "broker":
        return await make_broker()
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
        ("operator", ("/backoffice/clock", "/backoffice/sanctions", "/backoffice/jobs", "/reviews/assign")),
        ("approver", ("/backoffice/objections", "/desk/clawbacks", "/backoffice/sanctions")),
        ("reviewer", ("/reviews",)),
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
        WorkEntry(WorkGroup.CLAIMS, 10, WorkGroup.CLAIMS.label, "queue", under=("/contracts",)),
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
    assert here("/deskterms") == []
