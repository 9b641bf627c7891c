"""What a listener hears in a recording: spectra, onsets, pitch, tempo, key, descriptors."""
