"""Sounds as sinusoids, transients and noise: analysis, synthesis, and what is left over.

A recording is split into sines that come, glide and go (`analysis`), and a residual, which is
whatever is missing: together they are the recording. The residual can be split further into what
happens at once, the transients, and what is coded well by its band levels, the noise
(`parts`, `noise`).
"""
