"""The rules of a review round, as data that the draw fixes. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from market.panels.drawing import Quotas
from market.panels.sheet_flags import SheetLimits
from market.panels.statistics import Limits, Statistic

FEWEST = 3
"""Experts of a panel, at least, whatever its rules say (README g); the database holds it too."""
MOST_EXPERTS = 15
WHOLE = 100
"""What the weights of the headings make together."""
WHOLE_SHARE = 10_000
"""Of the ceiling, in basis points."""


class BadRules(ValueError):
    """The rules contradict themselves; `field` says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Heading:
    """What experts score, from 0 to `most`."""

    code: str
    name: str
    weight: int
    most: int


@dataclass(frozen=True)
class RoundRules:
    """How many judge, what they score, and what follows from it."""

    version: int
    smallest: int
    target: int
    reserves: int
    more: int
    """Reserves who are called where a band is crossed."""
    kinds: Mapping[str, int]
    largest_share: Fraction
    headings: tuple[Heading, ...]
    statistic: Statistic
    spread: int
    bands: tuple[tuple[int, int], ...]
    """Pairs of minimum points and share in basis points, the highest first."""
    blind: str
    is_away: bool
    """Only experts of another province than the applicant's (异地)."""
    declare_days: int
    """Working days."""
    score_days: int
    """Working days."""
    sheets: SheetLimits | None = None
    """From where on sheets are flagged; None in rounds of before there were such flags."""

    @property
    def quotas(self) -> Quotas:
        return Quotas(self.target, self.reserves, self.kinds, self.largest_share)

    @property
    def limits(self) -> Limits:
        return Limits(self.smallest, self.spread, tuple(minimum for minimum, _share in self.bands))

    @property
    def pass_mark(self) -> int | None:
        """The points from which on an item passes, where nothing but that is judged; else None."""
        is_whole = len(self.bands) == 1 and self.bands[0][1] == WHOLE_SHARE
        return self.bands[0][0] if is_whole else None

    def band_of(self, points: Fraction) -> tuple[int, int]:
        """Return minimum points and share of the band that points lie in; zeros below the last."""
        return next(((minimum, share) for minimum, share in self.bands if points >= minimum), (0, 0))

    def points_of(self, sheet: Mapping[str, int | None]) -> Fraction | None:
        """Return an expert's weighted points from 0 to 100; None where no heading could be judged.

        A heading that the expert could not judge counts neither for nor against: the others' weights make
        the whole.
        """
        judged = [
            (heading, score) for heading in self.headings if (score := sheet.get(heading.code)) is not None
        ]
        if not judged:
            return None
        total = sum(heading.weight for heading, _score in judged)
        return sum(
            (Fraction(heading.weight * score * WHOLE, heading.most * total) for heading, score in judged),
            Fraction(0),
        )


def read_rules(content: Mapping[str, Any]) -> RoundRules:
    """Read and check a round's rules.

    Raises:
        BadRules: they contradict themselves.
    """
    rules = RoundRules(
        version=content["version"],
        smallest=content["smallest"],
        target=content["target"],
        reserves=content["reserves"],
        more=content["more"],
        kinds={kind: needed for kind, needed in content["kinds"].items() if needed},
        largest_share=Fraction(content["largest_share"]),
        headings=tuple(
            Heading(row["code"], row["name"], row["weight"], row["most"]) for row in content["headings"]
        ),
        statistic=Statistic(content["statistic"]),
        spread=content["spread"],
        bands=tuple(sorted(((band["from"], band["share"]) for band in content["bands"]), reverse=True)),
        blind=content["blind"],
        is_away=content.get("is_away", False),
        declare_days=content["declare_days"],
        score_days=content["score_days"],
        sheets=SheetLimits(**content["sheets"]) if content.get("sheets") else None,
    )
    _check(rules)
    return rules


def write_rules(rules: RoundRules) -> dict[str, Any]:
    """Return the rules as they are stored."""
    return {
        "version": rules.version,
        "smallest": rules.smallest,
        "target": rules.target,
        "reserves": rules.reserves,
        "more": rules.more,
        "kinds": dict(rules.kinds),
        "largest_share": str(rules.largest_share),
        "headings": [
            {"code": row.code, "name": row.name, "weight": row.weight, "most": row.most}
            for row in rules.headings
        ],
        "statistic": rules.statistic.value,
        "spread": rules.spread,
        "bands": [{"from": minimum, "share": share} for minimum, share in rules.bands],
        "blind": rules.blind,
        "is_away": rules.is_away,
        "declare_days": rules.declare_days,
        "score_days": rules.score_days,
        "sheets": None if rules.sheets is None else asdict(rules.sheets),
    }


def with_bands(rules: RoundRules, bands: Sequence[tuple[int, int]]) -> RoundRules:
    """Return rules with the decision bands of a programme."""
    return replace(rules, bands=tuple(sorted(bands, reverse=True)))


def _check(rules: RoundRules) -> None:
    if rules.smallest < FEWEST:
        raise BadRules("smallest", f"fewer than {FEWEST}")
    if not rules.smallest <= rules.target <= MOST_EXPERTS:
        raise BadRules("target", f"not from {rules.smallest} to {MOST_EXPERTS}")
    if sum(rules.kinds.values()) > rules.target:
        raise BadRules("kinds", "more than the panel")
    if not 0 < rules.largest_share <= 1:
        raise BadRules("largest_share", "no share")
    if sum(heading.weight for heading in rules.headings) != WHOLE:
        raise BadRules("headings", "the weights do not make 100")
    if len({heading.code for heading in rules.headings}) != len(rules.headings):
        raise BadRules("headings", "a heading twice")
    if any(heading.weight < 1 or heading.most < 1 for heading in rules.headings):
        raise BadRules("headings", "a weight or a highest score below 1")
    if rules.declare_days < 1 or rules.score_days < 1:
        raise BadRules("score_days", "no day at all")


DEFAULT_RULES = read_rules(
    json.loads(Path(__file__).with_name("round_rules.json").read_text(encoding="utf-8"))
)
"""What a round begins with; the operator changes it before the draw."""
