"""Drafts of rule sets."""

from __future__ import annotations

import json
from typing import Any

from market.programmes import drafts
from market.programmes.catalogue import load_programmes
from market.programmes.models import Programme
from market.programmes.rule_files import find_terms
from tests.factories import NOW
from tests.stage_cache import shared_stage

_GUANGXI = find_terms("guangxi")[0].content


def next_version(**changes: Any) -> str:
    content = json.loads(drafts.to_text(_GUANGXI))
    return json.dumps(content | {"version": "2027", "valid_from": "2027-01-01"} | changes)


@shared_stage
async def make_programmes() -> None:
    """Bring the shipped programmes into the database, unless they are there."""
    if not await Programme.exists():
        await load_programmes(NOW)
