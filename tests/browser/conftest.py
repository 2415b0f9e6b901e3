"""A whole market of its own, as `make run` starts it, and people at its pages in a real Chromium."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import chromium

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 180.0
"""Seconds after which a page, a process or a job counts as hanging; nothing is measured by it."""
UNWANTED = ("DATABASE_URL", "MEILI_URL", "PYTHONDONTWRITEBYTECODE")
"""As `make run` has it: embedded database and search engine, and modules that stay compiled."""

REAL = (("outcomes", "outcomes.jsonl.gz"), ("needs", "graded_needs.jsonl.gz"))
"""What of `DATA=folder` is taken over before people come, for a market as large as a real one."""


@dataclass
class Market:
    """A running market and the people who visit it, each in a browser of their own."""

    address: str
    browser: Browser
    environment: dict[str, str]
    faults: list[str] = field(default_factory=list)
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def visitor(self, name: str) -> Page:
        """Return the page of this person's browser; it is a guest's until they sign in."""
        if name not in self.contexts:
            context = self.browser.new_context(base_url=self.address, locale="zh-CN", accept_downloads=True)
            context.set_default_timeout(PATIENCE * 1000)
            self.contexts[name] = context
        context = self.contexts[name]
        if context.pages:
            return context.pages[0]
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{name}: {error}"))
        page.on(
            "response",
            lambda answer: (
                self.faults.append(f"{name}: {answer.status} {answer.url}") if answer.status >= 500 else None
            ),
        )
        return page

    def demo(self, login: str) -> Page:
        """Return the page of a demo login, signed in by its one-click button unless it is already."""
        is_new = login not in self.contexts
        page = self.visitor(login)
        if is_new:
            page.goto("/login")
            page.locator(f'form:has(input[value="{login}@demo.kezhuan.test"]) button').click()
        return page

    def leave(self, name: str) -> None:
        """Close this person's browser; whoever asks for it next begins as a guest."""
        self.contexts.pop(name).close()

    def command(self, *words: str) -> subprocess.Popen[str]:
        """Begin `python -m market …` beside the running site, on the same data."""
        return subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, "-m", "market", *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    if chromium.path() is None:
        pytest.fail("no Chromium on this machine: python -m tests.browser.chromium tells how to get one")
    directory = tmp_path_factory.mktemp("market")
    port = _free_port()
    log = (directory / "log.txt").open("w")
    environment = {k: v for k, v in os.environ.items() if k not in UNWANTED}
    environment |= {"DATA_DIR": str(directory / "var"), "PORT": str(port), "PYTHONPATH": str(ROOT)}
    site = subprocess.Popen(
        [sys.executable, "-m", "market", "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/readyz", site, directory / "log.txt")
        for kind, file in REAL if "DATA" in os.environ else ():
            path = Path(os.environ["DATA"]) / file
            command = [sys.executable, "-m", "market", "import", kind, "--publish", str(path)]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603 -- our own command
        expect.set_options(timeout=PATIENCE * 1000)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
            yield Market(address, browser, environment)
            browser.close()
    finally:
        site.send_signal(signal.SIGINT)
        try:
            site.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            site.kill()
        log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, site: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if site.poll() is not None:
            pytest.fail(f"the site ended while starting:\n{log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 -- our own address
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the site did not get ready:\n{log.read_text()[-3000:]}")
