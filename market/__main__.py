"""The commands of the market: `python -m market COMMAND`, each explained by `--help`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.settings import Settings

_COLLECTED_AFTER = (50_000, 20, 50)
"""New objects after which the youngest are looked through for garbage, and how often the older ones are."""


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["assess"]:
        # For other systems and audits: it touches neither settings nor database.
        from market.programmes import assess_command

        return assess_command.main(arguments[1:])
    options = _parser().parse_args(arguments)
    if options.command == "audit" and options.act == "verify" and options.file:
        from market.audit.commands import verify_file

        return verify_file(options.file, trusted=options.key)
    with _loading():
        from uvicorn.loops.auto import auto_loop_factory

        from market.settings import Settings, SettingsError
        from market.tables import IncompatibleDatabase

    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"The settings will not do:\n{error}\n")
        return 2
    try:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            return runner.run(_run(options, settings))
    except (SettingsError, IncompatibleDatabase) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


@contextmanager
def _loading() -> Iterator[None]:
    """Import modules without collecting garbage, and leave what they hold out of every later collection.

    Modules make little garbage: looking for it took a tenth of the processor time of a start. Nor do rows and
    pages, whose objects end with their last reference: looking for the rest seldom spares a twentieth more.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*_COLLECTED_AFTER)
        gc.enable()


async def _run(options: argparse.Namespace, settings: Settings) -> int:
    if options.command == "evaluate":
        from market.commands import evaluate

        return await evaluate.evaluate(
            settings,
            options.directory,
            engine=options.engine,
            is_semantic=not options.no_semantic,
            file=options.json,
        )
    if options.command == "fit-weights":
        from market.commands import evaluate

        return await evaluate.fit_weights(
            settings, options.directory, version=options.version, file=options.file
        )
    with _loading():
        from market.commands import backup, create_operator, records, serve

    port = serve.port_of(os.environ)
    match options.command:
        case "serve":
            return await serve.serve(settings, host=options.host, port=port)
        case "work":
            return await serve.run_worker(settings, is_for_site=options.for_site)
        case "release":
            return await serve.run_release(settings)
        case "seed":
            return await records.seed(settings, if_empty=options.if_empty)
        case "import":
            return await records.import_file(settings, options.kind, options.file, publish=options.publish)
        case "search":
            return await records.search(settings, options.act)
        case "rematch":
            return await records.rematch(settings)
        case "programmes":
            return await records.load_programmes(settings)
        case "audit":
            return await records.audit(
                settings, options.act, options.file, copy=options.against, trusted=options.key
            )
        case "check":
            return await records.check(settings)
        case "replay-draw":
            from market.commands import replay_draw

            return await replay_draw.replay_draw(settings, options.number)
        case "backup":
            return await backup.backup(settings, options.file)
        case "restore":
            return await backup.restore(settings, options.file, is_trusted=options.trust)
        case "year-run":
            from market.commands import year_run

            return await year_run.main(
                settings,
                options.programme,
                options.year,
                officer=options.officer,
                rechecker=options.rechecker,
                rate=options.rate_basis_points,
                is_dry=options.dry_run,
            )
        case "quality":
            from market.commands import evaluate

            if options.act == "sets":
                return evaluate.write_demo_sets(options.file)
            return await evaluate.publish(settings, options.file)
        case "create-operator":
            return await create_operator.create_operator(settings, options.email, options.name)
        case "reset-factors":
            return await create_operator.reset_person(settings, options.email)
    raise AssertionError(options.command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m market", description="科转 KeZhuan, a technology-transfer marketplace."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the site, and its worker beside it")
    serve.add_argument("--host", default="127.0.0.1")
    working = commands.add_parser(
        "work", help="run jobs only, beside sites run by uvicorn --factory market.app:from_env"
    )
    working.add_argument("--for-site", action="store_true", help="as `serve` starts it: ends with that site")
    commands.add_parser("release", help="bring tables, released programmes and search settings up to date")
    seeding = commands.add_parser("seed", help="fill an empty database with the demo market")
    seeding.add_argument("--if-empty", action="store_true", help="do nothing when somebody is there already")
    importing = commands.add_parser("import", help="take over listings from a file")
    importing.add_argument("kind", choices=["outcomes", "needs"])
    importing.add_argument("--publish", action="store_true", help="publish them, else they are drafts")
    importing.add_argument("file", type=Path, metavar="FILE", help=".jsonl, .jsonl.gz or the Excel template")
    search = commands.add_parser("search", help="look after the search index")
    search.add_argument("act", choices=["status", "rebuild"])
    commands.add_parser("rematch", help="compute all matches anew; goes on where it was stopped")
    evaluating = commands.add_parser("evaluate", help="measure matching and search on known answers")
    evaluating.add_argument(
        "directory", type=Path, metavar="DIR", help="holds outcomes.jsonl(.gz) and others"
    )
    evaluating.add_argument("--engine", choices=["embedded", "meilisearch"], default="embedded")
    evaluating.add_argument("--no-semantic", action="store_true", help="words only, without any embedder")
    evaluating.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    publishing = commands.add_parser("quality", help="the public page about the quality of matching")
    publishing.add_argument("act", choices=["publish", "sets"])
    publishing.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="what evaluate --json FILE wrote; of sets: the folder that gets the demo's questions",
    )
    fitting = commands.add_parser("fit-weights", help="fit the scorer's weights on graded pairs")
    fitting.add_argument(
        "directory", type=Path, metavar="DIR", help="holds graded_*.jsonl(.gz) and .tsv(.gz)"
    )
    fitting.add_argument("--version", required=True, help="the name of the new weights")
    fitting.add_argument("--file", type=Path, metavar="FILE", help="write them there, else print them")
    programmes = commands.add_parser("programmes", help="subsidy programmes")
    programmes.add_argument("act", choices=["load"])
    audit = commands.add_parser("audit", help="verify or export the log of who did what")
    audit.add_argument("act", choices=["verify", "export", "root", "key"])
    audit.add_argument("file", type=Path, nargs="?", metavar="FILE")
    audit.add_argument("--against", type=Path, metavar="COPY", help="verify also against roots kept outside")
    audit.add_argument("--key", metavar="HEX", help="the public key that it must be signed with")
    commands.add_parser("assess", help="compute claims from JSON lines (see assess --help)")
    year = commands.add_parser("year-run", help="compute a programme's year; goes on where it was stopped")
    year.add_argument("programme", metavar="SLUG")
    year.add_argument("year", type=int)
    year.add_argument("--dry-run", action="store_true", help="print the plan and write nothing")
    year.add_argument("--officer", default="", metavar="EMAIL", help="who computes")
    year.add_argument("--rechecker", default="", metavar="EMAIL", help="has no effect")
    year.add_argument("--rate-basis-points", type=int, metavar="N", help="the decided rate")
    commands.add_parser("check", help="check every invariant of the book and the records")
    replaying = commands.add_parser(
        "replay-draw", help="draw the experts of a review round once more and compare; 1: they differ"
    )
    replaying.add_argument("number", metavar="PS-…")
    for name, words in (
        ("backup", "write database and files into one archive"),
        ("restore", "bring an archive back into an empty database"),
    ):
        archive = commands.add_parser(name, help=words)
        archive.add_argument("file", type=Path, metavar="FILE")
        if name == "restore":
            archive.add_argument("--trust", action="store_true", help="also one that is not signed by us")
    operator = commands.add_parser(
        "create-operator", help="make the first user of a real site; asks for the password"
    )
    operator.add_argument("email")
    operator.add_argument("name")
    commands.add_parser(
        "reset-factors", help="remove the second factors of a person who has lost them all"
    ).add_argument("email")
    return parser


if __name__ == "__main__":
    sys.exit(main())
