"""The main job from recordings to a recording: prepare, run the engine, restore, report."""
