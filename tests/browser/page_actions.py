"""Actions on a page in a browser: fill in by label, press, choose a file, reload until it shows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from playwright.sync_api import ElementHandle, FilePayload, Locator, Page, expect

from market.seed.content import make_pdf
from tests.browser.conftest import PATIENCE


def fill(page: Page, values: Mapping[str, str | bool | tuple[str, ...]]) -> None:
    """Fill in fields of the page's forms by the beginning of their labels.

    True ticks a box; several values go into the rows of a table of like rows, from the first on.
    """
    for label, value in values.items():
        fields = page.locator("main").get_by_label(re.compile(rf"^\s*{re.escape(label)}"))
        for place, each in enumerate(value if isinstance(value, tuple) else (value,)):
            # Looked up once: a search by label goes over the whole page.
            _enter(fields.nth(place).element_handle(), each)


def _enter(field: ElementHandle, value: str | bool) -> None:
    if isinstance(value, bool):
        field.set_checked(value)
    elif field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def press(page: Page | Locator, words: str, *, among: int = 0) -> None:
    """Press the button, or follow the link, with exactly these words in the body of the page."""
    found = page.get_by_role("button", name=words, exact=True).or_(
        page.get_by_role("link", name=words, exact=True)
    )
    found.nth(among).click()


def main(page: Page) -> Locator:
    return page.locator("main")


def choose_paper(page: Page, name: str, *, label: str = "") -> None:
    """Choose a small PDF called `name` in the form of the page."""
    field = main(page).get_by_label(re.compile(label)) if label else main(page).locator("input[type=file]")
    paper = make_pdf(["A paper of the story in the browser", "KeZhuan"])
    field.first.set_input_files(FilePayload(name=name, mimeType="application/pdf", buffer=paper))


def reload_until(page: Page, is_there: Callable[[], bool], what: str) -> None:
    """Reload the page until `is_there`: a job in the background brings it about."""
    started = time.monotonic()
    while not is_there():
        assert time.monotonic() - started < PATIENCE, f"waited in vain for {what} at {page.url}"
        time.sleep(0.1)
        page.reload()


def follow_mail(page: Page, email: str) -> None:
    """Follow the link of the newest mail to this address."""
    page.goto(f"/mails?to={email}")
    mails = main(page).locator("tbody a")
    reload_until(page, lambda: mails.count() > 0, f"a mail to {email}")
    mails.first.click()
    main(page).locator(".mail a").first.click()


def shows(page: Page, *words: str) -> None:
    """The body of the page contains all of these words."""
    for each in words:
        expect(main(page)).to_contain_text(each)


def shows_flash(page: Page, words: str) -> None:
    """The page tells at its top what was just done."""
    expect(page.locator(".flash")).to_contain_text(words)


def hides(page: Page, *words: str) -> None:
    """The body of the page contains none of these words."""
    for each in words:
        expect(main(page)).not_to_contain_text(each)


def number_in(page: Page) -> str:
    """Return the number of the record whose page this is: the last part of the address."""
    return page.url.split("?")[0].split("#")[0].rstrip("/").rsplit("/", 1)[-1]
