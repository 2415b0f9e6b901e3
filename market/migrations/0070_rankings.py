"""Moves of organisations, high-tech zones, schemes and rankings frozen with their records."""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SECOND_PERSON = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) AND (verdict <> 'rejected' OR reason <> '')"
)
APPEND_ONLY = ("organisation_moves", "ranking_rows", "ranking_cells", "ranking_cell_rows")
CHECKS = {
    "organisation_moves_moved": ("organisation_moves", "region <> before_region"),
    "parks_city": ("parks", "city ~ '^[0-9]{4}$' AND code <> '' AND name <> ''"),
    "park_members_period": ("park_members", "until IS NULL OR until > since"),
    "ranking_schemes_second_person": ("ranking_schemes", SECOND_PERSON),
    "ranking_schemes_hash": (
        "ranking_schemes",
        "content_hash ~ '^[0-9a-f]{64}$' AND text <> '' AND basis <> ''",
    ),
    "rankings_second_person": ("rankings", SECOND_PERSON),
    "rankings_decided": (
        "rankings",
        "(status NOT IN ('told', 'final', 'replaced') OR verdict IS NOT DISTINCT FROM 'confirmed') "
        "AND (status <> 'returned' OR verdict IS NOT DISTINCT FROM 'rejected')",
    ),
    "rankings_period": ("rankings", "begins_on < ends_on AND version > 0 AND rows_hash ~ '^[0-9a-f]{64}$'"),
    "ranking_rows_ranked": (
        "ranking_rows",
        "(score IS NULL) = (rank IS NULL) AND (score IS NULL) = (status <> 'ranked') "
        "AND (score IS NULL OR score BETWEEN 0 AND 1000)",
    ),
    "ranking_cells_points": ("ranking_cells", "points BETWEEN 60000 AND 100000 AND weight > 0"),
}
"""By name: table and condition."""
UNIQUE = {
    "park_members_open": ("park_members", "(organisation_id)", "until IS NULL"),
    "ranking_schemes_version": ("ranking_schemes", "(kind, version)", "verdict IS DISTINCT FROM 'rejected'"),
    "rankings_checking": ("rankings", "(kind, period_kind, begins_on)", "status = 'checking'"),
    "rankings_standing": ("rankings", "(kind, period_kind, begins_on)", "status IN ('told', 'final')"),
}
"""By name: table, columns and condition."""
FUNCTIONS = """
-- A ranking stays as it was frozen; what becomes of it is written beside.
CREATE FUNCTION market_keep_ranking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['status', 'updated_at', 'told_at', 'object_until', 'decided_by_id', 'decided_at', 'verdict',
        'reason'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moved IS DISTINCT FROM to_jsonb(OLD) - moved
        OR (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.decided_by_id, NEW.decided_at, NEW.reason)
            IS DISTINCT FROM (OLD.verdict, OLD.decided_by_id, OLD.decided_at, OLD.reason)) THEN
        RAISE EXCEPTION 'a ranking is fixed once it was frozen' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- A period in a park is ended, never reused.
CREATE FUNCTION market_keep_park_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.until IS NOT NULL
        OR to_jsonb(NEW) - 'until' IS DISTINCT FROM to_jsonb(OLD) - 'until' THEN
        RAISE EXCEPTION 'a period in a park is ended, never reused' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- A verified organisation is elsewhere only by a move that is written down.
CREATE FUNCTION market_keep_region() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organisation_moves m WHERE m.organisation_id = OLD.id
        AND m.before_region = OLD.region AND m.region = NEW.region AND m.moved_on = (
            SELECT max(l.moved_on) FROM organisation_moves l WHERE l.organisation_id = OLD.id)) THEN
        RAISE EXCEPTION 'organisations.region is never edited but by a move' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION market_keep_ranking();
DROP FUNCTION market_keep_park_member();
DROP FUNCTION market_keep_region();
"""
KEPT = "name uscc kind industry nature_code established_on is_state_owned is_manufacturer is_high_tech is_sme verified_at"
"""What a verified organisation keeps; its region follows its moves."""
KEPT_BEFORE = KEPT.replace("kind ", "kind region ")


def _keep_columns(columns: str) -> str:
    names = ", ".join(repr(column) for column in columns.split())
    return (
        "DROP TRIGGER organisations_keep_columns ON organisations; "
        "CREATE TRIGGER organisations_keep_columns BEFORE UPDATE ON organisations FOR EACH ROW "
        f"WHEN (OLD.verified_at IS NOT NULL) EXECUTE FUNCTION market_keep_columns({names})"
    )


TRIGGERS = {
    "rankings_keep": ("rankings", "market_keep_ranking"),
    "park_members_keep": ("park_members", "market_keep_park_member"),
    "ranking_schemes_decide_once": ("ranking_schemes", "market_decide_once"),
    **{f"{table}_append_only": (table, "market_append_only") for table in APPEND_ONLY},
}
"""By name: table and function."""


def _reference(model: str, column: str, *, is_null: bool = False, related_name: str | bool = False) -> tuple:
    options = {"null": True} if is_null else {}
    field = fields.ForeignKeyField(
        f"market.{model}",
        source_field=f"{column}_id",
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **options,
    )
    return column, field


def _moment(column: str, *, is_null: bool = False) -> tuple:
    return column, fields.DatetimeField(null=is_null, auto_now=False, auto_now_add=False)


def _decided() -> list[tuple]:
    return [
        _reference("User", "proposed_by"),
        _moment("proposed_at"),
        _reference("User", "decided_by", is_null=True),
        _moment("decided_at", is_null=True),
        ("verdict", fields.CharField(null=True, max_length=24)),
        ("reason", fields.CharField(default="", db_default="", max_length=500)),
    ]


def _id() -> tuple:
    return "id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)


def _table(
    name: str, table: str, description: str, columns: list[tuple], *, base: str = "Model", **options: object
) -> ops.CreateModel:
    return ops.CreateModel(
        name=name,
        fields=columns,
        options={
            "table": table,
            "app": "market",
            "pk_attr": "id",
            "table_description": description,
            **options,
        },
        bases=[base],
    )


def _statements() -> list[ops.RunSQL]:
    statements = [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in CHECKS.items()
    ]
    statements += [
        ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {table} {columns} WHERE {condition}", f"DROP INDEX {name}")
        for name, (table, columns, condition) in UNIQUE.items()
    ]
    statements.append(ops.RunSQL(FUNCTIONS, DROP_FUNCTIONS))
    statements += [
        ops.RunSQL(
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
            f"DROP TRIGGER {name} ON {table}",
        )
        for name, (table, function) in TRIGGERS.items()
    ]
    statements.append(ops.RunSQL(_keep_columns(KEPT), _keep_columns(KEPT_BEFORE)))
    statements.append(
        ops.RunSQL(
            "CREATE TRIGGER organisations_keep_region BEFORE UPDATE ON organisations FOR EACH ROW "
            "WHEN (OLD.verified_at IS NOT NULL AND NEW.region <> OLD.region) EXECUTE FUNCTION market_keep_region()",
            "DROP TRIGGER organisations_keep_region ON organisations",
        )
    )
    return statements


class Migration(migrations.Migration):
    dependencies = [("market", "0069_challenge_watches")]

    initial = False

    operations = [
        _table(
            "OrganisationMove",
            "organisation_moves",
            "Moves of organisations.",
            [
                _id(),
                _reference("Organisation", "organisation", related_name="moves"),
                ("moved_on", fields.DateField()),
                ("before_region", fields.CharField(max_length=6)),
                ("region", fields.CharField(max_length=6)),
                _reference("User", "recorded_by"),
                _moment("recorded_at"),
            ],
            unique_together=(("organisation", "moved_on"),),
        ),
        _table(
            "Park",
            "parks",
            "High-tech zones.",
            [
                _id(),
                ("code", fields.CharField(unique=True, max_length=24)),
                ("name", fields.CharField(max_length=60)),
                ("level", fields.CharField(max_length=24)),
                ("city", fields.CharField(max_length=4)),
                _reference("Organisation", "office", is_null=True),
                _moment("created_at"),
            ],
        ),
        _table(
            "ParkMember",
            "park_members",
            "Organisations of high-tech zones.",
            [
                _id(),
                _reference("Park", "park", related_name="members"),
                _reference("Organisation", "organisation"),
                ("since", fields.DateField()),
                ("until", fields.DateField(null=True)),
                _reference("User", "recorded_by"),
                _moment("recorded_at"),
            ],
            indexes=[Index(fields=["organisation_id", "since"])],
        ),
        _table(
            "RankingScheme",
            "ranking_schemes",
            "Schemes of rankings.",
            [
                *_decided(),
                _id(),
                ("kind", fields.CharField(max_length=24)),
                ("version", fields.IntField()),
                ("valid_from", fields.DateField()),
                ("content", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("text", fields.TextField(unique=False)),
                ("basis", fields.CharField(max_length=200)),
                ("content_hash", fields.CharField(max_length=64)),
            ],
            base="SecondPerson",
        ),
        _table(
            "Ranking",
            "rankings",
            "Rankings.",
            [
                *_decided(),
                _id(),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="checking", max_length=24)),
                ("kind", fields.CharField(max_length=24)),
                ("period_kind", fields.CharField(max_length=24)),
                ("begins_on", fields.DateField()),
                ("ends_on", fields.DateField()),
                ("version", fields.IntField()),
                _reference("RankingScheme", "scheme"),
                ("note", fields.CharField(default="", db_default="", max_length=500)),
                ("analysis", fields.TextField(default="", db_default="", unique=False)),
                ("rows_hash", fields.CharField(max_length=64)),
                _moment("told_at", is_null=True),
                _moment("object_until", is_null=True),
                _moment("updated_at"),
            ],
            base="SecondPerson",
            unique_together=(("kind", "period_kind", "begins_on", "version"),),
        ),
        _table(
            "RankingRow",
            "ranking_rows",
            "Places in rankings.",
            [
                _id(),
                _reference("Ranking", "ranking", related_name="rows"),
                ("place", fields.CharField(max_length=24)),
                ("name", fields.CharField(max_length=60)),
                ("level", fields.CharField(default="", db_default="", max_length=24)),
                ("status", fields.CharField(default="ranked", max_length=24)),
                ("score", fields.IntField(null=True)),
                ("rank", fields.IntField(null=True)),
                ("is_shared", fields.BooleanField(default=False, db_default=False)),
                ("previous_score", fields.IntField(null=True)),
                ("previous_rank", fields.IntField(null=True)),
                ("is_significant", fields.BooleanField(null=True)),
            ],
            unique_together=(("ranking", "place"),),
        ),
        _table(
            "RankingCell",
            "ranking_cells",
            "Indicators of places in rankings.",
            [
                _id(),
                _reference("RankingRow", "row", related_name="cells"),
                ("indicator", fields.CharField(max_length=40)),
                ("weight", fields.IntField()),
                ("numerator", fields.BigIntField()),
                ("denominator", fields.BigIntField(null=True)),
                ("points", fields.IntField()),
            ],
            unique_together=(("row", "indicator"),),
        ),
        _table(
            "RankingCellRow",
            "ranking_cell_rows",
            "Records behind rankings.",
            [
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                _reference("RankingCell", "cell", related_name="rows"),
                ("is_denominator", fields.BooleanField()),
                ("record", fields.CharField(max_length=40)),
                ("happened_on", fields.DateField()),
                ("amount", fields.BigIntField()),
            ],
            indexes=[Index(fields=["cell_id", "is_denominator"])],
        ),
        *_statements(),
    ]
