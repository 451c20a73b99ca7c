"""Blood cells of a field: how many red and how many white cells there are, without kinds and shapes (Li et al. 2021)."""
