"""Transfer by optimisation: the output is what minimises style and content terms."""
