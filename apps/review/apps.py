from django.apps import AppConfig
from django.core.checks import register


class ReviewConfig(AppConfig):
    name = "apps.review"
    label = "review"

    def ready(self) -> None:
        from apps.audit.words import add_values
        from apps.cases.selectors import hidden_words
        from apps.review.checks import reference_ranges
        from apps.review.models import CarriedLabel, CellNote, HbfMark, Reading
        from apps.review.secondreading import read_blind_by

        register(reference_ranges)
        hidden_words.append(read_blind_by)
        add_values("state", lambda: dict(HbfMark.State.choices))
        add_values("hbf", lambda: dict(HbfMark.State.choices))
        add_values("reading", lambda: dict(Reading.Role.choices))
        add_values("why", lambda: dict(CarriedLabel.Why.choices))
        add_values("kind", lambda: dict(CellNote.Kind.choices))
