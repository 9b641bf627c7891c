"""The engine that hears notes and plays them, and what it does with what is no note."""
