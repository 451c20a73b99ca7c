from django.apps import AppConfig


class LaboratoryConfig(AppConfig):
    name = "apps.laboratory"
    label = "laboratory"

    def ready(self) -> None:
        from apps.audit.words import add_values
        from apps.laboratory.models import Phrase

        add_values("kind", lambda: dict(Phrase.Kind.choices))
