"""Blind listening tests on kept outputs: their design, the page, its server, and the statistics."""
