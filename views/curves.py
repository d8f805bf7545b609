"""Placeholder: curves."""
