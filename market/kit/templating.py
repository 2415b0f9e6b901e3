"""Pages from Jinja templates: autoescaped, strictly undefined, without queries while rendering."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from market.kit import formats
from market.kit.compiled_templates import TemplateEnvironment, compiled_for
from market.kit.cookies import drop_cookie
from market.kit.drawn_parts import drawn
from market.kit.flash import COOKIE as FLASH_COOKIE
from market.kit.flash import take_flash
from market.kit.forms import BaseForm
from market.kit.held_forms import get_held_form
from market.kit.i18n import LOCALES, get_locale, gettext
from market.kit.menus import MenuEntry, build_workbench
from market.kit.room import rooms
from market.kit.security import FormToken
from market.kit.static_files import ROOT, static_url
from market.kit.traditional import convert_page, is_converted

FILTERS = (
    *("yuan", "figure", "wan", "wan_input", "in_unit", "in_words", "percent", "grouped"),
    *("day", "moment", "end_of", "closing_words", "file_size"),
)
"""Functions of `kit.formats` that templates use as filters."""


@lru_cache
def environment() -> TemplateEnvironment:
    """Return the shared template environment."""
    env = TemplateEnvironment(
        loader=FileSystemLoader(ROOT / "templates"),
        # Compiled templates are cached in a folder that only this user may write.
        bytecode_cache=FileSystemBytecodeCache(),
        # Templates are loaded once: reloading would stat every included file for each page.
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.install_gettext_callables(gettext, _plural, newstyle=False)  # type: ignore[attr-defined]
    env.globals["_"] = gettext
    env.globals["static_url"] = static_url
    env.globals["drawn"] = drawn
    for name in FILTERS:
        env.filters[name] = getattr(formats, name)
    return env


def _plural(singular: str, many: str, count: int) -> str:
    return gettext(singular if count == 1 else many)


def render_form(request: Request, template: str, form: BaseForm, **context: Any) -> Response:
    """Return the page of a form, as `form` in the template: 422 if it has errors, else 200."""
    return render(request, template, 422 if form.errors else 200, form=form, **context)


def render(request: Request, template: str, status_code: int = 200, **context: Any) -> Response:
    """Render a template into a response.

    Every template also has `request`, `actor`, `csrf`, `url(name, **params)`, `here(**query)`,
    `menu(name)`, `work` (the person's workbench, None for a guest), `flash`, `now`,
    the locale, `once` and `held` (what `kit/held_forms.py` shows again).
    """
    app = request.app

    def here(**changes: Any) -> str:
        query = {k: v for k, v in request.query_params.multi_items() if k not in changes}
        query.update({k: v for k, v in changes.items() if v not in (None, "")})
        return request.url.path + ("?" + urlencode(query) if query else "")

    is_demo = app.state.deps.settings.is_demo
    actor = getattr(request.state, "actor", None)

    def menu(name: str) -> tuple[MenuEntry, ...]:
        return tuple(rooms().menu(name, actor, is_demo=is_demo))

    work = None
    if actor is not None:
        entries = rooms().workbench(actor, is_demo=is_demo)
        work = build_workbench(entries, request.url.path, request.url.query, app.url_path_for)
    message = take_flash(request)
    may_convert = get_locale() == "zh-Hant" and is_converted(template)
    is_original = bool(request.query_params.get("original"))
    html = (
        compiled_for(environment(), get_locale())
        .get_template(template)
        .render(
            request=request,
            actor=actor,
            unread=getattr(request.state, "unread", 0),
            csrf=FormToken(request),
            url=app.url_path_for,
            here=here,
            menu=menu,
            work=work,
            flash=message,
            now=app.state.deps.clock(),
            settings=app.state.deps.settings,
            locale=get_locale(),
            once=secrets.token_urlsafe(9),
            held=get_held_form(),
            locales=LOCALES,
            may_convert=may_convert,
            is_original=is_original,
            **context,
        )
    )
    if may_convert and not is_original:
        html = convert_page(html)
    response = HTMLResponse(html, status_code=status_code)
    if message:
        drop_cookie(request, response, FLASH_COOKIE)
    if getattr(request.state, "actor", None) is not None:
        response.headers["cache-control"] = "private, no-store"
    return response
