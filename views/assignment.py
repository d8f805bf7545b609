"""Placeholder: assignment."""
