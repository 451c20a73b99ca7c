from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "apps.cases"
    label = "cases"

    def ready(self) -> None:
        from apps.audit.selectors import hidden_accessions
        from apps.cases.selectors import restricted_from

        hidden_accessions.append(restricted_from)
