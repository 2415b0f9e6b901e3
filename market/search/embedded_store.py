"""Storage of the embedded engine: a folder for each index, with numbered generations.

The file CURRENT names the live generation. Any process may read; a writer holds the folder's lock, so
that several processes write one after another.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import tantivy

from market.kit.errors import IndexDamaged
from market.search.candidates import Candidates, record_of
from market.search.documents import Prepared
from market.search.embedded_writer import MEMORY, FolderLock, Writer
from market.search.engine import Sort, Vector
from market.search.indexes import fields_of
from market.search.record_files import RecordFile, VectorFile

RECORD_FILE = "facts"
"""The file of candidate records."""
MARK = "MARK"
"""The file that says by which market's rebuild a generation was made."""
VECTORS = ".vectors"
"""Suffix of the file of a model's vectors."""
SCHEMA_VERSION = 4
"""Increment when the meaning of a field changes, so that indexes are rebuilt."""
PORTION = 50
"""Prepared documents that are held in memory at once."""

LEVEL_FIELDS = frozenset({"trl", "interests", "responses"})
"""Number fields with many ties, which are broken by the newest, as on Meilisearch."""
_MOMENTS = 2**33 - 1
"""Largest timestamp that is packed beside such a number."""


class Snapshot(NamedTuple):
    """An index as one commit left it."""

    searcher: tantivy.Searcher
    records: RecordFile
    kept: dict[Any, Any]
    """Pages of lists without words and counts of facets, kept as long as this commit is the latest."""


class IndexFolder:
    """An index in its folder."""

    def __init__(self, name: str, directory: Path, linger: float) -> None:
        self.name = name
        self.directory = directory
        self.schema = _schema(name)
        self._opened: tuple[str, tantivy.Index, RecordFile] | None = None
        self._seen: object = None
        self._was_there = False
        """This process has seen a live generation."""
        self._kept: dict[Any, Any] = {}
        self._vectors: tuple[Path, dict[str, VectorFile]] = (directory / "none", {})
        self._guard = threading.Lock()
        self._writer = Writer(directory / "lock", self._newest_index, linger)

    def searcher(self) -> tantivy.Searcher:
        """Return a searcher on the latest commit of any process."""
        return self.snapshot().searcher

    def snapshot(self) -> Snapshot:
        """Return a searcher on the latest commit, the file of its records, and what is kept of it."""
        for attempt in range(3):
            try:
                with self._guard:
                    index, facts = self._newest()
                    return Snapshot(index.searcher(), facts, self._kept)
            except (FileNotFoundError, ValueError) as error:
                # Another process swapped generations between our two reads.
                self.forget()
                if attempt == 2:
                    raise IndexDamaged(f"index {self.name}: {error}") from error
        raise AssertionError

    def ensure(self) -> bool:
        """Create the index if there is none with this schema; return whether it was created."""
        if self._current() is not None:
            return False
        with self.lock():
            if self._current() is not None:
                return False
            generation = self.new_generation()
            generation.finish()
            self.use(generation.number)
        return True

    def put(self, documents: Iterable[Prepared]) -> None:
        """Add or replace documents, visible to all readers on return.

        They are taken a portion at a time, since each weighs some 50 kB while it is written.
        """
        self.ensure()
        vectors: dict[bytes, Mapping[str, Vector]] = {}
        remaining = iter(documents)
        with self._writer.writing() as writer:
            while portion := list(islice(remaining, PORTION)):
                self._put_portion(writer, portion)
                vectors |= {document.id.bytes: document.vectors for document in portion}
            self._put_vectors(vectors)

    def _put_portion(self, writer: tantivy.IndexWriter, documents: Sequence[Prepared]) -> None:
        ids = self._with_ids(document.id for document in documents)
        searcher, facts, _facets = self.snapshot()
        hits = searcher.search(ids, len(documents), count=False).hits
        old_places = record_places(searcher, hits)
        places = _put_records(
            self.name, documents, facts, dict(zip(facts.read(old_places), old_places, strict=True))
        )
        writer.delete_documents_by_query(ids)
        for document, place in zip(documents, places, strict=True):
            writer.add_document(_document(document, place))

    def delete(self, ids: Iterable[UUID]) -> None:
        """Delete documents, invisible to all readers on return."""
        self.ensure()
        ids = list(ids)
        with self._writer.writing() as writer:
            writer.delete_documents_by_query(self._with_ids(ids))
            for file in self.vector_files().values():
                file.put({id_.bytes: None for id_ in ids})

    def vector_files(self) -> Mapping[str, VectorFile]:
        """Return the vector files of the live generation, by model."""
        folder = self.directory / (self._current() or "none")
        with self._guard:
            if self._vectors[0] != folder:
                self._vectors = (folder, {})
            for path in folder.glob(f"*{VECTORS}"):
                self._vectors[1].setdefault(path.name.removesuffix(VECTORS), VectorFile(path))
            return dict(self._vectors[1])

    def _put_vectors(self, vectors: Mapping[bytes, Mapping[str, Vector]]) -> None:
        """Write the vectors of documents, by id and model; a model without one for a document forgets it."""
        files = dict(self.vector_files())
        folder = self.directory / str(self._current())
        for name in {name for by_model in vectors.values() for name in by_model} - files.keys():
            files[name] = VectorFile(folder / f"{name}{VECTORS}")
        for name, file in files.items():
            file.put({key: by_model.get(name) for key, by_model in vectors.items()})

    def ids_and_revisions(self) -> dict[UUID, int]:
        """Return id and revision of every document."""
        searcher, facts, _facets = self.snapshot()
        if not searcher.num_docs:
            return {}
        hits = searcher.search(tantivy.Query.all_query(), int(searcher.num_docs), count=False).hits
        candidates = Candidates.of(facts.read(record_places(searcher, hits)))
        return dict(zip(candidates.ids, candidates.heads["revision"].tolist(), strict=True))

    def new_generation(self) -> Generation:
        """Create an empty generation beside the live one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        numbers = [int(path.name) for path in self.directory.iterdir() if path.name.isdigit()]
        number = max(numbers, default=0) + 1
        path = self.directory / str(number)
        path.mkdir()
        return Generation(self.name, number, tantivy.Index(self.schema, str(path)), path)

    def use(self, number: int) -> None:
        """Make a finished generation live for all readers, and delete older ones."""
        pointer = self.directory / "CURRENT.new"
        pointer.write_text(f"{number} {_fingerprint(self.name)}")
        pointer.replace(self.directory / "CURRENT")
        self.forget()
        for path in self.directory.iterdir():
            if path.name.isdigit() and int(path.name) != number:
                shutil.rmtree(path, ignore_errors=True)

    def mark(self) -> str | None:
        """Return the mark of the live generation."""
        try:
            return (self.directory / (self._current() or "none") / MARK).read_text().strip() or None
        except (FileNotFoundError, NotADirectoryError):
            return None

    def set_mark(self, mark: str) -> None:
        """Mark the live generation."""
        if current := self._current():
            (self.directory / current / MARK).write_text(mark)

    def forget(self) -> None:
        """Drop the open index; the next reader opens it again."""
        with self._guard:
            self._opened = None
            self._seen = None

    def close(self) -> None:
        """Close writer and index."""
        self._writer.close()
        self.forget()

    def lock(self) -> FolderLock:
        """Acquire the exclusive writer lock of this index, across processes."""
        return self._writer.lock()

    def _with_ids(self, ids: Iterable[UUID]) -> tantivy.Query:
        return tantivy.Query.term_set_query(self.schema, "id", [str(id_) for id_ in ids])

    def _newest_index(self) -> tantivy.Index:
        with self._guard:
            return self._newest()[0]

    def _newest(self) -> tuple[tantivy.Index, RecordFile]:
        """Return the reloaded index and its record file. The caller holds the guard."""
        current = self._current()
        if current is None:
            if self._was_there:  # lost is told from empty: nothing was ever there
                raise FileNotFoundError("it vanished")
            return tantivy.Index(self.schema), RecordFile(self.directory / RECORD_FILE)
        self._was_there = True
        if self._opened is None or self._opened[0] != current:
            index = tantivy.Index.open(str(self.directory / current))
            index.config_reader("manual")
            self._opened, self._seen = (
                (current, index, RecordFile(self.directory / current / RECORD_FILE)),
                None,
            )
        _, index, facts = self._opened
        # The metadata file changes with every commit of any process.
        state = os.stat(self.directory / current / "meta.json")
        if (stamp := (state.st_mtime_ns, state.st_ino)) != self._seen:
            index.reload()
            self._seen, self._kept = stamp, {}
        return index, facts

    def _current(self) -> str | None:
        try:
            number, shape = (self.directory / "CURRENT").read_text().split()
        except FileNotFoundError:
            return None
        return number if shape == _fingerprint(self.name) else None


class Generation:
    """An index that is being built and not live yet."""

    def __init__(self, name: str, number: int, index: tantivy.Index, directory: Path) -> None:
        self.number = number
        self._name = name
        self._facts = RecordFile(directory / RECORD_FILE)
        self._directory = directory
        self._vectors: dict[str, VectorFile] = {}
        self._index = index
        self._writer = index.writer(MEMORY, 1)

    def add(self, documents: Iterable[Prepared]) -> None:
        remaining = iter(documents)
        while portion := list(islice(remaining, PORTION)):
            places = _put_records(self._name, portion, self._facts, {})
            for document, place in zip(portion, places, strict=True):
                self._writer.add_document(_document(document, place))
            for name in {name for document in portion for name in document.vectors}:
                if name not in self._vectors:
                    self._vectors[name] = VectorFile(self._directory / f"{name}{VECTORS}")
                self._vectors[name].put(
                    {document.id.bytes: document.vectors.get(name) for document in portion}
                )

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
    for name in ("terms", "pinyin"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in ("whole", "title", "names", "english", "words"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in sorted(fields.exact):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in sorted(fields.numbers):
        builder.add_integer_field(name, fast=True)
    for name in sorted(fields.sortable & LEVEL_FIELDS):
        for is_descending in (True, False):
            builder.add_integer_field(order_field(Sort(name, is_descending)), fast=True)
    return builder.build()


def order_field(sort: Sort) -> str:
    """Return the field that stores this sort order."""
    if sort.field not in LEVEL_FIELDS:
        return sort.field
    return f"{sort.field}_{'down' if sort.is_descending else 'up'}"


def _add_orders(document: tantivy.Document, prepared: Prepared) -> None:
    moment = min(max(prepared.numbers.get("published_at", 0), 0), _MOMENTS)
    for name in LEVEL_FIELDS & prepared.numbers.keys():
        level = prepared.numbers[name] * (_MOMENTS + 1)
        document.add_integer(order_field(Sort(name)), level + moment)
        document.add_integer(order_field(Sort(name, is_descending=False)), level + _MOMENTS - moment)


def _fingerprint(index: str) -> str:
    fields = fields_of(index)
    shape = repr((SCHEMA_VERSION, sorted(fields.exact), sorted(fields.numbers)))
    return hashlib.sha256(shape.encode()).hexdigest()[:16]


def record_places(searcher: tantivy.Searcher, hits: Iterable[tuple[Any, Any]]) -> list[int]:
    """Return the places of the hits' records in the record file."""
    return [
        int(address or 0) for address in searcher.fast_field_values("facts", [address for _, address in hits])
    ]


def _put_records(
    index: str, documents: Sequence[Prepared], facts: RecordFile, stored: dict[bytes, int]
) -> list[int]:
    """Return the places of the documents' records, appending those that are not stored yet."""
    records = [record_of(index, record.facts()) for record in documents]
    new = [record for record in records if record not in stored]
    stored |= zip(new, facts.append(new), strict=True)
    return [stored[record] for record in records]


def _document(prepared: Prepared, place: int) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("id", str(prepared.id))
    document.add_integer("facts", place)
    parts = (prepared.title, prepared.keywords, prepared.text)
    document.add_text("title", " ".join(prepared.title.grams))
    document.add_text("whole", " ".join(" ".join(part.grams) for part in parts))
    document.add_text("words", " ".join(" ".join(part.words) for part in parts))
    document.add_text("english", " ".join(prepared.english.grams))
    document.add_text("names", " ".join(prepared.names.grams))
    # Neither terms nor spellings hold a space, so that one text of all is cheaper than a text for each.
    document.add_text("terms", " ".join(prepared.indexed_terms()))
    document.add_text("pinyin", " ".join(prepared.pinyin))
    for name, values in prepared.exact.items():
        for value in values:
            document.add_text(name, value)
    for name, number in prepared.numbers.items():
        document.add_integer(name, number)
    _add_orders(document, prepared)
    return document
