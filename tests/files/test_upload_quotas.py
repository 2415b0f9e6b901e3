"""How many files a person and an organisation may store in an hour."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from market.accounts.models import MemberRole
from market.files import attachments
from market.files.attachments import count_uploads
from market.kit.errors import TooMany
from tests.factories import make_member, make_organisation


def request_of(actor: Any) -> Request:
    return cast(Request, SimpleNamespace(state=SimpleNamespace(actor=actor)))


async def test_a_person_and_an_organisation_have_quotas_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "UPLOADS_OF_PERSON", 3)
    monkeypatch.setattr(attachments, "UPLOADS_OF_ORGANISATION", 5)
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
