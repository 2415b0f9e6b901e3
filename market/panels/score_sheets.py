"""What an expert typed on a scoring sheet, read heading by heading. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from market.kit.i18n import gettext as _
from market.panels.round_rules import Heading, RoundRules

SHORTEST_REASON = 10
"""Characters of a reason for giving no score (panel.none)."""
LONGEST_REASON = 300
_WHOLE_NUMBER = re.compile(r"[0-9]{1,4}")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True)
class Given:
    """What was given under one heading: a score, or a reason why there is none."""

    heading: Heading
    score: int | None
    reason: str | None


@dataclass(frozen=True)
class Sheet:
    """A sheet as it was read."""

    rows: tuple[Given, ...]
    errors: Mapping[str, str]
    """By name of the field."""

    @property
    def scores(self) -> dict[str, int | None]:
        return {row.heading.code: row.score for row in self.rows}


def score_field(code: str) -> str:
    return f"score_{code}"


def reason_field(code: str) -> str:
    return f"reason_{code}"


def read_sheet(rules: RoundRules, typed: Mapping[str, str]) -> Sheet:
    """Read a sheet; where a heading has no score it has a reason of at least ten characters.

    Every heading is read, so that all errors are told at once, each at its field.
    """
    rows: list[Given] = []
    errors: dict[str, str] = {}
    for heading in rules.headings:
        text = typed.get(score_field(heading.code), "").strip().translate(_FULL_WIDTH)
        reason = typed.get(reason_field(heading.code), "").strip()
        if not text:
            if len(reason) < SHORTEST_REASON:
                errors[reason_field(heading.code)] = _("本项无法评价须说明理由（至少 10 个字）。")
            elif len(reason) > LONGEST_REASON:
                errors[reason_field(heading.code)] = _("理由不能超过 %(count)s 个字。", count=LONGEST_REASON)
            rows.append(Given(heading, None, reason))
        elif not _WHOLE_NUMBER.fullmatch(text):
            errors[score_field(heading.code)] = _("请填整数，如 85。")
        elif int(text) > heading.most:
            errors[score_field(heading.code)] = _("分数在 0 与 %(most)s 之间。", most=heading.most)
        elif reason:
            errors[reason_field(heading.code)] = _("已打分的项不用写无法评价的理由；无法评价请把分数留空。")
        else:
            rows.append(Given(heading, int(text), None))
    return Sheet(tuple(rows), errors)


def sheet_digest(sheet: Sheet, for_applicant: str, for_organiser: str) -> str:
    """Return the SHA-256 of a sheet: the audit log holds it, since scores are sealed until the conclusion."""
    rows = [
        f"{row.heading.code}:{'-' if row.score is None else row.score}:{row.reason or ''}"
        for row in sorted(sheet.rows, key=lambda row: row.heading.code)
    ]
    return hashlib.sha256("|".join([*rows, for_applicant, for_organiser]).encode()).hexdigest()
