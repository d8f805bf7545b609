"""Placeholder: lesson."""
