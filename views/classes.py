"""Placeholder: classes."""
