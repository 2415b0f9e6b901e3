"""The embedded engine's folders: one an index, with numbered generations.

The file CURRENT names the generation in use. Any process reads; whoever writes holds the folder's
lock, so that several may write, one after another.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import tantivy

from market.search.candidates import Candidates, record_of
from market.search.documents import Prepared
from market.search.embedded_writer import MEMORY, FolderLock, Writer
from market.search.engine import Sort
from market.search.fact_file import FactFile
from market.search.indexes import fields_of
from market.search.vector_file import VectorFile

FACT_FILE = "facts"
"""The file of what matching reads of the documents."""
VECTORS = ".vectors"
"""How the file of a model's vectors ends, beside the index they belong to."""
SCHEMA_VERSION = 3
"""Raised when the meaning of a field changes, so that indexes are built anew."""


LEVELS = frozenset({"trl", "interests", "responses"})
"""Small numbers that many documents share: of these the newest come first, as on a Meilisearch."""
_MOMENTS = 2**33 - 1
"""Seconds that have room beside such a number."""


class IndexFolder:
    """One index in its folder."""

    def __init__(self, name: str, directory: Path, linger: float) -> None:
        self.name = name
        self.directory = directory
        self.schema = _schema(name)
        self._opened: tuple[str, tantivy.Index, FactFile] | None = None
        self._seen: object = None
        self._vectors: tuple[Path, dict[str, VectorFile]] = (directory / "none", {})
        self._guard = threading.Lock()
        self._writer = Writer(directory / "lock", self._newest_index, linger)

    def searcher(self) -> tantivy.Searcher:
        """Return the newest state, whoever wrote it."""
        return self.snapshot()[0]

    def snapshot(self) -> tuple[tantivy.Searcher, FactFile]:
        """Return the newest state and the file that its documents name places of."""
        for attempt in range(3):
            try:
                with self._guard:
                    index, facts = self._newest()
                    return index.searcher(), facts
            except (FileNotFoundError, ValueError):
                # Another process swapped generations between our two looks.
                self.forget()
                if attempt == 2:
                    raise
        raise AssertionError

    def ensure(self) -> bool:
        """Make the index if there is none of this shape; tell whether it was made."""
        if self._current() is not None:
            return False
        with self.lock():
            if self._current() is not None:
                return False
            generation = self.new_generation()
            generation.finish()
            self.use(generation.number)
        return True

    def put(self, documents: Sequence[Prepared]) -> None:
        """Add or replace documents; on return every reader finds them."""
        self.ensure()
        with self._writer.writing() as writer:
            ids = self._with_ids(one.id for one in documents)
            searcher, facts = self.snapshot()
            held = searcher.search(ids, max(len(documents), 1), count=False).hits
            known = places_of(searcher, held)
            places = _put_facts(self.name, documents, facts, dict(zip(facts.read(known), known, strict=True)))
            writer.delete_documents_by_query(ids)
            for one, place in zip(documents, places, strict=True):
                writer.add_document(_document(one, place))
            self._put_vectors(documents)

    def delete(self, ids: Iterable[UUID]) -> None:
        """Remove documents; on return no reader finds them."""
        self.ensure()
        ids = list(ids)
        with self._writer.writing() as writer:
            writer.delete_documents_by_query(self._with_ids(ids))
            for file in self.vector_files().values():
                file.put({one.bytes: None for one in ids})

    def vector_files(self) -> Mapping[str, VectorFile]:
        """Return the vectors of the newest state, by the model's name."""
        folder = self.directory / (self._current() or "none")
        with self._guard:
            if self._vectors[0] != folder:
                self._vectors = (folder, {})
            for path in folder.glob(f"*{VECTORS}"):
                self._vectors[1].setdefault(path.name.removesuffix(VECTORS), VectorFile(path))
            return dict(self._vectors[1])

    def _put_vectors(self, documents: Sequence[Prepared]) -> None:
        known = dict(self.vector_files())
        folder = self.directory / str(self._current())
        for name in {name for one in documents for name in one.vectors} - known.keys():
            known[name] = VectorFile(folder / f"{name}{VECTORS}")
        for name, file in known.items():
            file.put({one.id.bytes: one.vectors.get(name) for one in documents})

    def ids_and_revisions(self) -> dict[UUID, int]:
        """Return everything the index holds."""
        searcher, facts = self.snapshot()
        if not searcher.num_docs:
            return {}
        hits = searcher.search(tantivy.Query.all_query(), int(searcher.num_docs), count=False).hits
        found = Candidates.of(facts.read(places_of(searcher, hits)))
        return dict(zip(found.ids, found.heads["revision"].tolist(), strict=True))

    def new_generation(self) -> Generation:
        """Begin an empty generation beside the one in use."""
        self.directory.mkdir(parents=True, exist_ok=True)
        numbers = [int(path.name) for path in self.directory.iterdir() if path.name.isdigit()]
        number = max(numbers, default=0) + 1
        path = self.directory / str(number)
        path.mkdir()
        return Generation(self.name, number, tantivy.Index(self.schema, str(path)), path)

    def use(self, number: int) -> None:
        """Put a finished generation in its place for all readers, and remove those before it."""
        mark = self.directory / "CURRENT.new"
        mark.write_text(f"{number} {_fingerprint(self.name)}")
        mark.replace(self.directory / "CURRENT")
        self.forget()
        for path in self.directory.iterdir():
            if path.name.isdigit() and int(path.name) != number:
                shutil.rmtree(path, ignore_errors=True)

    def forget(self) -> None:
        """Let go of the open files; the next reader opens them again."""
        with self._guard:
            self._opened = None
            self._seen = None

    def close(self) -> None:
        """Let go of everything."""
        self._writer.close()
        self.forget()

    def lock(self) -> FolderLock:
        """Become the only writer of this index, in all processes, until the lock is released."""
        return self._writer.lock()

    def _with_ids(self, ids: Iterable[UUID]) -> tantivy.Query:
        return tantivy.Query.term_set_query(self.schema, "id", [str(one) for one in ids])

    def _newest_index(self) -> tantivy.Index:
        with self._guard:
            return self._newest()[0]

    def _newest(self) -> tuple[tantivy.Index, FactFile]:
        """Return the index as it is now, and its facts. Whoever calls holds the guard."""
        current = self._current()
        if current is None:
            return tantivy.Index(self.schema), FactFile(self.directory / FACT_FILE)
        if self._opened is None or self._opened[0] != current:
            index = tantivy.Index.open(str(self.directory / current))
            index.config_reader("manual")
            self._opened, self._seen = (current, index, FactFile(self.directory / current / FACT_FILE)), None
        _, index, facts = self._opened
        # A look at one file tells whether any process has written since.
        state = os.stat(self.directory / current / "meta.json")
        if (seen := (state.st_mtime_ns, state.st_ino)) != self._seen:
            index.reload()
            self._seen = seen
        return index, facts

    def _current(self) -> str | None:
        try:
            number, shape = (self.directory / "CURRENT").read_text().split()
        except FileNotFoundError:
            return None
        return number if shape == _fingerprint(self.name) else None


class Generation:
    """An index that is being filled and that nobody reads yet."""

    def __init__(self, name: str, number: int, index: tantivy.Index, directory: Path) -> None:
        self.number = number
        self._name = name
        self._facts = FactFile(directory / FACT_FILE)
        self._directory = directory
        self._index = index
        self._writer = index.writer(MEMORY, 1)

    def add(self, documents: Sequence[Prepared]) -> None:
        for one, place in zip(documents, _put_facts(self._name, documents, self._facts, {}), strict=True):
            self._writer.add_document(_document(one, place))
        for name in {name for one in documents for name in one.vectors}:
            file = VectorFile(self._directory / f"{name}{VECTORS}")
            file.put({one.id.bytes: one.vectors.get(name) for one in documents})

    def finish(self) -> int:
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._index.reload()
        return int(self._index.searcher().num_docs)


def _schema(index: str) -> tantivy.Schema:
    fields = fields_of(index)
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("facts", fast=True)
    builder.add_text_field("terms", tokenizer_name="raw", index_option="basic")
    for name in ("whole", "title", "names", "english", "words"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("pinyin", tokenizer_name="raw", index_option="basic")
    for name in sorted(fields.exact):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in sorted(fields.numbers):
        builder.add_integer_field(name, fast=True)
    for name in sorted(fields.sortable & LEVELS):
        for is_descending in (True, False):
            builder.add_integer_field(order_field(Sort(name, is_descending)), fast=True)
    return builder.build()


def order_field(sort: Sort) -> str:
    """Return the field by which this order is kept."""
    if sort.field not in LEVELS:
        return sort.field
    return f"{sort.field}_{'down' if sort.is_descending else 'up'}"


def _add_orders(document: tantivy.Document, one: Prepared) -> None:
    moment = min(max(one.numbers.get("published_at", 0), 0), _MOMENTS)
    for name in LEVELS & one.numbers.keys():
        level = one.numbers[name] * (_MOMENTS + 1)
        document.add_integer(order_field(Sort(name)), level + moment)
        document.add_integer(order_field(Sort(name, is_descending=False)), level + _MOMENTS - moment)


def _fingerprint(index: str) -> str:
    fields = fields_of(index)
    shape = repr((SCHEMA_VERSION, sorted(fields.exact), sorted(fields.numbers)))
    return hashlib.sha256(shape.encode()).hexdigest()[:16]


def places_of(searcher: tantivy.Searcher, hits: Iterable[tuple[Any, Any]]) -> list[int]:
    """Return where the facts of what was found stand in their file."""
    return [int(one or 0) for one in searcher.fast_field_values("facts", [place for _, place in hits])]


def _put_facts(
    index: str, documents: Sequence[Prepared], facts: FactFile, known: dict[bytes, int]
) -> list[int]:
    """Return where the facts of these documents stand, written if they are not among those known."""
    records = [record_of(index, one.facts()) for one in documents]
    new = [one for one in records if one not in known]
    known |= zip(new, facts.append(new), strict=True)
    return [known[one] for one in records]


def _document(one: Prepared, place: int) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("id", str(one.id))
    document.add_integer("facts", place)
    parts = (one.title, one.keywords, one.text)
    document.add_text("title", " ".join(one.title.grams))
    document.add_text("whole", " ".join(" ".join(part.grams) for part in parts))
    document.add_text("words", " ".join(" ".join(part.words) for part in parts))
    document.add_text("english", " ".join(one.english.grams))
    document.add_text("names", " ".join(one.names.grams))
    for name, values in (("terms", one.indexed_terms()), ("pinyin", one.pinyin), *one.exact.items()):
        for value in values:
            document.add_text(name, value)
    for name, number in one.numbers.items():
        document.add_integer(name, number)
    _add_orders(document, one)
    return document
