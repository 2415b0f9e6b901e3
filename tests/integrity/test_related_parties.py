"""Ties between parties, entered by the desk."""

from __future__ import annotations

import httpx

from market.integrity.models import PartyTie
from tests.claims.factories import make_desk
from tests.factories import make_organisation
from tests.visitor import post, sign_in


async def test_an_identity_number_is_kept_as_a_hash_alone(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    organisation = await make_organisation()
    await sign_in(client, desk.officer)
    data = {"kind": "person", "uscc": organisation.uscc, "other": "450102199001011234", "source": "公示系统"}

    assert (await post(client, "/desk/ties", data, follow=False)).status_code == 303

    kept = await PartyTie.get(uscc=str(organisation.uscc))
    assert len(kept.other) == 64
    page = (await client.get("/desk/ties")).text
    assert "450102199001011234" not in page
