"""What leaves a training: weights, model cards, the results page and its figures."""
