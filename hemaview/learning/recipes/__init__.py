"""How each model is trained: its data, its net, its numbers; one file a method."""
