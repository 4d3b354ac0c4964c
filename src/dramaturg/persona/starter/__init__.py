"""Scenes of our own, so that a first run needs no file."""
