"""Drafts of rule sets."""

from __future__ import annotations

import json
from typing import Any

from market.programmes import drafts
from market.programmes.rule_files import find_terms

_GUANGXI = find_terms("guangxi")[0].content


def next_version(**changes: Any) -> str:
    content = json.loads(drafts.to_text(_GUANGXI))
    return json.dumps(content | {"version": "2027", "valid_from": "2027-01-01"} | changes)
