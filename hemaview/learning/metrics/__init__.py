"""Scores and matching: plain arrays in, figures with intervals out."""
