from django.apps import AppConfig
from django.core.checks import register


class ReviewConfig(AppConfig):
    name = "apps.review"
    label = "review"

    def ready(self) -> None:
        from apps.cases.selectors import hidden_words
        from apps.review.checks import reference_ranges
        from apps.review.secondreading import read_blind_by

        register(reference_ranges)
        hidden_words.append(read_blind_by)
