"""Ties between parties: of a person only a hash is stored whose key lies outside the database."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from market.audit.models import AuditEvent
from market.codes.canonical import canonical_key
from market.deps import Deps
from market.integrity.checks import people_are_keyed
from market.integrity.identity_hashes import identity_hash, key_id, plain_hash
from market.integrity.models import PartyTie, TieKind
from market.integrity.party_ties import key_plain_hashes, record_tie, remove_stale_tie
from market.kit.errors import Conflict, NotFound
from market.kit.room import rooms
from market.records.by import By
from tests.claims.factories import make_desk
from tests.factories import NOW, make_organisation
from tests.visitor import post, sign_in

NUMBER = "450102199001011234"
KEY, OTHER_KEY = "k" * 32, "o" * 32


async def make_plain_tie() -> PartyTie:
    """Make a person's tie as releases before the key stored it."""
    return await PartyTie.create(
        id=uuid4(),
        kind=TieKind.PERSON,
        uscc=(await make_organisation()).uscc,
        other=hashlib.sha256(NUMBER.encode()).hexdigest(),
        role="董事",
        source="公示系统",
        entered_at=NOW - timedelta(days=400),
    )


async def test_an_identity_number_is_stored_as_a_keyed_hash_alone(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    organisation = await make_organisation()
    await sign_in(client, desk.officer)
    data = {"kind": "person", "uscc": organisation.uscc, "other": NUMBER, "source": "公示系统"}

    assert (await post(client, "/desk/ties", data, follow=False)).status_code == 303

    tie = await PartyTie.get(uscc=str(organisation.uscc))
    secret = deps.settings.secret_key
    assert tie.other == identity_hash(canonical_key(NUMBER), secret)
    assert tie.other not in (plain_hash(NUMBER), hashlib.sha256(NUMBER.encode()).hexdigest())
    assert tie.key_id == key_id(secret)
    assert identity_hash(NUMBER, KEY) != identity_hash(NUMBER, OTHER_KEY)
    assert NUMBER not in (await client.get("/desk/ties")).text
    assert await people_are_keyed(secret) == []


async def test_plain_hashes_of_before_are_keyed_without_knowing_the_numbers_and_still_meet(
    deps: Deps,
) -> None:
    desk = await make_desk()
    old = await make_plain_tie()
    secret = deps.settings.secret_key
    assert len(await people_are_keyed(secret)) == 1

    sweep = next(room.deadlines for room in rooms().all if room.name == "integrity")
    assert sweep is not None
    assert [await sweep(deps, NOW), await sweep(deps, NOW)] == [1, 0]

    tie = await PartyTie.get(id=old.id)
    new = await record_tie(
        TieKind.PERSON,
        str((await make_organisation()).uscc),
        NUMBER,
        role="监事",
        basis_points=None,
        source="公示系统",
        secret=secret,
        by=By(desk.officer, NOW),
    )
    assert tie.other == new.other != old.other
    assert await people_are_keyed(secret) == []
    assert await AuditEvent.exists(subject_id=old.id, action="key_tie")
    with pytest.raises(Conflict):
        await record_tie(
            TieKind.PERSON,
            tie.uscc,
            NUMBER,
            role="董事",
            basis_points=None,
            source="公示系统",
            secret=secret,
            by=By(desk.officer, NOW),
        )


async def test_a_tie_entered_anew_before_the_old_hash_was_keyed_stays_once() -> None:
    desk = await make_desk()
    old = await make_plain_tie()
    new = await record_tie(
        TieKind.PERSON,
        old.uscc,
        NUMBER,
        role="董事",
        basis_points=None,
        source="公示系统",
        secret=KEY,
        by=By(desk.officer, NOW),
    )

    await key_plain_hashes(KEY, NOW)

    assert [tie.id for tie in await PartyTie.all()] == [new.id]


async def test_after_a_change_of_the_key_the_page_asks_to_enter_the_person_again(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    old = await make_plain_tie()
    await key_plain_hashes(OTHER_KEY, NOW)
    secret = deps.settings.secret_key

    (finding,) = await people_are_keyed(secret)
    assert finding.startswith(old.uscc)
    assert finding.endswith("须重新登记")
    await sign_in(client, desk.officer)
    assert "密钥已更换，须重新登记" in (await client.get("/desk/ties")).text
    gone = await post(client, "/desk/ties", {"remove": str(old.id)})
    assert "请按证件号重新登记" in gone.text
    assert not await PartyTie.exists()
    assert await people_are_keyed(secret) == []


async def test_a_tie_with_the_key_of_the_site_cannot_be_removed() -> None:
    desk = await make_desk()
    tie = await make_plain_tie()
    await key_plain_hashes(KEY, NOW)

    with pytest.raises(NotFound):
        await remove_stale_tie(tie.id, secret=KEY, by=By(desk.officer, NOW))
