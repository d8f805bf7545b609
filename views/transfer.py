"""Placeholder: transfer."""
