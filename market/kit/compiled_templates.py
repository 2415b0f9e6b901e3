"""Templates compiled for one language: what is the same on every page is text in the compiled template.

A page says some hundred messages and addresses that never change. `_("…")` without values and `url("…")`
without parameters are worked out when a template is compiled, not each time it is drawn. What a template
includes is compiled into it, calls and escapes go straight to what is called: together a quarter of the
processor time of drawing a listing's page.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, Template, TemplateNotFound, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape
from markupsafe import _escape_inner as escape_text  # type: ignore[attr-defined]  # the package shows it to itself

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


def _shown(value: object) -> str:
    """Return a value as it stands in a page; unlike `escape` without an object of its own for a text."""
    if type(value) is str:
        return str(escape_text(value))
    return value if type(value) is Markup else escape(value)


class _Generator(CodeGenerator):
    """Writes calls and escapes without what ours do not need: none of our functions takes the context."""

    @optimizeconst
    def visit_Call(  # noqa: N802  # Jinja's name
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        self.write("environment.call_of(")
        self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write("environment.shown(")


class TemplateEnvironment(Environment):
    """An environment that folds constant calls and includes once it has a locale (`compiled_for`)."""

    locale = ""
    template_class = _Template
    code_generator_class = _Generator
    call_of: Any = staticmethod(operator.call)
    shown = staticmethod(_shown)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.locale:
            with in_locale(self.locale):
                _Folding(self, name).visit(tree)
        return tree


class _KeptTemplates(FileSystemBytecodeCache):
    """Compiled templates on the disk; one is compiled again when it has changed, or what it includes."""

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        whole = source + "".join(_included(environment, source, {name}))
        return super().get_bucket(environment, name, filename, whole)


def _included(environment: Environment, source: str, names: set[str]) -> Iterator[str]:
    """Yield the sources of all that a template may include, each once."""
    for name in _INCLUDE.findall(source):
        if name in names or environment.loader is None:
            continue
        names.add(name)
        try:
            part = environment.loader.get_source(environment, name)[0]
        except TemplateNotFound:  # told where it is included
            continue
        yield part
        yield from _included(environment, part, names)


_INCLUDE = re.compile(r"""\binclude\s+["']([^"']+)["']""")


@lru_cache(maxsize=2 * len(LOCALES))
def compiled_for(environment: TemplateEnvironment, locale: str) -> TemplateEnvironment:
    """Return the environment whose templates speak one language."""
    # Compiled templates are kept on the disk for the next start, apart by what is compiled into all of them.
    known = hashlib.sha256(json.dumps([locale, sorted(_fixed_addresses.items())]).encode())
    known.update(Path(__file__).read_bytes())
    cache = _KeptTemplates(pattern=f"__jinja2_{known.hexdigest()[:12]}_%s.cache")
    own = environment.overlay(bytecode_cache=cache)
    own.locale = locale
    return own


class _Folding(NodeTransformer):
    """Replaces calls whose answer is known by their answer, includes by what they include."""

    def __init__(self, environment: TemplateEnvironment, name: str | None) -> None:
        self.environment, self.names = environment, [name]

    def visit_Include(self, include: nodes.Include) -> nodes.Node:  # noqa: N802  # Jinja's name
        loader, template = self.environment.loader, include.template
        if loader is None or not isinstance(template, nodes.Const) or not isinstance(template.value, str):
            return include
        name = template.value
        if name in self.names or include.ignore_missing or not include.with_context:
            return include
        source, filename, _is_current = loader.get_source(self.environment, name)
        tree = Environment._parse(self.environment, source, name, filename)
        if tree.find(nodes.Extends) is not None or tree.find(nodes.Block) is not None:
            return include
        self.names.append(name)
        self.visit(tree)
        self.names.pop()
        return nodes.Scope(tree.body, lineno=include.lineno)

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
