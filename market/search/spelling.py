"""Did you mean: what a person most likely meant by a Latin word that nothing here is called.

The words of an index are known by how they are typed: Latin words by their letters, Chinese ones by
their pinyin. A typed word is meant to be a known one if at most one letter is missing, too many or wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from market.kit.errors import SearchUnavailable
from market.search.engine import SearchEngine
from market.search.normalise import LONGEST_QUERY, fold, is_latin, is_word, tokens

SHORTEST = 4
"""Letters of a word that is worth correcting: shorter ones are too near to everything."""
LONGEST = 24
MOST_WORDS = 20_000
"""Of an index's words only the most frequent are remembered."""
PATIENCE = 0.05
"""Seconds a page waits for the words to be read; the next page has them."""
FRESH = 1800.0
"""Seconds for which the words of an index are remembered, in real time."""


@dataclass
class Vocabulary:
    """Words by how they are typed, and by that with each one letter left out."""

    typed: dict[str, tuple[int, str]] = field(default_factory=dict)
    """How a word is typed: in how many documents it stands, and the word."""
    near: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, frequencies: Mapping[str, int]) -> Vocabulary:
        """Read the terms of an index with their frequencies."""
        from pypinyin import lazy_pinyin  # slow to load, see normalise

        made = cls()
        known = sorted(frequencies.items(), key=lambda item: (-item[1], item[0]))
        for word, count in [item for item in known if is_word(item[0])][:MOST_WORDS]:
            spelled = word if word.isascii() else "".join(lazy_pinyin(word))
            if SHORTEST <= len(spelled) <= LONGEST and spelled.isalpha():
                made.typed.setdefault(spelled, (count, word))
        for spelled in made.typed:
            for shorter in _shorter(spelled):
                made.near[shorter].append(spelled)
        return made

    def meant(self, typed: str) -> str | None:
        """Return the most frequent word that was probably meant; None for a word that is known itself."""
        if not SHORTEST <= len(typed) <= LONGEST:
            return None
        if typed in self.typed:
            word = self.typed[typed][1]
            return None if word == typed else word
        near = [each for one in _shorter(typed) for each in self.near.get(one, ())]
        # A word that is still being typed is more likely meant than one with another letter.
        best = max(near, key=lambda each: (each.startswith(typed), self.typed[each][0], each), default=None)
        return self.typed[best][1] if best else None


def corrected(text: str, vocabulary: Vocabulary) -> str | None:
    """Return the whole query with its Latin words put right, None if there is nothing to put right."""
    words, is_changed = [], False
    for token in tokens(fold(text, LONGEST_QUERY)):
        meant = vocabulary.meant(token.text) if is_latin(token) else None
        words.append(meant or token.text)
        is_changed = is_changed or meant is not None
    return " ".join(words) if is_changed else None


class Speller:
    """Remembers the words of each index of one engine for a while; reads them beside the pages."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self._known: dict[str, tuple[float, Vocabulary]] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def did_you_mean(self, index: str, text: str) -> str | None:
        """Return a better query, or None; also None while the words are still being read."""
        if not any(
            is_latin(token) and len(token.text) >= SHORTEST for token in tokens(fold(text, LONGEST_QUERY))
        ):
            return None
        known = self._known.get(index)
        if known is None or time.monotonic() - known[0] > FRESH:
            await self._read(index)
            known = self._known.get(index)
        return corrected(text, known[1]) if known else None

    async def warm(self, indexes: Sequence[str]) -> None:
        """Read the words of these indexes, one after another, so that the first page has them."""
        for index in indexes:
            if index not in self._known and index not in self._reading:
                await self.remember(index)

    async def _read(self, index: str) -> None:
        if index not in self._reading:
            self._reading[index] = asyncio.create_task(self.remember(index))
        await asyncio.wait([self._reading[index]], timeout=PATIENCE)

    async def remember(self, index: str) -> None:
        """Read the words of an index; while the engine is away the old ones stay."""
        try:
            frequencies = await self._engine.words(index)
            vocabulary = await asyncio.to_thread(Vocabulary.of, frequencies)
            self._known[index] = (time.monotonic(), vocabulary)
        except SearchUnavailable:
            return
        finally:
            self._reading.pop(index, None)


_spellers: dict[int, tuple[Any, Speller]] = {}


def speller_of(engine: SearchEngine) -> Speller:
    """Return the speller that belongs to an engine."""
    kept = _spellers.get(id(engine))
    if kept is None or kept[0] is not engine:
        _spellers.clear()
        kept = _spellers[id(engine)] = (engine, Speller(engine))
    return kept[1]


def _shorter(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}
