"""Labelled picture sets: read, joined to fields and overviews, and refused where their sides share pictures."""
