"""Text normalisation and tokenisation, the same for documents and queries on every engine.

Text is folded (NFKC, simplified Chinese, lower case), split where scripts, numbers and units meet, and
tokenised in three ways: characters and bigrams (recall), words (precision), and pinyin.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from typing import Any
from zlib import crc32

from opencc import OpenCC

LONGEST_QUERY = 240
"""Characters of a query that are used."""
LONGEST_TOPIC = 12
"""Characters up to which a query without separators is one topic rather than a sentence."""
LONGEST_TEXT = 20_000
"""Characters of one field of a document that are indexed."""
LONGEST_WORD = 40

DENSE = "\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
DENSE += "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Scripts written without spaces: Han, kana, Thai, Lao, Burmese, Khmer."""
_TOKEN = re.compile(rf"([{DENSE}]+)|[^\W_{DENSE}]+(?:[.\-/·][^\W_{DENSE}]+)*")
_PIECE = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_HYPHENS = re.compile("[‐‑‒–—−]")
_ACCENTED = re.compile("[À-ÖØ-öø-ɏḀ-ỿ]")
"""Latin letters with an accent: people type Poincare for Poincaré."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_JOINTS = re.compile(r"[\-/·]|(?<!\d)\.|\.(?!\d)")

_FUNCTION_WORDS = """
的 了 和 与 及 或 在 于 对 为 其 等 中 上 下 是 并 以 从 由 将 可 该 本 之 而 且 所 被 把 用 有 到 后 前 时
一种 基于 关于 以及 用于 采用 进行 具有 通过 利用 使用 实现 问题 如何 怎样 怎么 需要 需求 目前 现有 能够 可以
the of and for in on to a an with by from
"""
NEGATIONS = frozenset("免无非不未")
"""Before a word they turn it into its opposite: 免烧砖 is no 烧砖."""
STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Stop words of search and matching."""

_simplified = OpenCC("t2s")


@cache
def _dictionary() -> Any:
    """Return the segmenter, loaded by the first text: its dictionary takes 35 MB and a tenth of a second."""
    import rjieba

    return rjieba


Run = tuple[list[str], list[str], list[str]]
"""Characters, bigrams and words of a run of one script."""


@dataclass(frozen=True, slots=True)
class Token:
    """A run of one script. `pieces` are its parts, split between letters, numbers and hyphens."""

    text: str
    is_dense: bool
    pieces: tuple[str, ...] = ()


def fold(text: str, most: int = LONGEST_TEXT) -> str:
    """Fold a text: NFKC, simplified Chinese, lower case, without accents and invisible characters."""
    text = _UNSEEN.sub(" ", text[:most])
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text)[:most]
    # Lone surrogates cannot be typed in a browser, but can be sent.
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = _ACCENTED.sub(lambda match: unicodedata.normalize("NFKD", match[0])[0], text)
    return simplify(_HYPHENS.sub("-", text)).lower()


def simplify(text: str) -> str:
    """Convert traditional Chinese to simplified."""
    return str(_simplified.convert(text))


def tokens(folded: str) -> Iterator[Token]:
    """Tokenise a folded text into runs of one script.

    `ti-6al-4v` becomes one token ti6al4v with the pieces ti 6 al 4 v, and so does `ti6al4v`;
    `3.5kw` has the pieces 3.5 and kw.
    """
    for match in _TOKEN.finditer(folded):
        if match.lastindex:
            yield Token(match[0], is_dense=True)
        else:
            text, pieces = _parts(match[0])
            yield Token(text, is_dense=False, pieces=pieces)


@dataclass(frozen=True, slots=True)
class Reading:
    """A tokenised text."""

    folded: str
    singles: list[str]
    """Characters of dense scripts."""
    pairs: list[str]
    """Bigrams of dense scripts, and the words of others."""
    words: list[str]
    """Words, including those within longer ones."""

    @property
    def grams(self) -> list[str]:
        """Return unigrams and bigrams of the text."""
        return self.singles + self.pairs

    def terms(self, most: int) -> list[str]:
        """Return the most frequent bigrams and words, without stop words."""
        counts = Counter(self.pairs)
        counts.update([word for word in self.words if len(word) > 2 and not word.isascii()])
        for word in STOP_WORDS & counts.keys():
            del counts[word]
        return [term for term in most_frequent(counts, most) if len(term) > 1]


def read(folded: str, cache: dict[str, Run] | None = None) -> Reading:
    """Tokenise a folded text into characters, bigrams and words.

    `cache` holds runs by text, which saves most of the time for similar texts.
    """
    singles: list[str] = []
    pairs: list[str] = []
    words: list[str] = []
    for match in _TOKEN.finditer(folded):
        run = match[0]
        if cache is None and match.lastindex:  # most of a document, without lists in between
            singles += run
            pairs += [run[at : at + 2] for at in range(len(run) - 1)]
            words += _dictionary().cut_for_search(run)
            continue
        pieces = None if cache is None else cache.get(run)
        if pieces is None:
            pieces = _run(run, match.lastindex)
            if cache is not None:
                cache[run] = pieces
        singles += pieces[0]
        pairs += pieces[1]
        words += pieces[2]
    return Reading(folded, singles, pairs, words)


def _run(run: str, group: int | None) -> Run:
    """Return characters, bigrams and words of a run; `group` is None where it is of no dense script."""
    if group:
        return list(run), list(map(str.__add__, run, run[1:])), _dictionary().cut_for_search(run)
    text, pieces = _parts(run)
    return [], [text, *pieces], [text, *pieces]


def most_frequent(counts: Mapping[str, int], most: int) -> list[str]:
    """Return the terms with the highest counts, the first counted first among equals.

    Most counts are 1, which sorting passes over more quickly than the heap of `Counter.most_common`.
    """
    return sorted(counts, key=counts.__getitem__, reverse=True)[:most]


def _parts(run: str) -> tuple[str, tuple[str, ...]]:
    if len(run) <= LONGEST_WORD and (run.isalpha() or run.isdecimal()):
        return run, ()
    text = _JOINTS.sub("", run)[:LONGEST_WORD]
    pieces = tuple(_PIECE.findall(run[: 2 * LONGEST_WORD]))
    return text, pieces if pieces != (text,) else ()


def spaced(folded: str) -> str:
    """Return the text with spaces between scripts, numbers and units, with compounds beside their parts."""
    return " ".join(
        " ".join((token.text, *token.pieces)) if token.pieces else token.text for token in tokens(folded)
    )


def pinyin(folded: str) -> list[str]:
    """Return pinyin spellings of a title's words: in full (fadongji) and by initials (fdj).

    Two and three adjacent words are joined too, because pinyin is typed without spaces.
    """
    spellings: dict[str, None] = {}
    for token in tokens(folded):
        if not token.is_dense:
            continue
        words = [_spelling(word) for word in _dictionary().cut(token.text)]
        for at, (full, initials, syllables) in enumerate(words):
            _add_spelling(spellings, full, initials, syllables)
            for next_full, next_initials, next_syllables in words[at + 1 : at + 3]:
                full += next_full
                initials += next_initials
                syllables += next_syllables
                _add_spelling(spellings, full, initials, syllables)
        for word in _dictionary().cut_for_search(token.text):
            _add_spelling(spellings, *_spelling(word))
    return list(spellings)


def _add_spelling(spellings: dict[str, None], full: str, initials: str, syllables: int) -> None:
    if 2 <= syllables <= 12:
        spellings[full] = spellings[initials] = None


def cut_words(text: str) -> Iterator[str]:
    """Cut a run of a dense script into words; a negation stays with the word that it turns: 免烧砖."""
    negation = ""
    for word in _dictionary().cut(text):
        if word in NEGATIONS:
            yield from [negation] if negation else []
            negation = word
            continue
        yield negation + word
        negation = ""
    if negation:
        yield negation


def query_words(folded: str) -> list[str]:
    """Return the words of a query, without stop words unless there are no others."""
    words: dict[str, None] = {}
    for token in tokens(folded):
        if token.is_dense:
            words |= dict.fromkeys(cut_words(token.text))
        else:
            words[token.text] = None
    return [word for word in words if word not in STOP_WORDS] or list(words)


def is_word(term: str) -> bool:
    """Return whether a term is a word to a reader, unlike a bigram across word boundaries."""
    if not _TOKEN.match(term) or term.isascii():
        return any(char.isalpha() for char in term)
    return len(term) > 2 or _dictionary().has_word(term)


def is_latin(token: Token) -> bool:
    """Return whether a token may be pinyin."""
    return not token.is_dense and token.text.isascii() and token.text.isalpha()


def joined(parts: Iterable[str]) -> str:
    """Join the non-empty parts, one a line."""
    return "\n".join(part for part in parts if part)


@lru_cache(maxsize=20_000)
def _spelling(word: str) -> tuple[str, str, int]:
    """Return the pinyin of a word in full and by initials, and the number of its syllables."""
    # Imported late: its phrase tables take half a second to load, and most commands need none.
    from pypinyin import Style, lazy_pinyin

    syllables = lazy_pinyin(word, style=Style.NORMAL, errors="ignore")
    return "".join(syllables), "".join(syllable[0] for syllable in syllables), len(syllables)


def term_hash(term: str) -> int:
    """Return the CRC-32 of a term, or the code point of a single character."""
    return ord(term) if len(term) == 1 else crc32(term.encode())


def term_hashes(*terms: Iterable[str]) -> bytes:
    """Return the hashes of all terms in order, four bytes each in native byte order."""
    return array("I", map(term_hash, chain(*terms))).tobytes()
