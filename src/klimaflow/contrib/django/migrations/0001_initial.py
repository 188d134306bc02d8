"""The tables of a store, and who speaks for whom."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import klimaflow.contrib.django.fields
import klimaflow.contrib.django.models

__all__ = ["Migration"]


class Migration(migrations.Migration):
    """Creates what there is in the first release with this app."""

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Procedure",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("identifier", models.CharField(db_column="id", max_length=200)),
                ("edition", models.BigIntegerField()),
                ("content", models.BinaryField()),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("case_id", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("version", models.BigIntegerField()),
                ("length", models.BigIntegerField()),
                ("head", models.CharField(max_length=64)),
                ("recorded_at", klimaflow.contrib.django.fields.Instant()),
                ("phase", models.CharField(max_length=50, null=True)),
                ("since", klimaflow.contrib.django.fields.Instant(null=True)),
                ("round", models.TextField(null=True)),
                ("revision", models.BigIntegerField()),
                ("proposer", models.TextField(null=True)),
                ("title", models.TextField()),
                ("granted", models.TextField()),
                ("promised", models.TextField()),
                (
                    "opened_under",
                    models.ForeignKey(
                        db_column="opened_under",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="klimaflow.procedure",
                    ),
                ),
                (
                    "procedure",
                    models.ForeignKey(
                        db_column="procedure",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="klimaflow.procedure",
                    ),
                ),
            ],
            options={
                "ordering": ["case_id"],
                "permissions": [
                    ("register_idea", "Can register idea"),
                    ("hold_sparring", "Can hold sparring"),
                    ("enlist_participants", "Can enlist participants"),
                    ("release_participant", "Can release participant"),
                    ("describe", "Can describe"),
                    ("propose_budget", "Can propose budget"),
                    ("submit_for_qualification", "Can submit for qualification"),
                    ("assess_criterion", "Can assess criterion"),
                    ("submit_for_approval", "Can submit for approval"),
                    ("put_before_committee", "Can put before committee"),
                    ("approve", "Can approve"),
                    ("return", "Can return"),
                    ("defer", "Can defer"),
                    ("reject", "Can reject"),
                    ("give_consent", "Can give consent"),
                    ("refuse_consent", "Can refuse consent"),
                    ("withdraw_consent", "Can withdraw consent"),
                    ("meet_condition", "Can meet condition"),
                    ("amend_grant", "Can amend grant"),
                    ("start", "Can start"),
                    ("withdraw", "Can withdraw"),
                    ("move", "Can move to another procedure"),
                    ("erase", "Can erase what persons are named"),
                ],
                "default_permissions": ("view",),
                "verbose_name": "track",
                "verbose_name_plural": "tracks",
            },
            bases=(klimaflow.contrib.django.models.Case, models.Model),
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "case_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="klimaflow.proposal",
                    ),
                ),
                ("position", models.BigIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("number", models.BigIntegerField(null=True)),
                ("name", models.CharField(max_length=50)),
                ("at", klimaflow.contrib.django.fields.Instant()),
                ("recorded_at", klimaflow.contrib.django.fields.Instant()),
                ("body", models.BinaryField()),
                ("beside", models.BinaryField()),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ["case_id", "position"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Fund",
            fields=[
                ("fund", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("promised", models.BigIntegerField()),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Idempotency",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("request", models.CharField(max_length=64)),
                ("case_id", models.CharField(max_length=200)),
                ("position", models.BigIntegerField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                ("case_id", models.CharField(max_length=200)),
                ("position", models.BigIntegerField()),
                (
                    "entry",
                    models.ForeignObject(
                        from_fields=("case_id", "position"),
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="klimaflow.event",
                        to_fields=("case_id", "position"),
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Representation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=klimaflow.contrib.django.models.roles,
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                (
                    "organisation",
                    models.CharField(
                        max_length=100,
                        validators=[django.core.validators.RegexValidator("\\A[!-.0-~]{1,100}\\Z")],
                        verbose_name="organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="representations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "representation",
                "verbose_name_plural": "representations",
            },
        ),
        migrations.CreateModel(
            name="Timer",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "case_id",
                        "name",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("case_id", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200)),
                ("due_at", klimaflow.contrib.django.fields.Instant()),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["due_at"], name="klimaflow_timer_due_at")],
            },
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(fields=["phase"], name="klimaflow_proposal_phase"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["recorded_at"], name="klimaflow_event_recorded_at"),
        ),
        migrations.AddConstraint(
            model_name="representation",
            constraint=models.UniqueConstraint(
                fields=("user", "role", "organisation"), name="klimaflow_representation_once"
            ),
        ),
    ]
