"""Surveys of needs: calls, their forms, quotas, extensions and entries; units that recommend."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

APPEND_ONLY = ("survey_extensions", "survey_forms")
KEPT = (
    ("recommending_units", "columns", "organisation_id region named_by_id named_at", ""),
    ("recommending_units", "end", "ended_at", "OLD.ended_at IS NOT NULL"),
    ("surveys", "columns", "number created_by_id created_at", ""),
    (
        "surveys",
        "call",
        "title text kinds fields_wanted channel per_unit_most contact confidentiality opened_at",
        "OLD.status <> 'draft'",
    ),
    ("surveys", "closing", "closes_at recommend_until", "OLD.status NOT IN ('draft', 'open')"),
    ("surveys", "publication", "published_at", "OLD.published_at IS NOT NULL"),
    ("survey_entries", "columns", "survey_id running number organisation_id created_by_id created_at", ""),
    (
        "survey_entries",
        "submission",
        "unit_id form_version title values answers secrecy_declared submitted_at",
        "OLD.status <> 'draft' AND NEW.status <> 'draft'",
    ),
    (
        "survey_entries",
        "result",
        "verdict verdict_reason merged_into_id merged_entry_id need_id sorted_by_id sorted_at told_at rank",
        "OLD.status = 'told'",
    ),
)
NEVER_DELETED = {
    "recommending_units": "",
    "surveys": "OLD.status <> 'draft'",
    "survey_entries": "OLD.submitted_at IS NOT NULL",
}
CONSTRAINTS = {
    "surveys": {
        "per_unit_most_check": "CHECK (per_unit_most BETWEEN 1 AND 100)",
        "opened_check": "CHECK (status = 'draft' OR opened_at IS NOT NULL)",
        "published_check": "CHECK ((published_at IS NOT NULL) = (status IN ('published', 'archived')))",
    },
    "survey_extensions": {"longer_check": "CHECK (new_closes_at > old_closes_at)"},
    "survey_forms": {"questions_check": "CHECK (jsonb_array_length(questions) <= 10)"},
    "survey_quotas": {
        "range_check": "CHECK (least >= 0 AND (most IS NULL OR (most >= 1 AND most >= least)))"
    },
    "survey_entries": {
        "submitted_check": "CHECK (status IN ('draft', 'withdrawn') "
        "OR (submitted_at IS NOT NULL AND secrecy_declared))",
        "verdict_check": "CHECK ((verdict IS NOT NULL) = (status IN ('sorted', 'told')) "
        "AND (verdict IS NULL OR verdict IN ('publish', 'merge') OR verdict_reason <> '') "
        "AND ((merged_into_id IS NOT NULL OR merged_entry_id IS NOT NULL) = coalesce(verdict = 'merge', false)))",
        "told_check": "CHECK ((told_at IS NOT NULL) = (status = 'told') "
        "AND (need_id IS NOT NULL) = (status = 'told' AND verdict = 'publish') "
        "AND (status <> 'told' OR verdict <> 'merge' OR merged_into_id IS NOT NULL))",
        "rank_check": "CHECK (rank IS NULL OR (rank >= 1 AND unit_id IS NOT NULL))",
        "rank_key": "UNIQUE (survey_id, unit_id, rank) DEFERRABLE INITIALLY DEFERRED",
    },
}
INDEXES = {
    "recommending_units_active": "ON recommending_units (organisation_id) WHERE ended_at IS NULL",
    "survey_entries_title": "ON survey_entries (survey_id, organisation_id, title_key) "
    "WHERE status <> 'withdrawn' AND title_key <> ''",
    "survey_entries_made_need": "ON survey_entries (need_id) WHERE need_id IS NOT NULL",
}


def _when(condition: str) -> str:
    return f"WHEN ({condition}) " if condition else ""


def _triggers() -> dict[str, tuple[str, str]]:
    triggers = {
        f"{table}_keep_{what}": (
            table,
            f"BEFORE UPDATE ON {table} FOR EACH ROW {_when(condition)}EXECUTE FUNCTION "
            f"market_keep_columns({', '.join(repr(column) for column in columns.split())})",
        )
        for table, what, columns, condition in KEPT
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


def _link(model, column, *, is_optional=False, related_name=False):
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **({"null": True} if is_optional else {}),
    )


def _moment(**options):
    return fields.DatetimeField(auto_now=False, auto_now_add=False, **options)


def _id():
    return ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True))


def _model(name, table, description, columns, *, base="Model", unique=(), indexes=()):
    return ops.CreateModel(
        name=name,
        fields=[_id(), *columns],
        options={
            "table": table,
            "app": "market",
            "pk_attr": "id",
            "table_description": description,
            **({"unique_together": unique} if unique else {}),
            **({"indexes": [Index(fields=list(names)) for names in indexes]} if indexes else {}),
        },
        bases=[base],
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0045_experts")]

    initial = False

    operations = [
        _model(
            "RecommendingUnit",
            "recommending_units",
            "Recommending units.",
            [
                ("organisation", _link("Organisation", "organisation_id")),
                ("region", fields.CharField(max_length=6)),
                ("named_by", _link("User", "named_by_id")),
                ("named_at", _moment()),
                ("ended_at", _moment(null=True)),
            ],
            indexes=(("organisation_id",),),
        ),
        _model(
            "Survey",
            "surveys",
            "Surveys.",
            [
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="draft", max_length=24)),
                ("title", fields.CharField(max_length=120)),
                ("text", fields.TextField(unique=False)),
                ("kinds", fields.JSONField()),
                ("fields_wanted", fields.JSONField()),
                ("channel", fields.CharField(default="open", max_length=24)),
                ("per_unit_most", fields.IntField()),
                ("opened_at", _moment(null=True)),
                ("closes_at", _moment()),
                ("recommend_until", _moment(null=True)),
                ("contact", fields.CharField(max_length=200)),
                ("confidentiality", fields.TextField(unique=False)),
                ("created_by", _link("User", "created_by_id")),
                ("created_at", _moment()),
                ("updated_at", _moment()),
                ("published_at", _moment(null=True)),
            ],
            base="Stateful",
            indexes=(("status", "closes_at"),),
        ),
        _model(
            "SurveyExtension",
            "survey_extensions",
            "Survey extensions.",
            [
                ("survey", _link("Survey", "survey_id", related_name="extensions")),
                ("old_closes_at", _moment()),
                ("new_closes_at", _moment()),
                ("reason", fields.CharField(max_length=300)),
                ("extended_by", _link("User", "extended_by_id")),
                ("extended_at", _moment()),
            ],
            indexes=(("survey_id",),),
        ),
        _model(
            "SurveyForm",
            "survey_forms",
            "Survey forms.",
            [
                ("survey", _link("Survey", "survey_id", related_name="forms")),
                ("version", fields.IntField()),
                ("questions", fields.JSONField()),
                ("made_by", _link("User", "made_by_id")),
                ("made_at", _moment()),
            ],
            unique=(("survey", "version"),),
        ),
        _model(
            "SurveyQuota",
            "survey_quotas",
            "Survey quotas.",
            [
                ("survey", _link("Survey", "survey_id", related_name="quotas")),
                ("unit", _link("RecommendingUnit", "unit_id")),
                ("least", fields.IntField(default=0)),
                ("most", fields.IntField(null=True)),
            ],
            unique=(("survey", "unit"),),
        ),
        _model(
            "SurveyEntry",
            "survey_entries",
            "Survey entries.",
            [
                ("survey", _link("Survey", "survey_id", related_name="entries")),
                ("running", fields.IntField()),
                ("number", fields.CharField(unique=True, max_length=24)),
                ("status", fields.CharField(default="draft", max_length=24)),
                ("organisation", _link("Organisation", "organisation_id")),
                ("unit", _link("RecommendingUnit", "unit_id", is_optional=True)),
                ("created_by", _link("User", "created_by_id")),
                ("form_version", fields.IntField()),
                ("title", fields.CharField(max_length=200)),
                ("title_key", fields.CharField(max_length=200)),
                ("values", fields.JSONField()),
                ("contact", fields.JSONField()),
                ("answers", fields.JSONField()),
                ("secrecy_declared", fields.BooleanField(default=False)),
                ("created_at", _moment()),
                ("updated_at", _moment()),
                ("submitted_at", _moment(null=True)),
                ("rank", fields.IntField(null=True)),
                ("decline_reason", fields.CharField(default="", max_length=300)),
                ("recommended_by", _link("User", "recommended_by_id", is_optional=True)),
                ("recommended_at", _moment(null=True)),
                ("alike_group", fields.IntField(null=True)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("verdict_reason", fields.CharField(default="", max_length=500)),
                ("merged_into", _link("Need", "merged_into_id", is_optional=True)),
                ("merged_entry", _link("SurveyEntry", "merged_entry_id", is_optional=True)),
                ("need", _link("Need", "need_id", is_optional=True)),
                ("sorted_by", _link("User", "sorted_by_id", is_optional=True)),
                ("sorted_at", _moment(null=True)),
                ("told_at", _moment(null=True)),
            ],
            base="Stateful",
            unique=(("survey", "running"),),
            indexes=(
                ("survey_id", "status"),
                ("organisation_id",),
                ("unit_id", "status"),
                ("need_id",),
                ("merged_into_id",),
            ),
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} {rule}",
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CONSTRAINTS.items()
            for name, rule in rules.items()
        ),
        *(
            ops.RunSQL(f"CREATE UNIQUE INDEX {name} {what}", reverse_sql=f"DROP INDEX {name}")
            for name, what in INDEXES.items()
        ),
        *(
            ops.RunSQL(f"CREATE TRIGGER {name} {trigger}", reverse_sql=f"DROP TRIGGER {name} ON {table}")
            for name, (table, trigger) in _triggers().items()
        ),
    ]
