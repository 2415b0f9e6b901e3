"""What a check of the live data finds: rows of SQL as sentences, whose records pages link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.routing import NoMatchFound

from market.kit.database import connection
from market.kit.formats import yuan
from market.kit.i18n import Lazy
from market.kit.i18n import gettext as _
from market.kit.money import HOME
from market.kit.room import rooms
from market.kit.subjects import Subject

MAX_FINDINGS = 200
"""Maximum number of findings per check."""
_AMOUNT = re.compile(r"￥%\((\w+)\)s")
_RECORD = re.compile(
    r"\b(?P<number>(?P<letters>[A-Z]{2})-\d{4}-\d{6})\b"
    r"|\b(?P<kind>[a-z_]+):(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"
)
"""A record that a finding names: by its number, or as kind:id where it has none."""


async def find_rows(
    query: str, sentence: Lazy, *values: object, labels: Mapping[str, str] | None = None
) -> list[str]:
    """Run a check in SQL and fill `sentence` with each row; `values` are the query's $1, $2 …

    `￥%(name)s` is an amount in the smallest unit of the row's `currency`, or of ours. `labels` says by which
    labels a column's values are shown, such as {"status": "claim"}. A record without a number is named as
    kind:id, see `link_records`.
    """
    rows = await connection().execute_query_dict(f"{query} LIMIT {MAX_FINDINGS + 1}", list(values))
    text = str(sentence)
    amounts = set(_AMOUNT.findall(text))
    text = _AMOUNT.sub(r"%(\1)s", text)
    findings = []
    for row in rows[:MAX_FINDINGS]:
        shown = {
            **row,
            **{name: _label(kind, row[name]) for name, kind in (labels or {}).items()},
            **{name: _amount(row[name], row.get("currency")) for name in amounts},
        }
        findings.append(text % shown)
    if len(rows) > MAX_FINDINGS:
        findings.append(_("另有更多，这里只列前 %(count)s 条。", count=MAX_FINDINGS))
    return findings


def _amount(value: int | Decimal | None, currency: str | None) -> str:
    """Return an amount as pages show it; PostgreSQL's sums are decimals."""
    return "—" if value is None else yuan(int(value), currency or HOME)


def _label(kind: str, value: str) -> str:
    member = rooms().labels.get(kind, {}).get(value)
    return value if member is None else str(member.label)


def link_records(request: Request, finding: str) -> Markup:
    """Return a finding as HTML in which each record that it names leads to its page."""
    by_letters = {
        subject.number: subject
        for subject in rooms().subjects.values()
        if subject.number and subject.page_key == "number"
    }
    parts, end = [], 0
    for match in _RECORD.finditer(finding):
        subject = by_letters.get(match["letters"]) if match["number"] else rooms().subjects.get(match["kind"])
        address = subject and _address(request, subject, match["number"] or UUID(match["id"]))
        if not address:
            continue
        words = match["number"] or _("看这条记录")
        parts += [
            escape(finding[end : match.start()]),
            Markup('<a href="{}">{}</a>').format(address, words),
        ]
        end = match.end()
    return Markup("").join([*parts, escape(finding[end:])])


def _address(request: Request, subject: Subject, key: str | UUID) -> str:
    """Return the path of a record's page; empty where it has none."""
    if not subject.page:
        return ""
    try:
        return str(request.app.url_path_for(subject.page, **{subject.page_key: key}))
    except NoMatchFound:
        return ""
