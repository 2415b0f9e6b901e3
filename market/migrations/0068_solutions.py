"""Solutions of challenges: drafts and versions encrypted, a trigger that refuses what came late."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

APPEND_ONLY = ("solution_versions", "opened_solutions", "challenge_extensions")
CHECKS = {
    "solutions_submitted": (
        "solutions",
        "(version = 0) = (submitted_at IS NULL) AND (status = 'draft') = (version = 0)",
    ),
    "solutions_reasons": ("solutions", "status NOT IN ('inadmissible', 'not_chosen') OR reason <> ''"),
    "solutions_places": ("solutions", "package >= 0 AND (place IS NULL OR (place > 0 AND version > 0))"),
    "solution_versions_hash": (
        "solution_versions",
        "version > 0 AND commitment ~ '^[0-9a-f]{64}$' AND submitted_at >= arrived_at",
    ),
    "sealed_files_digest": ("sealed_files", "store_digest ~ '^[0-9a-f]{64}$'"),
    "challenge_extensions_later": (
        "challenge_extensions",
        "new_deadline_at > old_deadline_at AND extended_at < old_deadline_at AND reason <> ''",
    ),
}
"""By name: table and condition."""
INDEXES = {
    "solutions_one_each": "solutions (challenge_id, package, organisation_id) WHERE status <> 'withdrawn'",
    "solutions_one_place": "solutions (challenge_id, place) WHERE place IS NOT NULL",
}
FUNCTIONS = """
CREATE FUNCTION market_refuse_late_solution() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    challenge challenges%ROWTYPE;
BEGIN
    SELECT c.* INTO challenge FROM challenges c JOIN solutions s ON s.challenge_id = c.id
        WHERE s.id = NEW.solution_id;
    IF challenge.status NOT IN ('listed', 'responding') OR NEW.arrived_at < challenge.opens_at
        OR NEW.arrived_at >= challenge.deadline_at THEN
        RAISE EXCEPTION 'challenge % takes no solution that arrived at %', challenge.number, NEW.arrived_at
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER solution_versions_in_time BEFORE INSERT ON solution_versions
    FOR EACH ROW EXECUTE FUNCTION market_refuse_late_solution();
CREATE FUNCTION market_keep_deadline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deadline_at IS DISTINCT FROM OLD.deadline_at AND NOT EXISTS (SELECT 1 FROM challenge_extensions x
        WHERE x.challenge_id = NEW.id AND x.old_deadline_at = OLD.deadline_at
        AND x.new_deadline_at = NEW.deadline_at) THEN
        RAISE EXCEPTION 'the deadline of challenge % moves by an extension alone', OLD.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER challenges_keep_terms ON challenges;
CREATE TRIGGER challenges_keep_terms BEFORE UPDATE ON challenges FOR EACH ROW WHEN (OLD.status <> 'draft')
    EXECUTE FUNCTION market_keep_columns(%(terms)s);
CREATE TRIGGER challenges_keep_deadline BEFORE UPDATE ON challenges FOR EACH ROW WHEN (OLD.status <> 'draft')
    EXECUTE FUNCTION market_keep_deadline();
"""
DROP_FUNCTIONS = """
DROP TRIGGER challenges_keep_deadline ON challenges;
DROP TRIGGER challenges_keep_terms ON challenges;
CREATE TRIGGER challenges_keep_terms BEFORE UPDATE ON challenges FOR EACH ROW WHEN (OLD.status <> 'draft')
    EXECUTE FUNCTION market_keep_columns(%(terms)s, 'deadline_at');
DROP FUNCTION market_keep_deadline();
DROP TRIGGER solution_versions_in_time ON solution_versions;
DROP FUNCTION market_refuse_late_solution();
"""
TERMS = (
    "title kind is_masked summary background field cooperation budget_kind budget budget_least is_tax_included "
    "public_share public_most pledge pledge_note ownership ownership_note background_rights spread failure "
    "solvers allows_teams conditions thresholds winners winners_most each race_lanes race_cut opens_at "
    "shows_count sign_days indicators milestones criteria packages contact "
    "argument_need argument_measure argument_input"
)
KEPT = {
    "solutions_keep_columns": (
        "solutions",
        "challenge_id package organisation_id created_by_id created_at",
        "",
    ),
    "solutions_keep_place": ("solutions", "place", "OLD.place IS NOT NULL"),
    "solutions_keep_text": ("solutions", "draft version submitted_at", "OLD.place IS NOT NULL"),
    "sealed_files_keep_columns": (
        "sealed_files",
        "solution_id sealed store_digest uploaded_by_id uploaded_at",
        "",
    ),
    "sealed_files_keep_removal": ("sealed_files", "removed_at", "OLD.removed_at IS NOT NULL"),
}
NEVER_DELETED = {"solutions": "OLD.version > 0", "sealed_files": ""}


def _when(condition):
    return f"WHEN ({condition}) " if condition else ""


def _quoted(columns):
    return ", ".join(repr(column) for column in columns.split())


def _triggers():
    """Return table and definition of each trigger by its name."""
    triggers = {
        name: (
            table,
            f"BEFORE UPDATE ON {table} FOR EACH ROW {_when(condition)}EXECUTE FUNCTION "
            f"market_keep_columns({_quoted(columns)})",
        )
        for name, (table, columns, condition) in KEPT.items()
    }
    triggers |= {
        f"{table}_keep_rows": (
            table,
            f"BEFORE DELETE ON {table} FOR EACH ROW {_when(condition)}EXECUTE FUNCTION market_append_only()",
        )
        for table, condition in NEVER_DELETED.items()
    }
    return triggers | {
        f"{table}_append_only": (
            table,
            f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        )
        for table in APPEND_ONLY
    }


def _link(model, column, *, field=fields.ForeignKeyField):
    return field(
        f"market.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _moment(**options):
    return fields.DatetimeField(auto_now=False, auto_now_add=False, **options)


def _id():
    return ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True))


def _model(name, table, description, columns, *, base="Model", **options):
    return ops.CreateModel(
        name=name,
        fields=[_id(), *columns],
        options={
            "table": table,
            "app": "market",
            "pk_attr": "id",
            "table_description": description,
            **options,
        },
        bases=[base],
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0067_eligibility")]

    initial = False

    operations = [
        _model(
            "ChallengeExtension",
            "challenge_extensions",
            "Challenge extensions.",
            [
                ("challenge", _link("Challenge", "challenge_id", field=fields.OneToOneField)),
                ("old_deadline_at", _moment()),
                ("new_deadline_at", _moment()),
                ("reason", fields.CharField(max_length=300)),
                ("extended_by", _link("User", "extended_by_id")),
                ("extended_at", _moment()),
            ],
        ),
        _model(
            "Solution",
            "solutions",
            "Solutions.",
            [
                ("challenge", _link("Challenge", "challenge_id")),
                ("package", fields.IntField(default=0)),
                ("organisation", _link("Organisation", "organisation_id")),
                ("created_by", _link("User", "created_by_id")),
                ("status", fields.CharField(default="draft", max_length=24)),
                ("draft", fields.BinaryField(null=True)),
                ("version", fields.IntField(default=0)),
                ("submitted_at", _moment(null=True)),
                ("place", fields.IntField(null=True)),
                ("reason", fields.CharField(default="", max_length=500)),
                ("created_at", _moment()),
                ("updated_at", _moment()),
            ],
            base="Stateful",
            indexes=[Index(fields=["challenge_id", "status"]), Index(fields=["organisation_id"])],
        ),
        _model(
            "SealedFile",
            "sealed_files",
            "Sealed files.",
            [
                ("solution", _link("Solution", "solution_id")),
                ("sealed", fields.BinaryField()),
                ("store_digest", fields.CharField(max_length=64)),
                ("uploaded_by", _link("User", "uploaded_by_id")),
                ("uploaded_at", _moment()),
                ("removed_at", _moment(null=True)),
            ],
            indexes=[Index(fields=["solution_id"])],
        ),
        _model(
            "SolutionVersion",
            "solution_versions",
            "Solution versions.",
            [
                ("solution", _link("Solution", "solution_id")),
                ("version", fields.IntField()),
                ("sealed", fields.BinaryField()),
                ("commitment", fields.CharField(max_length=64)),
                ("terms_version", fields.IntField()),
                ("arrived_at", _moment()),
                ("submitted_by", _link("User", "submitted_by_id")),
                ("submitted_at", _moment()),
            ],
            unique_together=(("solution", "version"),),
        ),
        _model(
            "OpenedSolution",
            "opened_solutions",
            "Opened solutions.",
            [
                ("version", _link("SolutionVersion", "version_id", field=fields.OneToOneField)),
                ("solution", _link("Solution", "solution_id", field=fields.OneToOneField)),
                ("content", fields.JSONField()),
                ("salt", fields.CharField(max_length=64)),
                ("opened_at", _moment()),
            ],
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ),
        *(
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", f"DROP INDEX {name}")
            for name, what in INDEXES.items()
        ),
        *(
            ops.RunSQL(f"CREATE TRIGGER {name} {definition}", f"DROP TRIGGER {name} ON {table}")
            for name, (table, definition) in _triggers().items()
        ),
        ops.RunSQL(
            FUNCTIONS.replace("%(terms)s", _quoted(TERMS)),
            DROP_FUNCTIONS.replace("%(terms)s", _quoted(TERMS)),
        ),
    ]
