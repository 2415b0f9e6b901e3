"""One way of reading text, for documents and for queries, on every engine.

Text is folded (NFKC, simplified Chinese, lower case), cut where scripts, numbers and units meet,
and then read in three ways: characters with their pairs (finds everything), words (weighs better),
and pinyin (for those who type it).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import rjieba
from opencc import OpenCC

LONGEST_QUERY = 240
"""Characters of a query that are read; nobody types more."""
LONGEST_TOPIC = 12
"""Characters up to which an unbroken question is one topic, and no sentence."""
LONGEST_TEXT = 20_000
"""Characters of one field of a document that are read."""
LONGEST_WORD = 40

DENSE = "\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
DENSE += "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Scripts written without spaces: Han, kana, Thai, Lao, Burmese, Khmer."""
_TOKEN = re.compile(rf"([{DENSE}]+)|[^\W_{DENSE}]+(?:[.\-/·][^\W_{DENSE}]+)*")
_PIECE = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_HYPHENS = re.compile("[‐‑‒–—−]")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_JOINTS = re.compile(r"[\-/·]|(?<!\d)\.|\.(?!\d)")

_FUNCTION_WORDS = """
的 了 和 与 及 或 在 于 对 为 其 等 中 上 下 是 并 以 从 由 将 可 该 本 之 而 且 所 被 把 用 有 到 后 前 时
一种 基于 关于 以及 用于 采用 进行 具有 通过 利用 使用 实现 问题 如何 怎样 怎么 需要 需求 目前 现有 能够 可以
the of and for in on to a an with by from
"""
STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Words that no search and no match hangs on."""

_simplified = OpenCC("t2s")


Run = tuple[list[str], list[str], list[str]]
"""Characters, pairs and words of a run of one kind of script."""


@dataclass(frozen=True, slots=True)
class Token:
    """A run of one kind of script. `pieces` are its parts where letters, numbers and joints meet."""

    text: str
    is_dense: bool
    pieces: tuple[str, ...] = ()


def fold(text: str, most: int = LONGEST_TEXT) -> str:
    """Return the text as it is compared: NFKC, simplified, lower case, without unseen characters."""
    text = _UNSEEN.sub(" ", text[:most])
    text = unicodedata.normalize("NFKC", text)[:most]
    # Lone surrogates can be typed into no form of a browser, but sent they can.
    text = text.encode("utf-8", "ignore").decode("utf-8")
    return str(_simplified.convert(_HYPHENS.sub("-", text))).lower()


def tokens(folded: str) -> Iterator[Token]:
    """Yield the runs of a folded text.

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
    """A folded text, read once."""

    folded: str
    singles: list[str]
    """Characters of dense scripts."""
    pairs: list[str]
    """Pairs of neighbouring characters of dense scripts, and the words of others."""
    words: list[str]
    """Words, longer ones and those within them."""

    @property
    def grams(self) -> list[str]:
        """Return everything that stands in the text, by one and two characters."""
        return self.singles + self.pairs

    def terms(self, most: int) -> list[str]:
        """Return what the text is about, the most frequent first: pairs of characters and words."""
        counts = Counter(self.pairs)
        counts.update([word for word in self.words if len(word) > 2 and not word.isascii()])
        for word in STOP_WORDS & counts.keys():
            del counts[word]
        return [term for term, _ in counts.most_common(most) if len(term) > 1]


def read(folded: str, known: dict[str, Run] | None = None) -> Reading:
    """Read a folded text in characters and in words.

    `known` keeps how runs were read; texts that are alike are then read in a fraction of the time.
    """
    known = {} if known is None else known
    singles: list[str] = []
    pairs: list[str] = []
    words: list[str] = []
    for match in _TOKEN.finditer(folded):
        run = match[0]
        if run not in known:
            known[run] = _run(run, is_dense=bool(match.lastindex))
        for into, found in zip((singles, pairs, words), known[run], strict=True):
            into += found
    return Reading(folded, singles, pairs, words)


def _run(run: str, *, is_dense: bool) -> Run:
    if is_dense:
        return list(run), [a + b for a, b in pairwise(run)], rjieba.cut_for_search(run)
    text, pieces = _parts(run)
    return [], [text, *pieces], [text, *pieces]


def _parts(run: str) -> tuple[str, tuple[str, ...]]:
    if len(run) <= LONGEST_WORD and (run.isalpha() or run.isdecimal()):
        return run, ()
    text = _JOINTS.sub("", run)[:LONGEST_WORD]
    pieces = tuple(_PIECE.findall(run[: 2 * LONGEST_WORD]))
    return text, pieces if pieces != (text,) else ()


def spaced(folded: str) -> str:
    """Return the text with a space between scripts, numbers and units, joined copies beside."""
    return " ".join(
        " ".join((token.text, *token.pieces)) if token.pieces else token.text for token in tokens(folded)
    )


def pinyin(folded: str) -> list[str]:
    """Return how the words of a title are typed: in full (fadongji) and by initials (fdj).

    Two and three neighbouring words are joined too, because nobody types spaces.
    """
    found: dict[str, None] = {}
    for token in tokens(folded):
        if not token.is_dense:
            continue
        parts = [_syllables(word) for word in rjieba.cut(token.text)]
        runs = [sum(parts[at : at + size], ()) for at in range(len(parts)) for size in (1, 2, 3)]
        runs += [_syllables(word) for word in rjieba.cut_for_search(token.text)]
        for syllables in runs:
            if 2 <= len(syllables) <= 12:
                found["".join(syllables)] = None
                found["".join(syllable[0] for syllable in syllables)] = None
    return list(found)


def query_words(folded: str) -> list[str]:
    """Return the words a person looks for, without those that no search hangs on, if others remain."""
    found: dict[str, None] = {}
    for token in tokens(folded):
        if token.is_dense:
            found |= dict.fromkeys(rjieba.cut(token.text))
        else:
            found[token.text] = None
    return [word for word in found if word not in STOP_WORDS] or list(found)


def is_word(term: str) -> bool:
    """Tell whether a term means something to a reader, unlike a pair of characters cut from words."""
    if not _TOKEN.match(term) or term.isascii():
        return any(char.isalpha() for char in term)
    return len(term) > 2 or rjieba.has_word(term)


def is_latin(token: Token) -> bool:
    """Tell whether a token could be pinyin."""
    return not token.is_dense and token.text.isascii() and token.text.isalpha()


def joined(parts: Iterable[str]) -> str:
    """Return the parts that are not empty, one a line."""
    return "\n".join(part for part in parts if part)


@lru_cache(maxsize=50_000)
def _syllables(word: str) -> tuple[str, ...]:
    # Its readings of phrases are half a second of every start, and most commands read none.
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(word, style=Style.NORMAL, errors="ignore"))
