"""A start with a wrong environment names every fault, and a demo needs no environment at all."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from market.settings import Settings, SettingsError, rules

ROOT = Path(__file__).parent.parent
REAL = {
    "DATABASE_URL": "postgresql://market:pass@db.test:5432/market",
    "SECRET_KEY": "a secret of at least thirty-two characters",
    "BASE_URL": "https://market.test/",
    "SMTP_URL": "smtp://user:pass@mail.test:587",
}


def test_a_demo_starts_without_any_variable_and_keeps_its_secret(tmp_path: Path) -> None:
    settings = Settings.from_env({"DATA_DIR": str(tmp_path / "var"), "PORT": "9000"})
    again = Settings.from_env({"DATA_DIR": str(tmp_path / "var")})

    assert settings.is_demo
    assert settings.database_url is None
    assert settings.base_url == "http://127.0.0.1:9000"
    assert not settings.is_secure
    assert len(settings.secret_key) >= 32
    assert again.secret_key == settings.secret_key
    assert (tmp_path / "var" / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_real_market_is_no_demo_unless_it_is_told_so() -> None:
    settings = Settings.from_env(REAL)

    assert not settings.is_demo
    assert settings.is_secure
    assert settings.base_url == "https://market.test"
    assert settings.data_directory == Path("var").absolute()
    assert settings.pool_size == 10
    assert Settings.from_env(REAL | {"DEMO": "1"}).is_demo
    assert not Settings.from_env(REAL | {"DEMO": "yes"}).is_demo


def test_all_faults_are_named_at_once_each_by_its_variable() -> None:
    environ = {
        "DATABASE_URL": "mysql://db.test",
        "SECRET_KEY": "short",
        "STRIPE_SECRET_KEY": "sk_test",
        "FILE_STORE_URL": "ftp://files.test",
        "MEILI_PREFIX": "a/b",
        "POOL_SIZE": "1",
        "FEE_BASIS_POINTS": "1001",
        "DOCUMENT_NUMBER": "补字{number}号",
    }

    with pytest.raises(SettingsError) as refused:
        Settings.from_env(environ)

    assert str(refused.value).splitlines() == [
        "SECRET_KEY must be set, with at least 32 characters",
        "BASE_URL must be set, such as https://market.example.org",
        "DATABASE_URL must begin with postgresql://",
        "MEILI_PREFIX must be letters, digits, _ and -, at most 60",
        "STRIPE_WEBHOOK_SECRET must be set beside STRIPE_SECRET_KEY",
        "SMTP_URL must be set, such as smtp://user:password@host:587",
        "FILE_STORE_URL must be like s3://key:secret@host/bucket?region=…",
        "POOL_SIZE must be a whole number, 2 or more",
        "FEE_BASIS_POINTS must be a whole number from 0 to 1000 (10 %)",
        "DOCUMENT_NUMBER must hold {kind}, {year} and {number} once each, in at most 40 characters",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POOL_SIZE", "ten"),
        ("POOL_SIZE", "-2"),
        ("POOL_SIZE", "2.5"),
        ("FEE_BASIS_POINTS", "-1"),
        ("FEE_BASIS_POINTS", "1 %"),
        ("BASE_URL", "market.test"),
        ("SECRET_KEY", "x" * 31),
        ("MEILI_PREFIX", "x" * 61),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} must be .*$") as refused:
        Settings.from_env(REAL | {name: value})

    assert value not in str(refused.value)


def test_documents_name_the_office_of_the_settings_and_count_by_its_pattern() -> None:
    office = {"OFFICE_NAME": "某科技局", "OFFICE_ADDRESS": "某路 1 号", "OFFICE_PHONE": "0771-1"}

    letterhead = Settings.from_env(
        REAL | office | {"DOCUMENT_NUMBER": "某科{kind}[{year}]{number}号"}
    ).letterhead

    assert letterhead.contact == "某科技局，地址：某路 1 号，电话：0771-1"
    assert letterhead.document_number("决", 2026, 3) == "某科决[2026]3号"
    assert Settings.from_env(REAL).letterhead.document_number("决", 2026, 3) == "补决〔2026〕3号"


def test_an_empty_variable_counts_as_not_set_but_for_embedders() -> None:
    environ = REAL | {"MEILI_URL": "", "MAIL_FROM": "", "POOL_SIZE": "", "EMBEDDERS": ""}

    settings = Settings.from_env(environ)

    assert settings.meili_url is None
    assert settings.mail_from == "no-reply@kezhuan.test"
    assert settings.pool_size == 10
    assert settings.embedders == ""
    assert Settings.from_env(REAL).embedders is None


def test_the_readme_names_every_variable() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]

    named = set(re.findall(r"`([A-Z_]+)`", section))

    assert len(rules()) == len(fields(Settings))
    assert set(rules()) - named == set()
