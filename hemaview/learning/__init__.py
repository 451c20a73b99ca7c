"""Training, scoring and publishing of models, in six wings: sets, engine, metrics, recipes, scoring, publish."""
