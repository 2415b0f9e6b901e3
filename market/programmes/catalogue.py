"""Programmes in the database: loaded from the rule files, released, frozen, compiled once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from market.audit.services import record
from market.kit.database import atomic
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.programmes.loading import read_terms, shipped, versions_of
from market.programmes.models import Programme, ProgrammeTerms, TermsStatus
from market.programmes.search import INDEX
from market.programmes.terms import Terms
from market.records.by import By
from market.search.outbox import enqueue

AfterRelease = Callable[[], Awaitable[None]]
"""What rooms above do once terms were released, in the same transaction."""
_compiled: dict[UUID, Terms] = {}
"""Released terms never change, so what was compiled once holds."""


@dataclass
class Loaded:
    """What a load did: versions by `slug@version`."""

    added: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    reworded: list[str] = field(default_factory=list)
    """Released before with other notes or assumptions; the same is computed, and what was released stays."""
    different: dict[str, list[str]] = field(default_factory=dict)
    """Released before with other terms, and the parts that differ; left as they are."""

    @property
    def faults(self) -> list[str]:
        """One sentence for each version that does not compute as its file says, and what to do."""
        return [
            f"{name} was released with other terms ({', '.join(parts)}) and is left as it is: "
            "give the changed file a new version"
            for name, parts in self.different.items()
        ]


@atomic()
async def load_programmes(now: datetime, *, on_release: AfterRelease | None = None) -> Loaded:
    """Bring the shipped rule files into the database, released; loading again changes nothing.

    `on_release` is awaited in the same transaction where versions were added.
    """
    done = Loaded()
    for terms in shipped():
        programme = await _programme(versions_of(terms.programme)[-1])
        name = f"{terms.programme}@{terms.version}"
        known = await ProgrammeTerms.get_or_none(programme_id=programme.id, version=terms.version)
        if known is not None:
            if parts := _differing(known.content, terms.content):
                done.different[name] = parts
            else:
                same = dict(known.content) == dict(terms.content)
                (done.unchanged if same else done.reworded).append(name)
            continue
        made = await ProgrammeTerms.create(
            id=uuid4(),
            programme_id=programme.id,
            version=terms.version,
            status=TermsStatus.RELEASED,
            content=dict(terms.content),
            valid_from=terms.valid_from,
            released_at=now,
        )
        await record(
            "terms", made.id, "load", by=By.job(now), programme=terms.programme, version=terms.version
        )
        await enqueue(INDEX, programme.id)
        done.added.append(name)
    await close_periods()
    if done.added and on_release is not None:
        await on_release()
    return done


def _differing(released: Mapping[str, Any], shipped: Mapping[str, Any]) -> list[str]:
    """Return the parts that differ, but for what only explains: the assumptions and the source's note."""
    one, other = _computing(released), _computing(shipped)
    return [part for part in sorted({*one, *other}) if one.get(part) != other.get(part)]


def _computing(content: Mapping[str, Any]) -> dict[str, Any]:
    return {**content, "assumptions": [], "source": {**content["source"], "note": ""}}


async def _programme(newest: Terms) -> Programme:
    """Return the programme, named as its newest version names it."""
    found = await Programme.filter(slug=newest.programme).select_for_update().first()
    values = {
        "name": newest.title,
        "issuer": newest.content["issuer"]["name"],
        "region": newest.region or newest.content["issuer"]["region"],
        "role": newest.role,
    }
    if found is None:
        return await Programme.create(id=uuid4(), slug=newest.programme, **values)
    if any(getattr(found, key) != value for key, value in values.items()):
        found.revision += 1
        await found.update_from_dict(values).save(update_fields=[*values, "revision"])
    return found


async def close_periods() -> None:
    """End each version the day before the next one of its programme begins."""
    rows = await ProgrammeTerms.filter(status=TermsStatus.RELEASED).order_by("programme_id", "valid_from")
    for one, following in pairwise(rows):
        if one.programme_id != following.programme_id:
            continue
        last = following.valid_from - timedelta(days=1)
        if one.valid_to != last:
            one.valid_to = last
            await one.save(update_fields=["valid_to"])


async def released_terms() -> list[Terms]:
    """Return every released version, compiled."""
    ids = await ProgrammeTerms.filter(status=TermsStatus.RELEASED).values_list("id", flat=True)
    missing = [identity for identity in ids if identity not in _compiled]
    if missing:
        for row in await ProgrammeTerms.filter(id__in=missing):
            compiled(row)
    return [_compiled[identity] for identity in ids]  # type: ignore[index]


def compiled(row: ProgrammeTerms) -> Terms:
    """Return the version ready to compute with."""
    if row.status is not TermsStatus.RELEASED:
        return read_terms(row.content)
    if row.id not in _compiled:
        _compiled[row.id] = _shipped(row) or read_terms(row.content)
    return _compiled[row.id]


def _shipped(row: ProgrammeTerms) -> Terms | None:
    """Return the shipped set if this row is one: checked and compiled already."""
    version = row.version
    return next(
        (one for one in shipped() if one.version == version and dict(one.content) == dict(row.content)), None
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
    found = await Programme.get_or_none(slug=slug)
    if found is None:
        raise NotFound(_("没有这项政策。"))
    return found


async def list_versions(programme_id: UUID) -> list[ProgrammeTerms]:
    """Return the released versions of a programme, newest first."""
    return await ProgrammeTerms.filter(programme_id=programme_id, status=TermsStatus.RELEASED).order_by(
        "-valid_from"
    )


async def list_programmes() -> list[Programme]:
    """Return all programmes, those of Guangxi first."""
    rows = await Programme.all().order_by("region", "slug")
    return sorted(rows, key=lambda one: (not one.region.startswith("45"), one.region, one.slug))


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
