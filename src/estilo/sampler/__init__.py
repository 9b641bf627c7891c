"""A recording as an instrument: its notes cut out, looped and played; notes as MIDI files."""
