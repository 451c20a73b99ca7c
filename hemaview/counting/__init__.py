"""Counts, intervals, grades, agreement: pure functions and versioned tables."""
