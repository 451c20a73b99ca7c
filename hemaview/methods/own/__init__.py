"""A model of one's own: what a laboratory hands in as weights and a card, read without running any of it."""
