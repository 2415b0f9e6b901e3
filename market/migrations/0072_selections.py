"""Admissions of solutions, choices by two persons, awards with their milestones, reports of milestones."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

RUNNING = "WHERE status IN ('intent', 'negotiating', 'priced', 'publicity', 'to_sign')"
ONE_RUNNING = (
    "DROP INDEX deals_one_running; CREATE UNIQUE INDEX deals_one_running ON deals (subject_kind, "
    "subject_id, buyer_id, coalesce(need_id, '00000000-0000-0000-0000-000000000000'::uuid)) "
)
SECOND_PERSON = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "solution_admissions_reasoned": ("solution_admissions", "is_admitted OR length(reason) >= 10"),
    "selections_second_person": ("selections", SECOND_PERSON),
    "selections_stages": (
        "selections",
        "stage IN (1, 2) AND (kind <> 'cut' OR stage = 2) AND (kind <> 'choose' OR stage = 1)",
    ),
    "selection_rows_reasoned": (
        "selection_rows",
        "rank > 0 AND (CASE WHEN is_chosen THEN amount > 0 ELSE amount IS NULL AND length(reason) >= 10 END)",
    ),
    "challenge_awards_amounts": ("challenge_awards", "amount > 0 AND rank > 0 AND stage IN (1, 2)"),
    "challenge_awards_agreed": (
        "challenge_awards",
        "(owner_agreed_by_id IS NULL) = (owner_agreed_at IS NULL) "
        "AND (solver_agreed_by_id IS NULL) = (solver_agreed_at IS NULL) "
        "AND (status NOT IN ('agreed', 'signed', 'accepted', 'failed', 'dropped', 'lapsed') "
        "OR (owner_agreed_at IS NOT NULL AND solver_agreed_at IS NOT NULL)) "
        "AND (owner_agreed_by_id IS NULL OR owner_agreed_by_id IS DISTINCT FROM solver_agreed_by_id)",
    ),
    "challenge_awards_dealt": (
        "challenge_awards",
        "(deal_id IS NULL) = (sign_by IS NULL) "
        "AND (status NOT IN ('signed', 'accepted', 'failed', 'dropped', 'lapsed') OR deal_id IS NOT NULL) "
        "AND (status <> 'proposed' OR deal_id IS NULL) "
        "AND (status NOT IN ('declined', 'ended', 'failed') OR reason <> '')",
    ),
    "milestone_reports_second_person": ("milestone_reports", SECOND_PERSON),
    "milestone_reports_places": ("milestone_reports", "place > 0 AND version > 0 AND text <> ''"),
    "challenge_rulings_reasoned": (
        "challenge_rulings",
        "(ruling IN ('reject', 'end', 'find_none')) = (end_reason IS NOT NULL) "
        "AND (ruling = 'list' OR text <> '')",
    ),
}
"""By name: table and condition."""
BEFORE = {
    "challenge_rulings_reasoned": "(ruling = 'reject') = (end_reason IS NOT NULL) AND (ruling <> 'reject' OR text <> '')"
}
"""Conditions of constraints that stood before."""
INDEXES = {
    "selections_one_open": "selections (challenge_id) WHERE verdict IS NULL",
    "challenge_awards_one_each": "challenge_awards (solution_id, stage) "
    "WHERE status IN ('proposed', 'agreed', 'signed', 'accepted', 'failed', 'dropped')",
    "milestone_reports_one_each": "milestone_reports (award_id, place) WHERE verdict IS DISTINCT FROM 'rejected'",
}
KEPT = {
    "challenge_awards_keep_columns": (
        "challenge_id selection_id solution_id stage rank amount created_at",
        "",
    ),
    "challenge_awards_keep_plan": (
        "plan plan_hash owner_agreed_by_id owner_agreed_at solver_agreed_by_id solver_agreed_at",
        "OLD.status <> 'proposed'",
    ),
    "challenge_awards_keep_deal": ("deal_id sign_by", "OLD.deal_id IS NOT NULL"),
}
APPEND_ONLY = ("solution_admissions", "selection_rows")
DECIDED_ONCE = ("selections", "milestone_reports")


def _triggers():
    """Return table and definition of each trigger by its name."""
    triggers = {
        name: (
            "challenge_awards",
            f"BEFORE UPDATE ON challenge_awards FOR EACH ROW {f'WHEN ({condition}) ' if condition else ''}"
            f"EXECUTE FUNCTION market_keep_columns({', '.join(repr(column) for column in columns.split())})",
        )
        for name, (columns, condition) in KEPT.items()
    }
    triggers["challenge_awards_keep_rows"] = (
        "challenge_awards",
        "BEFORE DELETE ON challenge_awards FOR EACH ROW EXECUTE FUNCTION market_append_only()",
    )
    for table in APPEND_ONLY:
        triggers[f"{table}_append_only"] = (
            table,
            f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        )
    for table in DECIDED_ONCE:
        triggers[f"{table}_decide_once"] = (
            table,
            f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
        )
    return triggers


def _link(model, column, *, is_optional=False, field=fields.ForeignKeyField):
    return field(
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


def _text(most, **options):
    return fields.CharField(max_length=most, **options)


def _model(name, table, description, columns, *, base="Model", **options):
    decided = [
        ("proposed_by", _link("User", "proposed_by_id")),
        ("proposed_at", _moment()),
        ("decided_by", _link("User", "decided_by_id", is_optional=True)),
        ("decided_at", _moment(null=True)),
        ("verdict", _text(24, null=True)),
        ("reason", _text(500, default="", db_default="")),
    ]
    return ops.CreateModel(
        name=name,
        fields=[
            *(decided if base == "SecondPerson" else ()),
            ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
            *columns,
        ],
        options={
            "table": table,
            "app": "market",
            "pk_attr": "id",
            "table_description": description,
            **options,
        },
        bases=[base],
    )


def _constrain(name, table, condition):
    before = BEFORE.get(name)
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {name}"
    add = f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})"
    if before is None:
        return ops.RunSQL(add, drop)
    return ops.RunSQL(f"{drop}; {add}", f"{drop}; ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({before})")


class Migration(migrations.Migration):
    dependencies = [("market", "0071_sealed_held_forms")]

    initial = False

    operations = [
        _model(
            "SolutionAdmission",
            "solution_admissions",
            "Solution admissions.",
            [
                ("solution", _link("Solution", "solution_id", field=fields.OneToOneField)),
                ("is_admitted", fields.BooleanField()),
                ("reason", _text(500, default="")),
                ("checked_by", _link("User", "checked_by_id")),
                ("checked_at", _moment()),
            ],
        ),
        _model(
            "Selection",
            "selections",
            "Selections.",
            [
                ("challenge", _link("Challenge", "challenge_id")),
                ("kind", _text(24)),
                ("stage", fields.IntField(default=1)),
                ("round", _link("Round", "round_id", is_optional=True)),
                ("text", fields.TextField(default="", unique=False)),
            ],
            base="SecondPerson",
            indexes=[Index(fields=["challenge_id"])],
        ),
        _model(
            "SelectionRow",
            "selection_rows",
            "Selection rows.",
            [
                ("selection", _link("Selection", "selection_id")),
                ("solution", _link("Solution", "solution_id")),
                ("rank", fields.IntField()),
                ("is_chosen", fields.BooleanField()),
                ("amount", fields.BigIntField(null=True)),
                ("points", _text(24, default="")),
                ("reason", _text(500, default="")),
            ],
            unique_together=(("selection", "solution"),),
        ),
        _model(
            "ChallengeAward",
            "challenge_awards",
            "Challenge awards.",
            [
                ("challenge", _link("Challenge", "challenge_id")),
                ("selection", _link("Selection", "selection_id")),
                ("solution", _link("Solution", "solution_id")),
                ("stage", fields.IntField(default=1)),
                ("rank", fields.IntField()),
                ("amount", fields.BigIntField()),
                ("status", _text(24, default="proposed")),
                ("plan", fields.JSONField()),
                ("plan_hash", _text(64)),
                ("owner_agreed_by", _link("User", "owner_agreed_by_id", is_optional=True)),
                ("owner_agreed_at", _moment(null=True)),
                ("solver_agreed_by", _link("User", "solver_agreed_by_id", is_optional=True)),
                ("solver_agreed_at", _moment(null=True)),
                ("deal", _link("Deal", "deal_id", is_optional=True, field=fields.OneToOneField)),
                ("sign_by", _moment(null=True)),
                ("reason", _text(500, default="")),
                ("created_at", _moment()),
                ("updated_at", _moment()),
            ],
            base="Stateful",
            indexes=[Index(fields=["challenge_id", "status"]), Index(fields=["solution_id"])],
        ),
        _model(
            "MilestoneReport",
            "milestone_reports",
            "Milestone reports.",
            [
                ("award", _link("ChallengeAward", "award_id")),
                ("place", fields.IntField()),
                ("version", fields.IntField()),
                ("text", fields.TextField(unique=False)),
                ("reached", fields.JSONField()),
                ("file", _link("StoredFile", "file_id", is_optional=True)),
            ],
            base="SecondPerson",
            unique_together=(("award", "place", "version"),),
        ),
        *(_constrain(name, table, condition) for name, (table, condition) in CHECKS.items()),
        *(
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {what}", f"DROP INDEX {name}")
            for name, what in INDEXES.items()
        ),
        *(
            ops.RunSQL(f"CREATE TRIGGER {name} {definition}", f"DROP TRIGGER {name} ON {table}")
            for name, (table, definition) in _triggers().items()
        ),
        # A challenge has a deal for each of its winners: what is unique there stands on the award.
        ops.RunSQL(ONE_RUNNING + RUNNING + " AND subject_kind <> 'challenge'", ONE_RUNNING + RUNNING),
    ]
