"""Placeholder: tradeoff."""
