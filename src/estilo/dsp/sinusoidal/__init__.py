"""Sounds as sinusoids, transients and noise: analysis, synthesis, and the residual.

A recording is split into sines that come, glide and go (`analysis`), and the residual: together
they are the recording. The residual can be split further into transients, which are short, and
noise, which is coded well by the levels of its bands
(`parts`, `noise`).
"""
