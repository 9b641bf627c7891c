"""Registers of the instruments of General MIDI."""

CENTRES = (
    *(60, 60, 60, 60, 60, 60, 60, 58),  # pianos
    *(72, 82, 74, 66, 60, 76, 66, 62),  # chromatic percussion
    *(60, 60, 60, 60, 60, 64, 70, 64),  # organs
    *(56, 56, 56, 56, 54, 56, 56, 62),  # guitars
    *(40, 40, 40, 42, 40, 40, 40, 40),  # basses
    *(74, 64, 52, 40, 62, 58, 60, 48),  # strings
    *(60, 60, 60, 60, 62, 62, 60, 60),  # ensembles
    *(66, 54, 42, 66, 56, 60, 60, 60),  # brass
    *(70, 64, 58, 50, 72, 64, 50, 64),  # reeds
    *(84, 76, 76, 72, 68, 68, 78, 74),  # pipes
    *(64, 64, 64, 64, 60, 62, 62, 52),  # leads
    *(60, 60, 60, 60, 60, 60, 60, 60),  # pads
    *(60, 60, 64, 60, 62, 60, 60, 60),  # effects
    *(58, 62, 60, 64, 66, 62, 72, 68),  # of many countries
    *(76, 72, 66, 66, 50, 50, 50, 60),  # percussion
)
"""Middle of the register of each program that is an instrument, as a MIDI note number."""
