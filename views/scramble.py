"""Placeholder: scramble."""
