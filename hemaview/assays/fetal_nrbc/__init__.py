"""Nucleated red cells searched for in a cell block or on a film: candidates that a person confirms or excludes."""
