"""The judge of timbre: what is heard of a recording, a network that compares, and a scale."""
