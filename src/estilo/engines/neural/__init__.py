"""The trained network as an engine: whole recordings, and streams block by block."""
