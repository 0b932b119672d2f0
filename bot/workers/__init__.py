"""The loops: look, deliver, ask, correct, knock, watch. Each knows the domain and its ports, nothing else."""
