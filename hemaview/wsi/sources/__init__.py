"""A slide is a source: one interface, one file a kind; `registry` finds the kind that opens a file."""
