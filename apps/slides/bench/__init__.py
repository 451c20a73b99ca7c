"""Measuring how tiles are served, beside other ways of serving the same ones, in one run."""
