"""`import`, `search`, `rematch`, `programmes`, `audit`, `check` and `seed`: commands on the records."""

from __future__ import annotations

import csv
import sys
import time
from functools import partial
from pathlib import Path

from market.audit import commands as audit_commands
from market.claims.subsidisable_outcomes import rebuild_outcome_documents
from market.commands.progress import Progress
from market.commands.serve import release
from market.deps import Deps
from market.imports import command_import
from market.kit.errors import SearchUnavailable
from market.kit.i18n import gettext as _
from market.ledger.checks import CheckResult, iterate_checks, store_result
from market.programmes import catalogue
from market.runtime import build_deps, running
from market.search.engine import Tenancy
from market.search.indexes import INDEXES
from market.search.outbox import count_pending
from market.search.relay import rebuild, relay, status
from market.seed.demo_market import seed as seed_market
from market.seed.demo_market import seed_if_empty
from market.settings import Settings


async def import_file(settings: Settings, kind: str, path: Path, *, publish: bool) -> int:
    """Import listings, wait until they are indexed, and write the reasons of refused rows beside the file."""
    started = time.monotonic()
    deps = build_deps(settings)
    async with running(deps, prepare=partial(release, deps)):
        bar = Bar("rows")
        try:
            report = await command_import.import_file(
                path, kind, publish=publish, deps=deps, now=deps.clock(), on_progress=bar
            )
        except command_import.UnreadableFile as error:
            sys.stderr.write(f"{path}: {error}\n")
            return 1
        note = await _index(kind, deps)
    sys.stdout.write(
        f"{report.total} rows: {report.created} new, {report.updated} changed, {report.unchanged} as before, "
        f"{len(report.refused)} refused; {time.monotonic() - started:.1f} s\n"
    )
    for line in (*report.notices, note):
        if line:
            sys.stdout.write(f"{line}\n")
    if report.refused:
        sys.stdout.write(f"Reasons: {_write_refusals(path, report)}\n")
    return 0


async def _index(kind: str, deps: Deps) -> str:
    """Relay the rows to the index; return a note when they cannot all be indexed now.

    The worker of a running site may be sending them already; this waits while it makes progress.
    """
    bar, left = Bar("index"), None
    while True:
        try:
            await relay(kind, search=deps.search, on_progress=bar)
        except SearchUnavailable as error:
            waiting = await count_pending(kind)
            if left is not None and waiting >= left:
                return f"{waiting} of them cannot be found yet and are sent later: {error}"
            left = waiting
        else:
            return ""


async def search(settings: Settings, act: str) -> int:
    """Print how far each index is behind the database, or rebuild all of them."""
    deps = build_deps(settings)
    is_behind = False
    async with running(deps):
        sys.stdout.write(describe(deps.search.name, await deps.search.tenancy()))
        for index in INDEXES:
            if act == "rebuild":
                await rebuild(index, search=deps.search, on_progress=Bar(index))
            index_status = await status(index, search=deps.search)
            is_behind = is_behind or bool(index_status.differences)
            sys.stdout.write(
                f"{index:<14} {index_status.documents:>8,} documents  {index_status.expected:>8,} expected  "
                f"{index_status.pending:>6,} waiting  {index_status.quarantined:>4,} refused  "
                f"{index_status.differences:>6,} differences\n"
            )
    return 1 if is_behind else 0


def describe(engine: str, tenancy: Tenancy) -> str:
    """Return what `search status` prints first: the engine, our prefix, whose settings are not ours."""
    where = f", indexes {tenancy.prefix}_*" if tenancy.prefix else ""
    lines = [f"engine {engine}{where}"]
    for index, names in tenancy.drift.items():
        lines.append(f"{index}: somebody else changed {', '.join(names)}; `search rebuild` restores ours")
    return "\n".join(lines) + "\n"


async def rematch(settings: Settings) -> int:
    """Recompute all matches, batch by batch; an interrupted run resumes where it was."""
    from market.matching.rematch import rematch_all

    deps = build_deps(settings)
    async with running(deps):
        await rematch_all(search=deps.search, now=deps.clock(), on_progress=Bar("needs"))
    return 0


async def load_programmes(settings: Settings) -> int:
    """Load the shipped rule sets into the database."""
    deps = build_deps(settings)
    async with running(deps):
        done = await catalogue.load_programmes(deps.clock(), on_release=rebuild_outcome_documents)
    sys.stdout.write(f"{len(done.added)} versions added, {len(done.unchanged)} as before\n")
    if done.reworded:
        names = ", ".join(done.reworded)
        sys.stdout.write(f"kept as released, only notes and assumptions are worded anew: {names}\n")
    for fault in done.faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if done.faults else 0


async def audit(
    settings: Settings, act: str, file: Path | None, *, copy: Path | None, trusted: str | None
) -> int:
    """Verify or export the log, publish the roots that are due, or tell the public key of the signatures."""
    if act == "key":
        sys.stdout.write(f"{settings.signer.public_key}\n")
        return 0
    deps = build_deps(settings)
    async with running(deps):
        if act == "verify":
            return await audit_commands.verify_database(settings.signer, trusted=trusted, copy=copy)
        if act == "export":
            return await audit_commands.export(file, settings.signer)
        return await audit_commands.root(settings.signer, now=deps.clock())


async def check(settings: Settings) -> int:
    """Check every invariant on the live data; exit status 1 where one does not hold.

    The result is stored for the finance pages.
    """
    deps = build_deps(settings)
    stated: list[CheckResult] = []
    async with running(deps):
        async for result in iterate_checks(settings.secret_key, deps.store):
            stated.append(result)
            sys.stdout.write(f"{_('成立') if result.is_well else _('不成立')}　{result.label}\n")
            sys.stdout.writelines(f"　　　　{finding}\n" for finding in result.findings)
        await store_result(stated, deps.clock())
    return 0 if all(result.is_well for result in stated) else 1


async def seed(settings: Settings, *, if_empty: bool = False) -> int:
    """Release, then fill an empty database with the demo market; `if_empty` leaves any other as it is."""
    deps = build_deps(settings)
    fill = seed_if_empty if if_empty else seed_market
    async with running(deps, prepare=partial(release, deps)):
        await fill(deps, say=lambda text: sys.stdout.write(text + "\n"))
    return 0


class Bar:
    """A progress line that learns its total on the way."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.line: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        if self.line is None:
            self.line = Progress(self.title, total)
        self.line.total = total
        if total:
            self.line(done)


def _write_refusals(path: Path, report: command_import.Report) -> Path:
    target = Path(f"{path.name}.refused.csv")
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "reference", "reason"])
        writer.writerows([row.row, row.reference, row.reason] for row in report.refused)
    return target
