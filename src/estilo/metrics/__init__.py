"""Metrics: numbers that say how good a result is."""
