"""Import of listings from a file: every row is validated; importing the same file again is idempotent.

Each batch is its own transaction, so an interrupted import is simply restarted.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from market.accounts.models import Organisation, OrganisationKind, OrganisationStatus
from market.audit.log import record
from market.codes.regions import GUANGXI
from market.deps import Deps
from market.imports import sheet_rows
from market.imports.excel_template import list_of
from market.imports.heads import head_notices
from market.imports.json_lines import parse_line
from market.imports.open_data_rows import InvalidRow, need_of, outcome_of
from market.imports.row_reading import SheetRow, read_row
from market.imports.row_writing import BATCH, NewContent, changes_of, lock_owners, write_listings
from market.imports.states import RowOutcome
from market.kit.database import atomic, connection, in_transaction
from market.kit.errors import Conflict, MarketError
from market.kit.i18n import gettext as _
from market.listings import changes
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.lifecycle import lock_by_id
from market.listings.review_digest import mark_reviewed
from market.listings.states import SHOWN_AS_REVIEWED, NeedStatus, OutcomeStatus, OwnerVerb
from market.listings.submission import Incomplete
from market.records.by import By

TABLES = frozenset([".xlsx", ".xls", ".csv"])
SOURCE_NAME = "外部数据"
"""The organisation that owns imported listings without an owner on this market."""
_REWRITABLE = (
    *(OutcomeStatus.DRAFT, OutcomeStatus.RETURNED, OutcomeStatus.UNLISTED),
    *(NeedStatus.DRAFT, NeedStatus.RETURNED, NeedStatus.CLOSED),
)
"""Statuses in which a list writes an organisation's listing at once: nobody reads it without a review."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Refusal:
    """A rejected row and its reason."""

    row: int
    reference: str
    reason: str


@dataclass
class Report:
    """Result of an import, counted by row."""

    total: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """Remarks about the file, such as hidden rows."""


@dataclass(frozen=True)
class Row:
    """One valid row: the columns of a listing and the name of its owner, if given."""

    number: int
    values: dict[str, Any]
    owner: str = ""
    given: frozenset[str] | None = None
    """What a list tells of a listing; an update leaves the rest as it is. None: all."""

    @property
    def reference(self) -> str:
        return str(self.values["source_reference"])


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message says why."""


async def import_file(
    path: Path,
    kind: str,
    *,
    publish: bool,
    deps: Deps,
    now: datetime,
    on_progress: Progress = lambda done, total: None,
) -> Report:
    """Import `outcomes` or `needs` from JSONL, gzipped JSONL or the filled template (Excel or CSV).

    Raises:
        UnreadableFile: it is none of these.
    """
    listing_kind = {member.index: member for member in (OUTCOME, NEED)}[kind]
    report, owners = Report(), dict[str, UUID | None]()
    total, rows = read_rows(path, listing_kind, report)
    while batch := list(islice(rows, BATCH)):
        await _look_up_owners({row.owner for row in batch} - owners.keys(), owners, now=now)
        owned = [(owner, row) for row in batch if (owner := owners[row.owner])]
        report.refused += [
            Refusal(row.number, row.reference, _("单位“%(name)s”没有注册或未认证。", name=row.owner[:60]))
            for row in batch
            if owners[row.owner] is None
        ]
        if owned:
            await _import_batch(listing_kind, owned, report, publish=publish, now=now)
        on_progress(report.total, total)
    report.refused.sort(key=lambda refusal: refusal.row)
    return report


def read_rows(path: Path, kind: Kind, report: Report) -> tuple[int, Iterator[Row]]:
    """Return the number of rows of a file, and those that are valid; report the rejected ones.

    Raises:
        UnreadableFile: it is no list.
    """
    total, raw_rows = _raw_rows(path, kind, report)
    return total, _valid_rows(raw_rows, kind, report)


def _valid_rows(raw_rows: Iterable[tuple[int, Any]], kind: Kind, report: Report) -> Iterator[Row]:
    first_rows: dict[tuple[str, str], int] = {}
    for number, raw in raw_rows:
        report.total += 1
        try:
            row = _row(number, raw, kind, report)
        except InvalidRow as error:
            reference = raw.get("id", "") if isinstance(raw, Mapping) else ""
            report.refused.append(Refusal(number, str(reference)[:120], str(error)))
            continue
        first = first_rows.setdefault((row.owner, row.reference), number)
        if first != number:
            reason = _("与第 %(row)s 行是同一条。", row=first)
            report.refused.append(Refusal(number, row.reference, reason))
            continue
        yield row


@atomic()
async def _import_batch(
    kind: Kind, batch: Sequence[tuple[UUID, Row]], report: Report, *, publish: bool, now: datetime
) -> None:
    source_id = next((owner for owner, row in batch if not row.owner), None)
    await lock_owners({owner for owner, _row in batch})
    existing_listings = await kind.model.filter(
        organisation_id__in=list({owner for owner, _row in batch}),
        source_reference__in=[row.reference for _owner, row in batch],
    )
    by_reference = {
        (listing.organisation_id, listing.source_reference): listing for listing in existing_listings
    }
    contents: list[NewContent] = []
    outcomes: Counter[RowOutcome] = Counter()
    for owner, row in batch:
        existing = by_reference.get((owner, row.reference))
        if row.owner and existing is not None and existing.status not in _REWRITABLE:
            outcomes[await _propose(kind, existing.id, row, report, now=now)] += 1
        else:
            contents.append(NewContent(owner, row.values, existing, row.given))
    written = await write_listings(kind, contents, publish=publish, by=By.job(now))
    # External data has no author: what the operator's import changes of it counts as reviewed.
    updated = [
        result.listing.id
        for content, result in zip(contents, written, strict=True)
        if result.outcome is RowOutcome.UPDATED and content.organisation_id == source_id
    ]
    if updated:
        await mark_reviewed(kind, updated)
    outcomes.update(row.outcome for row in written)
    report.created += outcomes[RowOutcome.CREATED]
    report.updated += outcomes[RowOutcome.UPDATED]
    report.unchanged += outcomes[RowOutcome.SAME]


async def _propose(kind: Kind, listing_id: UUID, row: Row, report: Report, *, now: datetime) -> RowOutcome:
    """Change a published listing of an organisation as its author would: what people decide by waits."""
    listing = await lock_by_id(kind, listing_id)
    revision, values = listing.revision, changes_of(listing, row.values, row.given)
    if not values:
        return RowOutcome.SAME
    try:
        if listing.status not in SHOWN_AS_REVIEWED:
            raise Conflict(_("这条信息正在审核或已经结束，现在不能修改。"))
        async with in_transaction():
            saved = await changes.save_published(kind, listing, values, by=By.job(now))
    except MarketError as refusal:
        reasons = [words for _field, words in refusal.faults] if isinstance(refusal, Incomplete) else []
        report.refused.append(Refusal(row.number, row.reference, "".join(reasons) or str(refusal)))
        return RowOutcome.REFUSED
    return RowOutcome.UPDATED if saved.revision != revision else RowOutcome.SAME


async def _look_up_owners(names: Collection[str], owners: dict[str, UUID | None], *, now: datetime) -> None:
    """Look up verified organisations by name; None for a name that is nobody's, whose rows are refused.

    The name "" is the data source's, the owner of files without owners.
    """
    if not names:
        return
    owners |= dict.fromkeys(names)
    if "" in names:
        owners[""] = await _source(now=now)
    for organisation in await Organisation.filter(name__in=list(names), status=OrganisationStatus.VERIFIED):
        owners[organisation.name] = organisation.id


@atomic()
async def _source(*, now: datetime) -> UUID:
    await connection().execute_query("SELECT pg_advisory_xact_lock(hashtextextended('listing_source', 0))")
    source = await Organisation.filter(kind=OrganisationKind.SOURCE, name=SOURCE_NAME).first()
    if source is None:
        source = await Organisation.create(
            id=uuid4(),
            name=SOURCE_NAME,
            kind=OrganisationKind.SOURCE,
            status=OrganisationStatus.VERIFIED,
            region=GUANGXI,
            created_at=now,
            verified_at=now,
        )
        await record("organisation", source.id, OwnerVerb.CREATED, by=By.job(now))
    return source.id


def _row(number: int, raw: Any, kind: Kind, report: Report) -> Row:
    if isinstance(raw, InvalidRow):
        raise raw
    if isinstance(raw, SheetRow):
        read = read_row(list_of(kind), raw)
        if read.faults and not all(fault.is_optional for fault in read.faults):
            raise InvalidRow(read.reasons)
        report.notices += [
            _("第 %(row)s 行：%(why)s先留空。", row=number, why=fault.sentence) for fault in read.faults
        ]
        return Row(number, read.values, owner=raw.owner, given=read.given)
    return Row(number, outcome_of(raw) if kind is OUTCOME else need_of(raw))


def _raw_rows(path: Path, kind: Kind, report: Report) -> tuple[int, Iterable[tuple[int, Any]]]:
    """Return the number of rows of a file, and the rows with their numbers."""
    if path.suffix.lower() in TABLES:
        form = list_of(kind)
        try:
            heads = sheet_rows.open_list(path.read_bytes(), form)
        except sheet_rows.NotTheTemplate as error:
            raise UnreadableFile(str(error)) from error
        report.notices += head_notices(heads)
        report.notices += [
            _("“%(head)s”列按“%(name)s”读。", head=guess.head, name=form.column(guess.name).head)
            for guess in heads.guesses
            if not guess.is_sure
        ]
        rows = list(sheet_rows.read(heads, form))
        return len(rows), rows
    try:
        # Read once only to count: a broken archive is refused before a row of it is written.
        total = sum(1 for _line in _lines(path))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UnreadableFile(_("文件读不出来：压缩文件是坏的。")) from error
    return total, ((number, parse_line(line)) for number, line in _lines(path))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold something, with their numbers."""
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rt", encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, line
