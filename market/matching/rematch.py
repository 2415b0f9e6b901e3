"""Rematch of listings: rank candidates, select the top matches, save them as rows.

Many listings of one kind are matched together, so that shared data is loaded once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from market.accounts.models import OrganisationKind
from market.kit.database import atomic, connection
from market.kit.jobs import enqueue
from market.kit.models import SystemState
from market.listings.models import Need, Outcome
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES, build_needs, build_outcomes
from market.matching.facts import NeedFacts, OutcomeFacts, need_with_words, outcome_with_words
from market.matching.feedback import count_applicable
from market.matching.match_notices import tell_new_matches
from market.matching.models import Match
from market.matching.queries import load_refusals
from market.matching.ranking import Ranking, Subject, rank
from market.matching.scoring import WEIGHTS
from market.matching.states import MatchStatus
from market.matching.term_frequencies import Frequencies, load_frequencies, refresh_if_stale
from market.matching.top_matches import MAX_MATCHES, TopMatch, add_reasons, select_top_matches
from market.search.documents import prepare
from market.search.engine import Document, SearchEngine
from market.search.indexes import WITH_VECTORS
from market.search.jobs import enqueue_embedding
from market.search.listing_vectors import load_vectors

MAX_CONCURRENT = 2
"""Listings ranked concurrently: one is scored while the engine retrieves another's candidates."""
_COLUMNS = (
    "score",
    "parts",
    "terms",
    "reasons",
    "misfits",
    "scorer_version",
    "need_revision",
    "outcome_revision",
    "computed_at",
)
Subjects = Mapping[UUID, NeedFacts] | Mapping[UUID, OutcomeFacts]


async def rematch_need(need_id: UUID, *, search: SearchEngine, now: datetime) -> int:
    """Rematch one need and return the number of its matches.

    The suggestions of a need that is no longer on offer are deleted.
    """
    return await rematch_needs([need_id], search=search, now=now)


async def rematch_needs(
    need_ids: Sequence[UUID], *, search: SearchEngine, now: datetime, is_told: bool = True
) -> int:
    """Rematch these needs, likewise; `is_told`: both sides of a new match get a message."""
    await refresh_if_stale(search)
    documents = {id_: document for id_, document in (await build_needs(need_ids)).items() if document}
    needs = {id_: need_with_words(prepare("needs", document)) for id_, document in documents.items()}
    matches, frequencies = await _top_matches("needs", needs, search)
    count = await _save("need_id", need_ids, add_reasons(matches, documents, frequencies.idf), now)
    if is_told:
        await tell_new_matches("need_id", need_ids, now=now)
    return count


async def rematch_outcome(outcome_id: UUID, *, search: SearchEngine, now: datetime) -> int:
    """Rematch one outcome, likewise."""
    await refresh_if_stale(search)
    documents = {id_: document for id_, document in (await build_outcomes([outcome_id])).items() if document}
    outcomes = {id_: outcome_with_words(prepare("outcomes", document)) for id_, document in documents.items()}
    matches, frequencies = await _top_matches("outcomes", outcomes, search)
    current = await build_needs([document.need_id for document in matches])
    needs: dict[UUID, Document] = {id_: document for id_, document in current.items() if document}
    count = await _save("outcome_id", [outcome_id], add_reasons(matches, needs, frequencies.idf), now)
    await tell_new_matches("outcome_id", [outcome_id], now=now)
    return count


async def _top_matches(
    index: str, subjects: Subjects, search: SearchEngine
) -> tuple[list[TopMatch], Frequencies]:
    """Return the top matches of each listing of an index, and the frequencies of their words."""
    words = {word for subject in subjects.values() for word in subject.text.words}
    frequencies = await load_frequencies(words)
    vectors = await load_vectors(index, subjects)
    semaphore = asyncio.Semaphore(MAX_CONCURRENT)

    async def ranking_of(id_: UUID, subject: Subject) -> Ranking:
        async with semaphore:
            return await rank(
                subject,
                vectors=vectors.get(id_, {}),
                frequencies=frequencies,
                search=search,
                least=WEIGHTS.threshold,
            )

    rankings = await asyncio.gather(*(ranking_of(*item) for item in subjects.items()))
    others = {
        key: UUID(bytes=key) for key in {key for ranking in rankings for key in ranking.keys().values()}
    }
    market = await _MarketState.load(index, subjects, others)
    refusals = await load_refusals(index, subjects, others.values())
    matches: list[TopMatch] = []
    for id_, ranking in zip(subjects, rankings, strict=True):
        keys, existing = ranking.keys(), market.existing.get(id_, ())
        allowed = [at for at, key in keys.items() if market.allows(id_, key)]
        penalties: Counter[int] = Counter()
        for at in allowed if refusals else ():
            applicable = [*refusals.get(id_, ()), *refusals.get(others[keys[at]], ())]
            penalties[at] = WEIGHTS.refused * count_applicable(applicable, *ranking.sides(at))
        # The sort is stable.
        allowed.sort(key=lambda at: penalties[at] - ranking.values[at])
        matches += select_top_matches(
            (ranking.pair(at, penalties[at]) for at in allowed),
            frequencies.idf,
            existing=[ranking.pair(at, penalties[at]) for at in allowed if keys[at] in existing],
        )
    return matches, frequencies


@dataclass(frozen=True)
class _MarketState:
    """Owners of the listings, which of the others are still on offer, and existing matches."""

    owners: Mapping[UUID, UUID | None]
    """Owners of the subjects; None for a data source, which stands for many organisations, so that its
    listings may match each other.
    """
    others: Mapping[bytes, UUID]
    """Owners of the others, by the bytes of their ids."""
    existing: Mapping[UUID, Collection[bytes]]

    def allows(self, subject: UUID, other: bytes) -> bool:
        """Return whether two listings may be matched: of different organisations, and both on offer."""
        return other in self.others and self.others[other] != self.owners[subject]

    @classmethod
    async def load(cls, index: str, subjects: Collection[UUID], others: Mapping[bytes, UUID]) -> _MarketState:
        mine, theirs = (Need, Outcome) if index == "needs" else (Outcome, Need)
        statuses = VISIBLE_OUTCOMES if index == "needs" else VISIBLE_NEEDS
        owners = await mine.filter(id__in=list(subjects)).values_list(
            "id", "organisation_id", "organisation__kind"
        )
        # Raw SQL: the ORM takes longer to format so many ids than the database to find them.
        rows = await connection().execute_query_dict(
            f"SELECT id, organisation_id FROM {theirs._meta.db_table} "  # noqa: S608
            "WHERE id = ANY($1::uuid[]) AND status = ANY($2::text[])",
            [list(others.values()), [status.value for status in statuses]],
        )
        existing: dict[UUID, set[bytes]] = {}
        columns = ("need_id", "outcome_id") if index == "needs" else ("outcome_id", "need_id")
        matches = Match.filter(**{f"{columns[0]}__in": list(subjects)})
        for subject, other in await matches.values_list(*columns):
            existing.setdefault(UUID(str(subject)), set()).add(UUID(str(other)).bytes)
        return cls(
            {
                UUID(str(id_)): None if kind is OrganisationKind.SOURCE else UUID(str(owner))
                for id_, owner, kind in owners
            },
            {UUID(str(row["id"])).bytes: UUID(str(row["organisation_id"])) for row in rows},
            existing,
        )


async def drop_suggestions(kind: str, ids: Collection[UUID]) -> None:
    """Delete the suggestions of listings (need or outcome) that left the market."""
    await Match.filter(**{f"{kind}_id__in": list(ids)}, status=MatchStatus.SUGGESTED).delete()


@atomic()
async def _save(column: str, subjects: Sequence[UUID], pairs: Sequence[TopMatch], now: datetime) -> int:
    """Upsert the matches of listings and delete outdated suggestions. Matches in progress are kept."""
    other = "outcome_id" if column == "need_id" else "need_id"
    # In one order, so that concurrent writers do not deadlock.
    pairs = sorted(pairs, key=lambda pair: (pair.need_id, pair.outcome_id))
    await Match.bulk_create(
        [_row(pair, now) for pair in pairs],
        on_conflict=("need_id", "outcome_id"),
        update_fields=_COLUMNS,
    )
    await connection().execute_query(
        f"DELETE FROM matches WHERE {column} = ANY($1::uuid[]) AND status = $2 AND ({column}, {other}) "  # noqa: S608
        "NOT IN (SELECT * FROM unnest($3::uuid[], $4::uuid[]))",
        [
            list(subjects),
            MatchStatus.SUGGESTED.value,
            [getattr(pair, column) for pair in pairs],
            [getattr(pair, other) for pair in pairs],
        ],
    )
    # A match that dropped out of one side's top stays while it is in the other's.
    await connection().execute_query(
        f"DELETE FROM matches m WHERE m.{column} = ANY($1::uuid[]) AND m.status = $2 AND "  # noqa: S608
        f"(SELECT count(*) FROM matches o WHERE o.{column} = m.{column} AND o.score > m.score) >= $3 AND "
        f"(SELECT count(*) FROM matches o WHERE o.{other} = m.{other} AND o.score > m.score) >= $3",
        [list(subjects), MatchStatus.SUGGESTED.value, MAX_MATCHES],
    )
    return await Match.filter(**{f"{column}__in": list(subjects)}).count()


def _row(pair: TopMatch, now: datetime) -> Match:
    return Match(
        id=uuid4(),
        need_id=pair.need_id,
        outcome_id=pair.outcome_id,
        status=MatchStatus.SUGGESTED,
        score=pair.score.value,
        parts=pair.score.parts,
        terms=pair.score.terms,
        reasons=dict(pair.reasons),
        misfits=pair.score.misfits,
        scorer_version=WEIGHTS.version,
        need_revision=pair.pair.need.revision,
        outcome_revision=pair.pair.outcome.revision,
        computed_at=now,
    )


BATCH = 50
"""Needs matched by one run of the job."""
LOCK = "matching.all"
KEY = "matching.all"
SCORER = "matching.scorer"
"""Key of the scorer version of the last full rematch."""


@dataclass(frozen=True)
class Progress:
    """Progress of a full rematch."""

    token: str
    """Changes with every request, which restarts the rematch."""
    after: UUID
    done: int
    not_before: datetime
    """In real time."""


@atomic()
async def enqueue_full_rematch(*, delay: timedelta = timedelta()) -> None:
    """Enqueue a full rematch from the beginning, after `delay`."""
    start = datetime.now(UTC) + delay
    progress = Progress(uuid4().hex, UUID(int=0), 0, start)
    await SystemState.update_or_create(key=KEY, defaults={"value": _to_json(progress)})
    await enqueue("matching.rematch_all", lock=LOCK, at=start + timedelta(seconds=1) if delay else None)


@atomic()
async def enqueue_full_rematch_if_scorer_changed() -> bool:
    """Enqueue a full rematch if matches were made by another scorer; return whether it was enqueued.

    Embedding of all listings is enqueued as well, which skips those that are up to date.
    """
    scorer = await SystemState.get_or_none(key=SCORER)
    if scorer is not None and scorer.value.get("version") == WEIGHTS.version:
        return False
    await SystemState.update_or_create(key=SCORER, defaults={"value": {"version": WEIGHTS.version}})
    for index in WITH_VECTORS:
        await enqueue_embedding(index, None)
    if not await Match.exclude(scorer_version=WEIGHTS.version).exists():
        return False
    await enqueue_full_rematch()
    return True


async def load_progress() -> Progress | None:
    """Load the progress of the full rematch, None if none is under way."""
    row = await SystemState.get_or_none(key=KEY)
    if row is None:
        return None
    stored = {name: str(value) for name, value in row.value.items()}
    return Progress(
        stored["token"],
        UUID(stored["after"]),
        int(stored["done"]),
        datetime.fromisoformat(stored["not_before"]),
    )


async def match_batch(
    progress: Progress, *, search: SearchEngine, now: datetime, is_told: bool = True
) -> Progress | None:
    """Match the next batch of needs. Return the progress after it, None when all are done."""
    ids = await _next_need_ids(progress.after)
    await rematch_needs(ids, search=search, now=now, is_told=is_told)
    if len(ids) < BATCH:
        await _save_progress(progress, None)
        return None
    after = Progress(progress.token, ids[-1], progress.done + len(ids), progress.not_before)
    await _save_progress(progress, after)
    return after


async def rematch_all(
    *,
    search: SearchEngine,
    now: datetime,
    is_told: bool = True,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Match every need synchronously, for commands; return their number.

    Resumes a rematch that was interrupted.
    """
    if await load_progress() is None:
        await enqueue_full_rematch()
    total = await Need.filter(status__in=VISIBLE_NEEDS).count()
    progress = await load_progress()
    done = progress.done if progress else 0
    while progress is not None:
        on_progress(min(progress.done, total), total)
        done = progress.done
        progress = await match_batch(progress, search=search, now=now, is_told=is_told)
    on_progress(total, total)
    return max(total, done)


async def _next_need_ids(after: UUID) -> list[UUID]:
    rows = Need.filter(status__in=VISIBLE_NEEDS, id__gt=after).order_by("id").limit(BATCH)
    return [UUID(str(id_)) for id_ in await rows.values_list("id", flat=True)]


@atomic()
async def _save_progress(before: Progress, after: Progress | None) -> None:
    """Save the progress, unless the rematch was requested again meanwhile."""
    row = await SystemState.select_for_update().get_or_none(key=KEY)
    if row is None or row.value.get("token") != before.token:
        return
    if after is None:
        await row.delete()
    else:
        row.value = _to_json(after)
        await row.save(update_fields=["value"])


def _to_json(progress: Progress) -> dict[str, object]:
    return {
        "token": progress.token,
        "after": str(progress.after),
        "done": progress.done,
        "not_before": progress.not_before.isoformat(),
    }
