"""Templates compiled for one language: what is the same on every page is text in the compiled template.

A page says some hundred messages and addresses that never change. `_("…")` without values and `url("…")`
without parameters are worked out when a template is compiled, not each time it is drawn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, Template, nodes
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from market.kit.i18n import LOCALES, gettext, in_locale

_fixed_addresses: dict[str, str] = {}
"""Addresses of the routes without parameters, by name."""


def use_addresses(addresses: Mapping[str, str]) -> Mapping[str, str]:
    """Take the addresses of a site's routes without parameters; return those known before."""
    before = dict(_fixed_addresses)
    if addresses != before:
        _fixed_addresses.clear()
        _fixed_addresses.update(addresses)
        compiled_for.cache_clear()
    return before


class _Template(Template):
    """A template that is imported without a search for globals of the importing one: ours have none."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


class TemplateEnvironment(Environment):
    """An environment that folds constant calls once it has a locale (`compiled_for`)."""

    locale = ""
    template_class = _Template

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.locale:
            with in_locale(self.locale):
                _Folding().visit(tree)
        return tree


@lru_cache(maxsize=2 * len(LOCALES))
def compiled_for(environment: TemplateEnvironment, locale: str) -> TemplateEnvironment:
    """Return the environment whose templates speak one language."""
    # Compiled templates are kept on the disk for the next start, apart by language and addresses.
    known = hashlib.sha256(json.dumps([locale, sorted(_fixed_addresses.items())]).encode()).hexdigest()[:12]
    cache = FileSystemBytecodeCache(pattern=f"__jinja2_{known}_%s.cache")
    own = environment.overlay(bytecode_cache=cache)
    own.locale = locale
    return own


class _Folding(NodeTransformer):
    """Replaces calls whose answer is known by their answer."""

    def visit_Call(self, call: nodes.Call) -> nodes.Node:  # noqa: N802  # Jinja's name
        self.generic_visit(call)
        if not isinstance(call.node, nodes.Name) or len(call.args) != 1 or call.kwargs:
            return call
        argument = call.args[0]
        if call.dyn_args or call.dyn_kwargs or not isinstance(argument, nodes.Const):
            return call
        answer = _ANSWERS.get(call.node.name, _unknown)(argument.value)
        return call if answer is None else nodes.Const(answer, lineno=call.lineno)


def _unknown(_argument: Any) -> None:
    return None


_ANSWERS: Mapping[str, Callable[[Any], str | None]] = {
    "_": lambda message: str(gettext(message)),
    "url": _fixed_addresses.get,
}
