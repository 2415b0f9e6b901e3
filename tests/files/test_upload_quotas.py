"""How many files a person and an organisation may store in an hour."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from market.accounts.models import MemberRole
from market.files.attachments import count_uploads
from market.kit.errors import TooMany
from market.kit.quotas import Quotas, read_quotas
from tests.factories import make_member, make_organisation

QUOTAS = Quotas(read_quotas("upload=3/5"))


def request_of(actor: Any) -> Request:
    app = SimpleNamespace(state=SimpleNamespace(quotas=QUOTAS))
    return cast(Request, SimpleNamespace(state=SimpleNamespace(actor=actor), app=app))


async def test_a_person_and_an_organisation_have_quotas_of_their_own() -> None:
    organisation = await make_organisation()
    first, second = await make_member(organisation), await make_member(organisation, MemberRole.AGENT)
    stranger = await make_member()

    await count_uploads(request_of(first), 3)
    with pytest.raises(TooMany):
        await count_uploads(request_of(first))
    await count_uploads(request_of(second), 2)
    with pytest.raises(TooMany):
        await count_uploads(request_of(second))
    await count_uploads(request_of(stranger), 3)
    await count_uploads(request_of(None), 100)
