"""An index for searching within words (trigrams), where the database has one; small embedded databases are read through."""

from django.db import DatabaseError, migrations, transaction

COLUMNS = ("accession", "pseudonym", "question", "stain")


def index(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        print(f"  Searching cases stays without its index: the extension pg_trgm cannot be made ({str(error).strip()}).")
        return
    for column in COLUMNS:
        # as Django writes `icontains`, so that the index is used
        schema_editor.execute(
            f"CREATE INDEX IF NOT EXISTS cases_case_{column}_trgm ON cases_case"
            f" USING gin (UPPER({column}::text) gin_trgm_ops)"
        )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for column in COLUMNS:
            schema_editor.execute(f"DROP INDEX IF EXISTS cases_case_{column}_trgm")


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_analyser")]

    operations = [migrations.RunPython(index, drop, elidable=False)]
