"""Finding what fits listings: candidates from the engine, scores from us, the best kept as rows.

Many listings of one kind are matched together, so that what all of them ask for is read once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.models import OrganisationKind
from market.kit.database import atomic, connection
from market.listings.models import Need, Outcome
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES, build_needs, build_outcomes
from market.matching.choosing import BEST, Chosen, choose
from market.matching.facts import NeedFacts, OutcomeFacts, named_need, named_outcome
from market.matching.finding import Ranking, Subject, rank
from market.matching.frequencies import Frequencies, load_frequencies, refresh_if_stale
from market.matching.models import Match, MatchStatus
from market.matching.reasons import with_reasons
from market.matching.refusals import count_alike
from market.matching.said import load_refusals
from market.matching.scoring import WEIGHTS
from market.search.documents import prepare
from market.search.engine import Document, SearchEngine
from market.search.listing_vectors import load_vectors

AT_ONCE = 2
"""Listings whose candidates are asked for at once: while the engine finds those of one, others are scored."""
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
    """Find the outcomes that fit a need best, keep them as matches, and return how many.

    A need that is no longer on the market loses what was only suggested.
    """
    return await rematch_needs([need_id], search=search, now=now)


async def rematch_needs(need_ids: Sequence[UUID], *, search: SearchEngine, now: datetime) -> int:
    """Find the outcomes that fit each of these needs best, likewise."""
    await refresh_if_stale(search)
    documents = {id_: one for id_, one in (await build_needs(need_ids)).items() if one}
    needs = {id_: named_need(prepare("needs", one)) for id_, one in documents.items()}
    chosen, frequencies = await _best("needs", needs, search)
    return await _keep("need_id", need_ids, with_reasons(chosen, documents, frequencies.idf), now)


async def rematch_outcome(outcome_id: UUID, *, search: SearchEngine, now: datetime) -> int:
    """Find the needs that an outcome fits best, likewise."""
    await refresh_if_stale(search)
    documents = {id_: one for id_, one in (await build_outcomes([outcome_id])).items() if one}
    outcomes = {id_: named_outcome(prepare("outcomes", one)) for id_, one in documents.items()}
    chosen, frequencies = await _best("outcomes", outcomes, search)
    built = await build_needs([one.need_id for one in chosen])
    needs: dict[UUID, Document] = {id_: one for id_, one in built.items() if one}
    return await _keep("outcome_id", [outcome_id], with_reasons(chosen, needs, frequencies.idf), now)


async def _best(index: str, subjects: Subjects, search: SearchEngine) -> tuple[list[Chosen], Frequencies]:
    """Return the best pairs of each listing of an index, and how rare their words are."""
    words = {word for one in subjects.values() for word in one.text.words}
    frequencies = await load_frequencies(words)
    vectors = await load_vectors(index, subjects)
    turns = asyncio.Semaphore(AT_ONCE)

    async def ranking_of(id_: UUID, subject: Subject) -> Ranking:
        async with turns:
            return await rank(
                subject,
                vectors=vectors.get(id_, {}),
                frequencies=frequencies,
                search=search,
                least=WEIGHTS.threshold,
            )

    rankings = await asyncio.gather(*(ranking_of(*one) for one in subjects.items()))
    others = {key: UUID(bytes=key) for key in {key for one in rankings for key in one.keys().values()}}
    market = await _Market.load(index, subjects, others)
    refusals = await load_refusals(index, subjects, others.values())
    chosen: list[Chosen] = []
    for id_, ranking in zip(subjects, rankings, strict=True):
        keys, kept = ranking.keys(), market.kept.get(id_, ())
        allowed = [at for at, key in keys.items() if market.allows(id_, key)]
        lowered: Counter[int] = Counter()
        for at in allowed if refusals else ():
            said = [*refusals.get(id_, ()), *refusals.get(others[keys[at]], ())]
            lowered[at] = WEIGHTS.refused * count_alike(said, *ranking.sides(at))
        # Equal ones stay as they are.
        allowed.sort(key=lambda at: lowered[at] - ranking.values[at])
        chosen += choose(
            (ranking.pair(at, lowered[at]) for at in allowed),
            frequencies.idf,
            kept=[ranking.pair(at, lowered[at]) for at in allowed if keys[at] in kept],
        )
    return chosen, frequencies


@dataclass(frozen=True)
class _Market:
    """Whose the listings are, which of the others are still on the market, and what is matched already."""

    owners: Mapping[UUID, UUID | None]
    """Of the listings that are matched; None for a data source.

    It stands for many organisations, so its listings may match each other.
    """
    others: Mapping[bytes, UUID]
    """Whose the others are, by the bytes of their ids."""
    kept: Mapping[UUID, Collection[bytes]]

    def allows(self, subject: UUID, other: bytes) -> bool:
        """Tell whether two listings may be matched: of two organisations, and not just withdrawn."""
        return other in self.others and self.others[other] != self.owners[subject]

    @classmethod
    async def load(cls, index: str, subjects: Collection[UUID], others: Mapping[bytes, UUID]) -> _Market:
        mine, theirs = (Need, Outcome) if index == "needs" else (Outcome, Need)
        statuses = VISIBLE_OUTCOMES if index == "needs" else VISIBLE_NEEDS
        owners = await mine.filter(id__in=list(subjects)).values_list(
            "id", "organisation_id", "organisation__kind"
        )
        # The ORM would take longer to write so many ids down than the database to find them.
        rows = await connection().execute_query_dict(
            f"SELECT id, organisation_id FROM {theirs._meta.db_table} "  # noqa: S608
            "WHERE id = ANY($1::uuid[]) AND status = ANY($2::text[])",
            [list(others.values()), [one.value for one in statuses]],
        )
        kept: dict[UUID, set[bytes]] = {}
        columns = ("need_id", "outcome_id") if index == "needs" else ("outcome_id", "need_id")
        found = Match.filter(**{f"{columns[0]}__in": list(subjects)})
        for subject, other in await found.values_list(*columns):
            kept.setdefault(UUID(str(subject)), set()).add(UUID(str(other)).bytes)
        return cls(
            {
                UUID(str(id_)): None if kind is OrganisationKind.SOURCE else UUID(str(owner))
                for id_, owner, kind in owners
            },
            {UUID(str(row["id"])).bytes: UUID(str(row["organisation_id"])) for row in rows},
            kept,
        )


async def drop_suggestions(kind: str, ids: Collection[UUID]) -> None:
    """Forget what was only suggested for listings (need or outcome) that left the market."""
    await Match.filter(**{f"{kind}_id__in": list(ids)}, status=MatchStatus.SUGGESTED).delete()


@atomic()
async def _keep(column: str, subjects: Sequence[UUID], pairs: Sequence[Chosen], now: datetime) -> int:
    """Write the matches of listings. Who works on one keeps it, whatever it scores now."""
    other = "outcome_id" if column == "need_id" else "need_id"
    # In one order, so that two who write the same matches do not lock each other out.
    pairs = sorted(pairs, key=lambda one: (one.need_id, one.outcome_id))
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
    # What is no longer among this side's best stays if it is among the other's.
    await connection().execute_query(
        f"DELETE FROM matches m WHERE m.{column} = ANY($1::uuid[]) AND m.status = $2 AND "  # noqa: S608
        f"(SELECT count(*) FROM matches o WHERE o.{column} = m.{column} AND o.score > m.score) >= $3 AND "
        f"(SELECT count(*) FROM matches o WHERE o.{other} = m.{other} AND o.score > m.score) >= $3",
        [list(subjects), MatchStatus.SUGGESTED.value, BEST],
    )
    return await Match.filter(**{f"{column}__in": list(subjects)}).count()


def _row(pair: Chosen, now: datetime) -> Match:
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
