"""Rules of surveys: when entries are taken, what is left of a quota, how entries are counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from market.codes.canonical import canonical_key
from market.surveys.states import HANDED_IN, Channel, EntryStatus, SurveyStatus, Verdict

RECOMMENDING_DAYS = 3
"""Working days after the closing in which units still recommend."""
REMIND_DAYS = 3
"""Days before the closing on which drafts are reminded of."""
SECRET_WORDS = (
    *(
        "绝密",
        "机密",
        "秘密级",
        "国家秘密",
        "涉密",
        "军工",
        "国防",
        "武器",
        "保密项目",
        "内部资料",
        "不得外传",
    ),
)
"""Words in a text that call for a second look; they only warn."""


def is_open(status: SurveyStatus, closes_at: datetime, now: datetime) -> bool:
    """Return whether entries are taken: by the clock, whether or not the closing has been recorded yet."""
    return status is SurveyStatus.OPEN and now < closes_at


def is_recommending(
    status: SurveyStatus, channel: Channel, recommend_until: datetime | None, now: datetime
) -> bool:
    """Return whether units recommend, by the clock; without an end until sorting begins."""
    return (
        channel is Channel.RECOMMENDED
        and status in (SurveyStatus.OPEN, SurveyStatus.CLOSED)
        and (recommend_until is None or now < recommend_until)
    )


def shown_status(status: SurveyStatus, closes_at: datetime, now: datetime) -> SurveyStatus:
    """Return the status that people read: closed from the closing on."""
    is_over = status is SurveyStatus.OPEN and now >= closes_at
    return SurveyStatus.CLOSED if is_over else status


def title_key(title: str) -> str:
    """Return the form in which titles of one organisation are compared."""
    return canonical_key(title)[:200]


def secret_words(texts: Iterable[str]) -> list[str]:
    """Return the words that call for a second look at secrecy, in the order of the list."""
    whole = "\n".join(texts)
    return [word for word in SECRET_WORDS if word in whole]


@dataclass(frozen=True)
class Quota:
    """How many entries a unit recommended of those expected of it."""

    unit: str
    least: int
    most: int | None
    recommended: int

    @property
    def gap(self) -> int:
        """How many are missing."""
        return max(0, self.least - self.recommended)

    @property
    def is_full(self) -> bool:
        return self.most is not None and self.recommended >= self.most


@dataclass(frozen=True)
class Tally:
    """The entries of a survey: submitted = published + merged + told why, once the result is out."""

    submitted: int
    published: int
    merged: int
    told: int
    """Entrants who were told why theirs became no need."""

    @property
    def waiting(self) -> int:
        """Entries without a verdict."""
        return self.submitted - self.published - self.merged - self.told

    @property
    def is_whole(self) -> bool:
        return self.waiting == 0


def tally(counts: Mapping[tuple[EntryStatus, Verdict | None], int]) -> Tally:
    """Count entries by what is to become of them; drafts and withdrawn ones do not count."""
    verdicts: Counter[Verdict | None] = Counter()
    for (status, verdict), count in counts.items():
        if status in HANDED_IN:
            verdicts[verdict] += count
    published, merged = verdicts[Verdict.PUBLISH], verdicts[Verdict.MERGE]
    submitted = verdicts.total()
    return Tally(submitted, published, merged, submitted - published - merged - verdicts[None])
