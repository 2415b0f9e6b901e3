"""Questions with known answers from the demo market itself, which anybody may publish, for `evaluate`.

An outcome is looked for by its name, its keywords and its English name, each time with that field hidden. A
need is matched with all outcomes: those that it came to a deal about count 3, all others 0.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from market.matching.quality.answer_sets import FILES
from market.seed import deals_contracted, deals_now, deals_past
from market.seed.content import load
from market.seed.deal_scripts import Script


def write_answer_sets(directory: Path) -> int:
    """Write the sets into a folder, which is made if need be; return how many questions they hold."""
    directory.mkdir(parents=True, exist_ok=True)
    outcomes, needs, pairs = load("outcomes"), load("needs"), _pairs()
    keys = [need for need in needs if need in pairs]
    sets: dict[str, list[dict[str, Any]]] = {
        "outcomes": [{"id": key, **_text(outcome)} for key, outcome in outcomes.items()],
        "known_item": [
            question for key, outcome in outcomes.items() for question in _questions(key, outcome)
        ],
        "graded_needs": [
            {"id": key, "title": needs[key]["title"], "text": needs[key]["description"]} for key in keys
        ],
        "graded_titles": [
            {"id": key, "terms": [outcome["title"], *outcome["keywords"]]}
            for key, outcome in outcomes.items()
        ],
        "graded_pairs": [
            {"need_id": need, "title_id": key, "grade": 3 * (key in pairs[need])}
            for need in keys
            for key in outcomes
        ],
    }
    for name, rows in sets.items():
        _write(directory / FILES[name], rows)
    return len(sets["known_item"]) + len(keys)


def _pairs() -> Mapping[str, set[str]]:
    """Return the outcomes that each need came to a deal about."""
    pairs: dict[str, set[str]] = {}
    for module in (deals_contracted, deals_now, deals_past):
        for script in _scripts(vars(module).values()):
            if script.bargain.need:
                pairs.setdefault(script.bargain.need, set()).add(script.bargain.outcome)
    return pairs


def _scripts(values: Iterable[object]) -> list[Script]:
    return [
        script
        for value in values
        for script in (value if isinstance(value, list | tuple) else (value,))
        if isinstance(script, Script)
    ]


def _text(outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": outcome["title"],
        "abstract": "\n".join([outcome["highlight"], outcome["problem"], outcome["solution"]]),
        "keywords": outcome["keywords"],
        "title_en": outcome.get("title_en", ""),
    }


def _questions(key: str, outcome: Mapping[str, Any]) -> list[dict[str, Any]]:
    words = list(outcome["keywords"])
    queries = {
        "title": ("title", outcome["title"]),
        "kw": ("keywords", " ".join(words[:6])),
        "kw2": ("keywords", " ".join(words[:2])),
        "title_en": ("title_en", outcome.get("title_en", "")),
    }
    return [
        {"qid": f"{key}#{kind}", "kind": kind, "hide_fields": hidden, "query": query, "relevant": key}
        for kind, (hidden, query) in queries.items()
        if query
    ]


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".tsv":
            writer = csv.DictWriter(
                file, list(rows[0]), delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\"
            )
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
