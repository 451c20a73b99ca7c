"""Sickle screening: the share of sickle cells among gradable red cells."""
