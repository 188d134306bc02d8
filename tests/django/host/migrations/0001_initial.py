import django.db.models.deletion
from django.db import migrations, models

import klimaflow.contrib.django.fields
import klimaflow.contrib.django.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("klimaflow", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Received",
            fields=[
                ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Track",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("journal_number", models.CharField(max_length=20, unique=True)),
                (
                    "case",
                    klimaflow.contrib.django.fields.CaseField(
                        db_constraint=False,
                        default=klimaflow.contrib.django.fields.new_case_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="klimaflow.proposal",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
            bases=(klimaflow.contrib.django.models.Case, models.Model),
        ),
    ]
