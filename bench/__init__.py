"""What measures, and nobody in the product imports."""
