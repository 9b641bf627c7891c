"""Recordings for training: a folder of clips with a manifest, rendered or the user's own."""
