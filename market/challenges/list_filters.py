"""What narrows and orders the public list of challenges: read from an address, written as SQL. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from starlette.datastructures import QueryParams

from market.challenges.states import PUBLIC, TAKING, ChallengeStatus, Kind
from market.codes.lists import FIELDS
from market.codes.regions import is_known
from market.kit.i18n import Lazy, lazy
from market.kit.labels import LabelEnum
from market.search.filters import PRICES

LONGEST_WORDS = 60
NEGOTIABLE = "negotiable"
"""The range of money of those whose budget is not told."""
DAYS_LEFT: Mapping[str, Lazy] = {"3": lazy("3 天内"), "7": lazy("7 天内"), "30": lazy("30 天内")}
BUDGETS: Mapping[str, Lazy] = {key: step[0] for key, step in PRICES.items()} | {NEGOTIABLE: lazy("面议")}

E = TypeVar("E", bound=LabelEnum)
S = ChallengeStatus


class Stage(LabelEnum):
    """Where a challenge stands, in the words of the list's tabs."""

    OPEN = "open", lazy("揭榜中"), "act"
    SOON = "soon", lazy("即将揭榜"), "note"
    JUDGED = "judged", lazy("评选中"), "due"
    WORKING = "working", lazy("签约攻关"), "act"
    DONE = "done", lazy("已验收"), "done"
    NONE = "none", lazy("流榜或终止")


_STAGES: Mapping[ChallengeStatus, Stage] = {
    S.LISTED: Stage.SOON,
    S.RESPONDING: Stage.OPEN,
    **dict.fromkeys((S.CLOSED, S.CHECKING, S.REVIEWING, S.AGREED, S.PUBLICITY), Stage.JUDGED),
    **dict.fromkeys((S.CONTRACTED, S.EXECUTING), Stage.WORKING),
    **dict.fromkeys((S.ACCEPTED, S.FAILED), Stage.DONE),
    **dict.fromkeys((S.NO_TAKER, S.ENDED), Stage.NONE),
}


def stage_of(shown: ChallengeStatus) -> Stage:
    """Return the tab under which a public challenge stands, by the status that people read."""
    return _STAGES[shown]


def _in(statuses: Iterable[ChallengeStatus]) -> str:
    return "('" + "', '".join(statuses) + "')"


STAGE_SQL = (
    f"CASE WHEN c.status IN {_in(TAKING)} THEN CASE WHEN c.deadline_at <= $1 THEN '{Stage.JUDGED}' "
    f"WHEN c.opens_at <= $1 THEN '{Stage.OPEN}' ELSE '{Stage.SOON}' END "
    + "".join(
        f"WHEN c.status IN {_in(status for status, of in _STAGES.items() if of is stage)} THEN '{stage}' "
        for stage in (Stage.JUDGED, Stage.WORKING, Stage.DONE, Stage.NONE)
    )
    + "END"
)
"""The stage of a row by the clock, whatever a job has recorded; $1 is the moment. As `stage_of`."""
_PLACES = " ".join(f"WHEN '{stage}' THEN {place}" for place, stage in enumerate(Stage))
_BY_STAGE = f"CASE {STAGE_SQL} {_PLACES} END"
_BY_DEADLINE = "CASE WHEN c.deadline_at > $1 THEN c.deadline_at END, c.deadline_at DESC"
SORTS: Mapping[str, tuple[Lazy, str]] = {
    "": (lazy("截止近的在前"), f"{_BY_STAGE}, {_BY_DEADLINE}"),
    "newest": (lazy("最新张榜"), "c.published_at DESC"),
    "-budget": (lazy("榜额高到低"), "c.budget DESC NULLS LAST"),
    "budget": (lazy("榜额低到高"), "c.budget NULLS LAST"),
}
_TEXTS = (
    "lower(concat_ws(' ', c.number, c.title, c.summary, c.background, c.indicators::text, c.packages::text, "
    "CASE WHEN c.is_masked THEN '' ELSE o.name END))"
)
"""Where words are looked for; never in the name of a masked owner."""
_OF_TEXTS = f"FROM (SELECT {_TEXTS} AS text OFFSET 0) AS row, unnest"
_HAS_ALL = f"(SELECT bool_and(strpos(row.text, word) > 0) {_OF_TEXTS}({{words}}::text[]) AS word)"
"""Whether all words stand in a row, whose texts are put together once."""


@dataclass(frozen=True)
class ListFilter:
    """What a person asked for; empty texts ask for nothing."""

    words: str = ""
    stage: Stage | None = None
    field: str = ""
    budget: str = ""
    """A key of `BUDGETS`."""
    left: str = ""
    """A key of `DAYS_LEFT`."""
    region: str = ""
    """Code of a province, or of a city."""
    kind: Kind | None = None
    watched_by: UUID | None = None
    """Only what this person is reminded of."""
    sort: str = ""

    @classmethod
    def from_query(cls, query: QueryParams, user_id: UUID | None = None) -> ListFilter:
        """Read the query of a person, or of a guest; what is unknown asks for nothing."""
        region = query.get("region", "")
        return cls(
            words=_words(query.get("q", "")),
            stage=_member(Stage, query.get("state", "")),
            field=_key(FIELDS, query.get("field", "")),
            budget=_key(BUDGETS, query.get("budget", "")),
            left=_key(DAYS_LEFT, query.get("left", "")),
            region=region if region.endswith("00") and is_known(region) else "",
            kind=_member(Kind, query.get("kind", "")),
            watched_by=user_id if query.get("watched") == "1" else None,
            sort=_key(SORTS, query.get("sort", "")),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out of the list."""
        return bool(
            self.words
            or self.stage
            or self.field
            or self.budget
            or self.left
            or self.region
            or self.kind is not None
            or self.watched_by
        )

    @property
    def order(self) -> str:
        return f"{SORTS[self.sort][1]}, c.number DESC"

    def conditions(self, now: datetime) -> tuple[list[str], list[Any]]:
        """Return all conditions but that of the stage, and their values; the first is the moment.

        They read `challenges c` and `organisations o`; stage and order read the moment as $1.
        """
        values: list[Any] = [now]

        def value(of: Any) -> str:
            values.append(of)
            return f"${len(values)}"

        wanted = [f"c.status IN {_in(PUBLIC)}", "$1::timestamptz IS NOT NULL"]
        if words := self.words.lower().split():
            wanted.append(_HAS_ALL.format(words=value(words)))
        if self.field:
            wanted.append(f"c.field = {value(self.field)}")
        if self.budget == NEGOTIABLE:
            wanted.append("c.budget IS NULL")
        elif self.budget:
            _label, least, most = PRICES[self.budget]
            wanted.append(f"c.budget >= {value(least)}")
            if most is not None:
                wanted.append(f"c.budget <= {value(most)}")
        if self.left:
            until = now + timedelta(days=int(self.left))
            wanted.append(f"({STAGE_SQL}) = '{Stage.OPEN}' AND c.deadline_at <= {value(until)}")
        if self.region:
            wanted.append(f"starts_with(o.region, {value(_prefix(self.region))})")
        if self.kind is not None:
            wanted.append(f"c.kind = {value(self.kind.value)}")
        if self.watched_by is not None:
            watches = "SELECT w.challenge_id FROM challenge_watches w WHERE w.user_id = "
            wanted.append(f"c.id IN ({watches}{value(self.watched_by)})")
        return wanted, values


def _prefix(region: str) -> str:
    """Return the digits that all regions within this province or city begin with."""
    return region[:2] if region.endswith("0000") else region[:4]


def _words(text: str) -> str:
    words = " ".join(text.replace("\x00", " ").split())
    return "".join(c for c in words[:LONGEST_WORDS] if not "\ud800" <= c <= "\udfff")


def _key(table: Mapping[str, Any], key: str) -> str:
    return key if key in table else ""


def _member(members: type[E], value: str) -> E | None:
    return next((member for member in members if member.value == value), None)
