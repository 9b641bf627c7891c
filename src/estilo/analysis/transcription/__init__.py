"""The notes of a recording, and the hits that are no notes."""
