"""Challenges: their terms as they stand and as published, and what two persons decided about them."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

TERMS = (
    "title kind is_masked summary background field cooperation budget_kind budget budget_least is_tax_included "
    "public_share public_most pledge pledge_note ownership ownership_note background_rights spread failure "
    "solvers allows_teams conditions thresholds winners winners_most each race_lanes race_cut opens_at "
    "deadline_at shows_count sign_days indicators milestones criteria packages contact"
)
ARGUMENTS = "argument_need argument_measure argument_input"
KEPT = (
    ("columns", "number owner_id need_id follows_id created_by_id created_at", ""),
    ("terms", f"{TERMS} {ARGUMENTS}", "OLD.status <> 'draft'"),
    ("publication", "published_at", "OLD.published_at IS NOT NULL"),
    ("opening", "opened_at", "OLD.opened_at IS NOT NULL"),
    ("end", "end_reason", "OLD.end_reason IS NOT NULL"),
)
"""Columns of a challenge that nobody changes, or not any more under a condition."""
CHECKS = {
    "challenges_hours": ("challenges", "status = 'draft' OR opens_at < deadline_at"),
    "challenges_listed": (
        "challenges",
        "(version = 0) = (published_at IS NULL) AND (version = 0) = (terms_hash = '') "
        "AND (version = 0) = (status IN ('draft', 'collecting', 'rejected'))",
    ),
    "challenges_whole": (
        "challenges",
        "version = 0 OR (opens_at IS NOT NULL AND deadline_at IS NOT NULL "
        "AND (budget_kind = 'negotiable' OR budget > 0) AND jsonb_array_length(indicators) > 0)",
    ),
    "challenges_amounts": (
        "challenges",
        "(budget IS NULL OR budget > 0) AND public_share BETWEEN 0 AND 10000 AND winners_most BETWEEN 1 AND 20 "
        "AND race_lanes BETWEEN 0 AND 5 AND sign_days BETWEEN 5 AND 180",
    ),
    "challenges_end": (
        "challenges",
        "(end_reason IS NOT NULL) = (status IN ('rejected', 'no_taker', 'ended'))",
    ),
    "challenges_opened": (
        "challenges",
        "opened_at IS NULL OR (opened_at >= deadline_at AND status NOT IN "
        "('draft', 'collecting', 'rejected', 'listed', 'responding', 'closed'))",
    ),
    "challenge_rulings_second_person": (
        "challenge_rulings",
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
        "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
        "AND (verdict <> 'rejected' OR reason <> '')",
    ),
    "challenge_rulings_reasoned": (
        "challenge_rulings",
        "(ruling = 'reject') = (end_reason IS NOT NULL) AND (ruling <> 'reject' OR text <> '')",
    ),
}
"""By name: table and condition."""


def _when(condition):
    return f"WHEN ({condition}) " if condition else ""


def _triggers():
    """Return table and definition of each trigger by its name."""
    triggers = {
        f"challenges_keep_{what}": (
            "challenges",
            f"BEFORE UPDATE ON challenges FOR EACH ROW {_when(condition)}EXECUTE FUNCTION "
            f"market_keep_columns({', '.join(repr(column) for column in columns.split())})",
        )
        for what, columns, condition in KEPT
    }
    return triggers | {
        "challenges_keep_rows": (
            "challenges",
            "BEFORE DELETE ON challenges FOR EACH ROW WHEN (OLD.submitted_at IS NOT NULL) "
            "EXECUTE FUNCTION market_append_only()",
        ),
        "challenge_terms_append_only": (
            "challenge_terms",
            "BEFORE UPDATE OR DELETE ON challenge_terms FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        ),
        "challenge_rulings_decide_once": (
            "challenge_rulings",
            "BEFORE UPDATE OR DELETE ON challenge_rulings FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
        ),
    }


def _link(model, column, *, is_optional=False):
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
        **({"null": True} if is_optional else {}),
    )


def _moment(**options):
    return fields.DatetimeField(auto_now=False, auto_now_add=False, **options)


def _id():
    return ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True))


def _text(most, **options):
    return fields.CharField(max_length=most, **options)


class Migration(migrations.Migration):
    dependencies = [("market", "0060_exchange_certificates")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Challenge",
            fields=[
                _id(),
                ("number", _text(20, unique=True)),
                ("status", _text(24, default="draft")),
                ("owner", _link("Organisation", "owner_id")),
                ("need", _link("Need", "need_id", is_optional=True)),
                ("follows", _link("Challenge", "follows_id", is_optional=True)),
                ("created_by", _link("User", "created_by_id")),
                ("created_at", _moment()),
                ("updated_at", _moment()),
                ("title", _text(200)),
                ("kind", _text(24, default="enterprise")),
                ("is_masked", fields.BooleanField(default=False)),
                ("summary", _text(300, default="")),
                ("background", fields.TextField(default="", unique=False)),
                ("field", _text(24, default="")),
                ("cooperation", _text(24, default="commissioned")),
                ("budget_kind", _text(24, default="ceiling")),
                ("budget", fields.BigIntField(null=True)),
                ("budget_least", fields.BigIntField(null=True)),
                ("is_tax_included", fields.BooleanField(default=True)),
                ("public_share", fields.IntField(default=0)),
                ("public_most", fields.BigIntField(null=True)),
                ("pledge", _text(24, default="none")),
                ("pledge_note", _text(300, default="")),
                ("ownership", _text(24, default="joint")),
                ("ownership_note", _text(500, default="")),
                ("background_rights", _text(500, default="")),
                ("spread", _text(500, default="")),
                ("failure", _text(500, default="")),
                ("solvers", fields.JSONField()),
                ("allows_teams", fields.BooleanField(default=True)),
                ("conditions", fields.TextField(default="", unique=False)),
                ("thresholds", fields.JSONField()),
                ("winners", _text(24, default="one")),
                ("winners_most", fields.IntField(default=1)),
                ("each", fields.BigIntField(null=True)),
                ("race_lanes", fields.IntField(default=0)),
                ("race_cut", _text(300, default="")),
                ("opens_at", _moment(null=True)),
                ("deadline_at", _moment(null=True)),
                ("shows_count", fields.BooleanField(default=False)),
                ("sign_days", fields.IntField(default=30)),
                ("indicators", fields.JSONField()),
                ("milestones", fields.JSONField()),
                ("criteria", fields.JSONField()),
                ("packages", fields.JSONField()),
                ("contact", _text(200, default="")),
                ("terms_hash", _text(64, default="")),
                ("version", fields.IntField(default=0)),
                ("argument_need", fields.TextField(default="", unique=False)),
                ("argument_measure", fields.TextField(default="", unique=False)),
                ("argument_input", fields.TextField(default="", unique=False)),
                ("submitted_at", _moment(null=True)),
                ("return_reason", _text(500, default="")),
                ("published_at", _moment(null=True)),
                ("result_due_at", _moment(null=True)),
                ("opened_at", _moment(null=True)),
                ("end_reason", _text(24, null=True)),
            ],
            options={
                "table": "challenges",
                "app": "market",
                "indexes": [
                    Index(fields=["status", "deadline_at"]),
                    Index(fields=["owner_id"]),
                    Index(fields=["need_id"]),
                ],
                "pk_attr": "id",
                "table_description": "Challenges.",
            },
            bases=["Stateful"],
        ),
        ops.CreateModel(
            name="PublishedTerms",
            fields=[
                _id(),
                ("challenge", _link("Challenge", "challenge_id")),
                ("version", fields.IntField()),
                ("content", fields.JSONField()),
                ("content_hash", _text(64)),
                ("published_by", _link("User", "published_by_id")),
                ("published_at", _moment()),
            ],
            options={
                "table": "challenge_terms",
                "app": "market",
                "unique_together": (("challenge", "version"),),
                "pk_attr": "id",
                "table_description": "Challenge terms.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ChallengeRuling",
            fields=[
                ("proposed_by", _link("User", "proposed_by_id")),
                ("proposed_at", _moment()),
                ("decided_by", _link("User", "decided_by_id", is_optional=True)),
                ("decided_at", _moment(null=True)),
                ("verdict", _text(24, null=True)),
                ("reason", _text(500, default="", db_default="")),
                _id(),
                ("challenge", _link("Challenge", "challenge_id")),
                ("ruling", _text(24)),
                ("text", _text(500, default="")),
                ("end_reason", _text(24, null=True)),
            ],
            options={
                "table": "challenge_rulings",
                "app": "market",
                "indexes": [Index(fields=["challenge_id"])],
                "pk_attr": "id",
                "table_description": "Challenge rulings.",
            },
            bases=["SecondPerson"],
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX challenge_rulings_one_open ON challenge_rulings (challenge_id) "
            "WHERE verdict IS NULL",
            "DROP INDEX challenge_rulings_one_open",
        ),
        *(
            ops.RunSQL(f"CREATE TRIGGER {name} {definition}", f"DROP TRIGGER {name} ON {table}")
            for name, (table, definition) in _triggers().items()
        ),
    ]
