"""What tests hand in instead of the outside world."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from market.deps import Deps
from market.kit.models import OutgoingMail
from market.settings import Settings


@dataclass
class FixedClock:
    """A clock that stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class FakeMailer:
    """Keeps what it was asked to send; set `down` and it cannot."""

    sent: list[OutgoingMail] = field(default_factory=list)
    down: bool = False

    async def send(self, mail: OutgoingMail) -> None:
        if self.down:
            raise ConnectionError("no mail server")
        self.sent.append(mail)


def fake_settings(directory: Path, **changes: object) -> Settings:
    values: dict[str, object] = {
        "data_directory": directory,
        "secret_key": "a secret that is long enough for tests",
        "base_url": "http://market.test",
        "is_demo": True,
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]


def fake_deps(directory: Path, *, now: datetime, **settings: object) -> Deps:
    """Everything from outside: a clock that stands still, the embedded engine, the Stripe stand-in."""
    from market.files.store import LocalStore
    from market.payments.standin_gateway import StandInGateway
    from market.search.embedded import EmbeddedSearch

    return Deps(
        settings=fake_settings(directory, **settings),
        clock=FixedClock(now),
        search=EmbeddedSearch(directory / "index"),
        mailer=FakeMailer(),
        store=LocalStore(directory / "files"),
        gateway=StandInGateway(),
    )
