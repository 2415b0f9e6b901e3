"""Schemes of rankings: versions as data, proposed by one and confirmed by another, in force from a day on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.kit.terms import hash_content
from market.rankings.indicators import INDICATORS, Indicator
from market.rankings.models import RankingScheme
from market.rankings.scoring import Bounds
from market.rankings.states import Occasion, PeriodKind, PlaceKind, RankingAct, SchemeVerb, WarningKind
from market.records.by import By
from market.records.decisions import Verdict, decide_on

SUBJECT = "ranking_scheme"
MOST_BOUND = 10**9
MOST_TIMES, MOST_LAST = 12, 10
LEAST_DEDUCTION, MOST_DEDUCTION = 2, 15
"""Tenths of a point that one occasion costs (trade.md 6.1)."""


@dataclass(frozen=True)
class Part:
    """One indicator of a scheme: its weight, and the values of 60 and 100 points by the kind of period."""

    code: str
    weight: int
    bounds: Mapping[PeriodKind, tuple[int, int]]

    @property
    def indicator(self) -> Indicator:
        return INDICATORS[self.code]

    def bounds_of(self, period_kind: PeriodKind) -> Bounds:
        low, high = self.bounds[period_kind]
        return Bounds(Fraction(low), Fraction(high), self.indicator.direction)

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "weight": self.weight,
            "bounds": {kind.value: list(pair) for kind, pair in self.bounds.items()},
        }


@dataclass(frozen=True)
class Rule:
    """When a warning is called for: below a score or among the last for some periods, or unreported."""

    kind: WarningKind
    below: int | None = None
    """Tenths of a point; None: the rule is not about a score."""
    times: int = 1
    """How many periods in a row."""
    last: int | None = None
    """Among so many last places of its group; None: the rule is not about ranks."""
    period: PeriodKind | None = None
    """The kind of period it looks at; None: each."""

    @property
    def is_about_reports(self) -> bool:
        return self.below is None and self.last is None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "below": self.below,
            "times": self.times,
            **({} if self.last is None else {"last": self.last}),
            **({} if self.period is None else {"period": self.period.value}),
        }


def read_rule(row: Mapping[str, Any]) -> Rule:
    """Return a rule as a scheme stores it."""
    period = row.get("period")
    return Rule(
        WarningKind(row["kind"]),
        row["below"],
        int(row["times"]),
        row.get("last"),
        PeriodKind(period) if period else None,
    )


def rules_of(scheme: RankingScheme) -> list[Rule]:
    """Return the rules of a stored scheme."""
    return [read_rule(row) for row in scheme.rules]


def deductions_of(scheme: RankingScheme) -> dict[Occasion, int]:
    """Return what a stored scheme takes off, in tenths of a point."""
    return {Occasion(key): int(tenths) for key, tenths in scheme.deductions.items()}


def parts_of(scheme: RankingScheme) -> list[Part]:
    """Return the indicators of a stored scheme."""
    return [
        Part(
            row["code"],
            int(row["weight"]),
            {PeriodKind(kind): (int(low), int(high)) for kind, (low, high) in row["bounds"].items()},
        )
        for row in scheme.content
    ]


def content_hash(
    kind: PlaceKind,
    valid_from: date,
    content: Any,
    text: str,
    basis: str,
    rules: Any = (),
    deductions: Any = (),
) -> str:
    """Return the hash by which a version is known again."""
    return hash_content(
        {
            **({"rules": rules} if rules else {}),
            **({"deductions": deductions} if deductions else {}),
            "kind": kind.value,
            "valid_from": valid_from.isoformat(),
            "content": content,
            "text": text,
            "basis": basis,
        }
    )


@atomic()
async def propose_scheme(
    kind: PlaceKind,
    valid_from: date,
    parts: Sequence[Part],
    text: str,
    basis: str,
    *,
    rules: Sequence[Rule] = (),
    deductions: Mapping[Occasion, int] | None = None,
    by: By,
) -> RankingScheme:
    """Propose a further version, for the operator; its bounds stand before the periods that it scores.

    Raises:
        Invalid: at `parts`, `rules`, `deductions` or `valid_from`: no indicator, one twice, no weight, bounds
            out of order, a rule or a deduction out of its bounds.
        Conflict: a version waits for its confirmation.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    _require_sound(parts)
    costs = dict(deductions or {})
    _require_sound_rules(rules, costs, parts)
    if kind is PlaceKind.CITY and any(part.indicator.is_stated for part in parts):
        raise Invalid(_("市排序不用填报的指标。"), field="parts")
    versions = await RankingScheme.filter(kind=kind).order_by("-version").select_for_update()
    if any(version.verdict is None for version in versions):
        raise Conflict(_("还有一版方案等待确认，请先办完。"))
    standing = [version for version in versions if version.is_confirmed]
    if standing and valid_from <= standing[0].valid_from:
        raise Invalid(_("起用日应晚于上一版。"), field="valid_from")
    content, stored_rules = [part.to_json() for part in parts], [rule.to_json() for rule in rules]
    stored_costs = {occasion.value: tenths for occasion, tenths in costs.items()}
    scheme = await RankingScheme.create(
        id=uuid4(),
        kind=kind,
        version=standing[0].version + 1 if standing else 1,
        valid_from=valid_from,
        content=content,
        rules=stored_rules,
        deductions=stored_costs,
        text=text,
        basis=basis,
        content_hash=content_hash(kind, valid_from, content, text, basis, stored_rules, stored_costs),
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(SUBJECT, scheme.id, SchemeVerb.PROPOSE, by=by, hash=scheme.content_hash)
    await notify_staff(
        StaffRole.APPROVER, _("排序方案等您确认。"), now=by.now, address="/backoffice/rankings"
    )
    return scheme


def _require_sound(parts: Sequence[Part]) -> None:
    codes = [part.code for part in parts]
    if not parts or len(set(codes)) < len(codes) or not set(codes) <= set(INDICATORS):
        raise Invalid(_("每项指标选一次，至少选一项。"), field="parts")
    if any(not 1 <= part.weight <= 1000 for part in parts):
        raise Invalid(_("权重应是 1 到 1000 之间的整数。"), field="parts")
    pairs = [pair for part in parts for pair in part.bounds.values()]
    if any(not 0 <= low <= high <= MOST_BOUND for low, high in pairs) or any(
        set(part.bounds) != set(PeriodKind) for part in parts
    ):
        raise Invalid(_("每项指标的月、季、年都要填 60 分和 100 分的值，前者不大于后者。"), field="parts")


def _require_sound_rules(
    rules: Sequence[Rule], deductions: Mapping[Occasion, int], parts: Sequence[Part]
) -> None:
    for rule in rules:
        has_one_ground = rule.below is None or rule.last is None
        is_bounded = 1 <= rule.times <= MOST_TIMES and (rule.last is None or 1 <= rule.last <= MOST_LAST)
        if not has_one_ground or not is_bounded or not 0 <= (rule.below or 0) <= 1000:
            raise Invalid(
                _(
                    "每条规则看得分或者名次，连续 1 到 %(times)s 期，末位 1 到 %(last)s 名。",
                    times=MOST_TIMES,
                    last=MOST_LAST,
                ),
                field="rules",
            )
    if any(not LEAST_DEDUCTION <= tenths <= MOST_DEDUCTION for tenths in deductions.values()):
        raise Invalid(_("每次扣 0.2 到 1.5 分。"), field="deductions")
    if all(part.indicator.is_judged for part in parts):
        raise Invalid(_("除专家评议外，至少要有一项从记录数出来的指标。"), field="parts")


@atomic()
async def decide_scheme(scheme_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> RankingScheme:
    """Confirm or reject a version, for the approver.

    Raises:
        NotFound: there is none.
        SamePerson: the person proposed it.
        AlreadyDecided: somebody decided before.
        Invalid: at `reason`, which a rejection must have.
    """
    by.actor.require(RankingAct.DECIDE_RANKINGS)
    return await decide_on(
        RankingScheme,
        scheme_id,
        verdict,
        subject=SUBJECT,
        verb=SchemeVerb.DECIDE,
        missing=_("没有这一版方案。"),
        reason=reason,
        by=by,
    )


async def scheme_on(kind: PlaceKind, day: date) -> RankingScheme | None:
    """Return the confirmed version that is in force on a day."""
    schemes = RankingScheme.filter(kind=kind, verdict=Verdict.CONFIRMED, valid_from__lte=day)
    return await schemes.order_by("-version").first()


async def list_schemes(*, with_open: bool = False) -> list[RankingScheme]:
    """Return the versions, the newest first; with those that wait or were rejected for the office."""
    schemes = RankingScheme.all().select_related("proposed_by", "decided_by")
    if not with_open:
        schemes = schemes.filter(verdict=Verdict.CONFIRMED)
    return await schemes.order_by("kind", "-version", "-proposed_at")
