"""Training loops: augmentation, the course of a training, averaging of weights; they know no data set."""
