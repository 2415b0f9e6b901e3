"""Everything from outside that a page or a job may need, handed in once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from market.kit.recent import RecentFigures
from market.kit.shutdown import Shutdown

if TYPE_CHECKING:
    from market.files.store import FileStore
    from market.kit.mail import Mailer
    from market.payments.gateway import PaymentGateway
    from market.search.embedders import Embedder
    from market.search.engine import SearchEngine
    from market.settings import Settings


@dataclass(frozen=True)
class Deps:
    settings: Settings
    clock: Callable[[], datetime]
    """The time of the business, in UTC."""
    search: SearchEngine
    mailer: Mailer
    store: FileStore
    gateway: PaymentGateway | None
    """None: this market takes no online payments."""
    embedders: Sequence[Embedder] = ()
    """The models that tell what texts mean; none: words alone decide."""
    figures: RecentFigures = field(default_factory=RecentFigures)
    """Counts that every visit of the home page shows."""
    shutdown: Shutdown = field(default_factory=Shutdown)
    """Ends streams when the site stops."""
