"""Programmes with the versions of their terms: loaded, in force, shown by clause, sent to search."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from market.audit.log import record
from market.codes import regions
from market.kit.database import atomic
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.rule_files import read_terms, shipped, versions_of
from market.programmes.rule_terms import Terms
from market.programmes.states import TermsStatus, TermsVerb
from market.records.by import By
from market.search.engine import Document
from market.search.outbox import enqueue

INDEX = "policies"


async def build_programmes(ids: Sequence[UUID]) -> dict[UUID, Document | None]:
    """Load the public documents of these programmes as they are now."""
    released = await ProgrammeTerms.filter(
        programme_id__in=list(ids), status=TermsStatus.RELEASED
    ).select_related("programme")
    return {terms.programme_id: programme_document(terms.programme) for terms in released}


def programme_document(programme: Programme) -> Document:
    """Return the public document of a programme that has released terms."""
    code = regions.current(programme.region) if programme.region else ""
    levels = dict.fromkeys([code[:2] + "0000", code[:4] + "00", code])
    return {
        "id": programme.id,
        "revision": programme.revision,
        "title": programme.name,
        "names": [programme.issuer],
        "kind": programme.role,
        "regions": [level for level in levels if regions.is_known(level)],
        "status": TermsStatus.RELEASED.value,
    }


async def all_programmes() -> dict[UUID, int]:
    """Return id and revision of all programmes that should be found."""
    programmes = await Programme.filter(terms__status=TermsStatus.RELEASED).distinct()
    return {programme.id: programme.revision for programme in programmes}


AfterRelease = Callable[[], Awaitable[None]]
"""What rooms above do once terms were released, in the same transaction."""
_compiled: dict[UUID, Terms] = {}
"""Released terms never change, so what was compiled once holds."""


@dataclass
class Loaded:
    """The result of loading: versions by `slug@version`."""

    added: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    reworded: list[str] = field(default_factory=list)
    """Released before with other notes or assumptions; the same is computed, and what was released stays."""
    different: dict[str, list[str]] = field(default_factory=dict)
    """Released before with other terms, and the parts that differ; not changed."""

    @property
    def faults(self) -> list[str]:
        """Return one sentence for each version that does not compute as its file says, and what to do."""
        return [
            f"{name} was released with other terms ({', '.join(parts)}) and is left as it is: "
            "give the changed file a new version"
            for name, parts in self.different.items()
        ]


@atomic()
async def load_programmes(now: datetime, *, on_release: AfterRelease | None = None) -> Loaded:
    """Bring the shipped rule files into the database, released; idempotent.

    `on_release` is awaited in the same transaction where versions were added.
    """
    loaded = Loaded()
    for terms in shipped():
        programme = await _programme(versions_of(terms.programme)[-1])
        name = f"{terms.programme}@{terms.version}"
        existing = await ProgrammeTerms.get_or_none(programme_id=programme.id, version=terms.version)
        if existing is not None:
            if parts := _differing(existing.content, terms.content):
                loaded.different[name] = parts
            else:
                same = dict(existing.content) == dict(terms.content)
                (loaded.unchanged if same else loaded.reworded).append(name)
            continue
        row = await ProgrammeTerms.create(
            id=uuid4(),
            programme_id=programme.id,
            version=terms.version,
            status=TermsStatus.RELEASED,
            content=dict(terms.content),
            valid_from=terms.valid_from,
            proposed_at=now,
            released_at=now,
        )
        await record(
            "terms", row.id, TermsVerb.LOAD, by=By.job(now), programme=terms.programme, version=terms.version
        )
        await enqueue(INDEX, programme.id)
        loaded.added.append(name)
    await close_periods()
    if loaded.added and on_release is not None:
        await on_release()
    return loaded


def _differing(released: Mapping[str, Any], shipped: Mapping[str, Any]) -> list[str]:
    """Return the parts that differ, but for what only explains: the assumptions and the source's note."""
    released_parts, shipped_parts = _computing(released), _computing(shipped)
    return [
        part
        for part in sorted({*released_parts, *shipped_parts})
        if released_parts.get(part) != shipped_parts.get(part)
    ]


def _computing(content: Mapping[str, Any]) -> dict[str, Any]:
    return {**content, "assumptions": [], "source": {**content["source"], "note": ""}}


def names_of(newest: Terms) -> dict[str, Any]:
    """Return what a programme is called by its newest version: columns of `Programme`."""
    return {
        "name": newest.title,
        "issuer": newest.content["issuer"]["name"],
        "region": newest.region or newest.content["issuer"]["region"],
        "role": newest.role,
    }


async def _programme(newest: Terms) -> Programme:
    """Return the programme, named as its newest version names it."""
    programme = await Programme.filter(slug=newest.programme).select_for_update().first()
    values = names_of(newest)
    if programme is None:
        return await Programme.create(id=uuid4(), slug=newest.programme, **values)
    if any(getattr(programme, key) != value for key, value in values.items()):
        programme.revision += 1
        await programme.update_from_dict(values).save(update_fields=[*values, "revision"])
    return programme


async def close_periods() -> None:
    """End each version the day before the next one of its programme begins."""
    rows = await ProgrammeTerms.filter(status=TermsStatus.RELEASED).order_by("programme_id", "valid_from")
    for version, next_version in pairwise(rows):
        if version.programme_id != next_version.programme_id:
            continue
        last = next_version.valid_from - timedelta(days=1)
        if version.valid_to != last:
            version.valid_to = last
            await version.save(update_fields=["valid_to"])


async def released_terms() -> list[Terms]:
    """Return every released version, compiled."""
    return list((await released_by_id()).values())


async def released_by_id() -> dict[UUID, Terms]:
    """Return every released version, compiled, by the id of its row."""
    ids = await ProgrammeTerms.filter(status=TermsStatus.RELEASED).values_list("id", flat=True)
    missing = [identity for identity in ids if identity not in _compiled]
    if missing:
        for row in await ProgrammeTerms.filter(id__in=missing):
            compiled(row)
    return {UUID(str(identity)): _compiled[UUID(str(identity))] for identity in ids}


def compiled(row: ProgrammeTerms) -> Terms:
    """Return the version ready to compute with."""
    if row.status is not TermsStatus.RELEASED:
        return read_terms(row.content)
    if row.id not in _compiled:
        _compiled[row.id] = terms_of(row)
    return _compiled[row.id]


def terms_of(row: ProgrammeTerms) -> Terms:
    """Read the rules as they stand in the row now; what equals a shipped set was checked with it.

    Raises:
        RulesError: they do not pass.
    """
    return _shipped(row) or read_terms(row.content)


def _shipped(row: ProgrammeTerms) -> Terms | None:
    """Return the shipped set if this row is one: checked and compiled already."""
    version = row.version
    return next(
        (
            terms
            for terms in shipped()
            if terms.version == version and dict(terms.content) == dict(row.content)
        ),
        None,
    )


async def version_in_force(programme_id: UUID, year: int) -> ProgrammeTerms:
    """Return the version in force on 31 December of a claim's year.

    Raises:
        NotFound: the programme had not begun.
    """
    row = (
        await ProgrammeTerms.filter(
            programme_id=programme_id, status=TermsStatus.RELEASED, valid_from__lte=f"{year:04d}-12-31"
        )
        .order_by("-valid_from")
        .first()
    )
    if row is None:
        raise NotFound(_("%(year)s 年没有生效的政策版本。", year=year))
    return row


async def get_programme(slug: str) -> Programme:
    """Return one programme with its released versions, the newest first in `versions_of`."""
    programme = await Programme.get_or_none(slug=slug)
    if programme is None:
        raise NotFound(_("没有这项政策。"))
    return programme


async def list_versions(programme_id: UUID) -> list[ProgrammeTerms]:
    """Return the released versions of a programme, newest first."""
    return await ProgrammeTerms.filter(programme_id=programme_id, status=TermsStatus.RELEASED).order_by(
        "-valid_from"
    )


async def list_programmes() -> list[Programme]:
    """Return all programmes, those of Guangxi first."""
    rows = await Programme.all().order_by("region", "slug")
    return sorted(
        rows, key=lambda programme: (not programme.region.startswith("45"), programme.region, programme.slug)
    )


@dataclass(frozen=True)
class ClauseText:
    """Where a rule stands, and our own summary of it (摘要)."""

    name: str
    document: str
    article: str
    summary: str


_FIRST = ("applicant", "kinds", "base")
_LAST = ("rate", "caps")


def clauses(content: Mapping[str, Any]) -> list[ClauseText]:
    """Return the clauses of a rule file in the order a claim meets them: the database keeps none."""
    document = content["source"]["document"]

    def place(name: str) -> tuple[int, str]:
        if name in _FIRST:
            return _FIRST.index(name), ""
        return (20 + _LAST.index(name), "") if name in _LAST else (10, name)

    return [
        ClauseText(name, raw.get("document", document), raw.get("article") or "", raw["summary"])
        for name, raw in sorted(content["clauses"].items(), key=lambda pair: place(pair[0]))
    ]
