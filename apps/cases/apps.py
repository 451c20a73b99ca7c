from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.cases"
    label = "cases"

    def ready(self) -> None:
        from apps.audit.selectors import hidden_accessions
        from apps.audit.words import add_values
        from apps.cases.models import Case
        from apps.cases.selectors import restricted_from

        hidden_accessions.append(restricted_from)
        add_values("state", lambda: dict(Case.State.choices))
        add_values("specimen", lambda: dict(Case.Specimen.choices))
        add_values("own_specimen", lambda: dict(Case.Specimen.choices))
