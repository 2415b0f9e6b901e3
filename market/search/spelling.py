"""Did you mean: spelling correction of Latin words and pinyin against the vocabulary of an index.

Words are indexed by spelling: Latin words by their letters, Chinese ones by their pinyin. A typed word is
corrected to one within an edit distance of one, by deletion neighbourhoods.
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
"""Letters of the shortest word that is corrected: shorter ones are near to everything."""
LONGEST = 24
LONGEST_HAN = 6
"""Characters of the longest Chinese word that is corrected."""
MAX_WORDS = 20_000
"""The most frequent words of an index that are kept."""
PATIENCE = 0.05
"""Seconds a page waits for a refresh of the vocabulary."""
CACHE_SECONDS = 1800.0
"""Seconds for which the vocabulary of an index is cached, in real time."""


@dataclass
class Vocabulary:
    """Words by spelling, and spellings by their deletion variants."""

    typed: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By spelling: document frequency and word."""
    near: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    words: set[str] = field(default_factory=set)
    """Every word and bigram that the index has."""

    @classmethod
    def of(cls, frequencies: Mapping[str, int]) -> Vocabulary:
        """Build a vocabulary from the terms of an index with their document frequencies."""
        from pypinyin import lazy_pinyin  # slow to load, see normalise

        vocabulary = cls(words=set(frequencies))
        by_frequency = sorted(frequencies.items(), key=lambda item: (-item[1], item[0]))
        for word, count in [item for item in by_frequency if is_word(item[0])][:MAX_WORDS]:
            spelled = word if word.isascii() else "".join(lazy_pinyin(word))
            if SHORTEST <= len(spelled) <= LONGEST and spelled.isalpha():
                vocabulary.typed.setdefault(spelled, (count, word))
        for spelled in vocabulary.typed:
            for shorter in _deletions(spelled):
                vocabulary.near[shorter].append(spelled)
        return vocabulary

    def same_sound(self, typed: str) -> str | None:
        """Return the word that sounds like a Chinese one that is nowhere used: 赤泥 for 赤尼."""
        if not 1 < len(typed) <= LONGEST_HAN or any(typed in word for word in self.words):
            return None
        from pypinyin import lazy_pinyin

        entry = self.typed.get("".join(lazy_pinyin(typed)))
        is_near = entry is not None and len(entry[1]) == len(typed) and bool(set(entry[1]) & set(typed))
        return entry[1] if entry and is_near else None

    def complete(self, typed: str, most: int) -> list[str]:
        """Return the Chinese words whose pinyin begins with what is typed, the most frequent first."""
        completions = [
            (-count, word)
            for spelled, (count, word) in self.typed.items()
            if spelled.startswith(typed) and not word.isascii()
        ]
        return [word for _count, word in sorted(completions)[:most]]

    def correct(self, typed: str) -> str | None:
        """Return the most frequent correction; None for a known word or without one."""
        if not SHORTEST <= len(typed) <= LONGEST:
            return None
        if typed in self.typed:
            word = self.typed[typed][1]
            return None if word == typed else word
        similar = [spelling for deletion in _deletions(typed) for spelling in self.near.get(deletion, ())]
        # Prefer completions of what is typed to other edits.
        best = max(
            similar,
            key=lambda spelling: (spelling.startswith(typed), self.typed[spelling][0], spelling),
            default=None,
        )
        return self.typed[best][1] if best else None


def corrected(text: str, vocabulary: Vocabulary) -> str | None:
    """Return the query with Latin and mistyped Chinese words corrected; None if nothing changes."""
    words, is_changed = [], False
    for token in tokens(fold(text, LONGEST_QUERY)):
        correction = vocabulary.correct(token.text) if is_latin(token) else None
        if token.is_dense:
            correction = vocabulary.same_sound(token.text)
        words.append(correction or token.text)
        is_changed = is_changed or correction is not None
    return " ".join(words) if is_changed else None


class Speller:
    """Caches the vocabulary of each index of one engine and refreshes it in the background."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self._cache: dict[str, tuple[float, Vocabulary]] = {}
        self._refreshing: dict[str, asyncio.Task[None]] = {}

    async def did_you_mean(self, index: str, text: str) -> str | None:
        """Return a corrected query, or None; also None while the vocabulary is still loading."""
        if not any(
            (is_latin(token) and len(token.text) >= SHORTEST)
            or (token.is_dense and 1 < len(token.text) <= LONGEST_HAN)
            for token in tokens(fold(text, LONGEST_QUERY))
        ):
            return None
        cached = self._cache.get(index)
        if cached is None or time.monotonic() - cached[0] > CACHE_SECONDS:
            await self._read(index)
            cached = self._cache.get(index)
        return corrected(text, cached[1]) if cached else None

    async def complete(self, index: str, typed: str, most: int) -> list[str]:
        """Return Chinese words of an index whose pinyin begins with what is typed; none while loading."""
        token_list = list(tokens(fold(typed, LONGEST_QUERY)))
        if not token_list or not all(is_latin(token) for token in token_list):
            return []
        cached = self._cache.get(index)
        if cached is None:
            await self._read(index)
            cached = self._cache.get(index)
        return cached[1].complete("".join(token.text for token in token_list), most) if cached else []

    async def warm(self, indexes: Sequence[str]) -> None:
        """Load the vocabulary of these indexes before the first page asks for it."""
        for index in indexes:
            if index not in self._cache and index not in self._refreshing:
                await self.refresh(index)

    async def _read(self, index: str) -> None:
        if index not in self._refreshing:
            self._refreshing[index] = asyncio.create_task(self.refresh(index))
        await asyncio.wait([self._refreshing[index]], timeout=PATIENCE)

    async def refresh(self, index: str) -> None:
        """Reload the vocabulary of an index; keep the old one while the engine is unavailable."""
        try:
            frequencies = await self._engine.words(index)
            vocabulary = await asyncio.to_thread(Vocabulary.of, frequencies)
            self._cache[index] = (time.monotonic(), vocabulary)
        except SearchUnavailable:
            return
        finally:
            self._refreshing.pop(index, None)


_spellers: dict[int, tuple[Any, Speller]] = {}


def speller_of(engine: SearchEngine) -> Speller:
    """Return the cached speller of an engine."""
    cached = _spellers.get(id(engine))
    if cached is None or cached[0] is not engine:
        _spellers.clear()
        cached = _spellers[id(engine)] = (engine, Speller(engine))
    return cached[1]


def _deletions(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}
