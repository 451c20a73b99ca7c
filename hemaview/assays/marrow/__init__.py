"""Marrow aspirate: the differential of all nucleated cells, M:E ratio, blasts against their limits."""
