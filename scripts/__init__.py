"""Thin command lines over `nudge` and `models`. Each says what it does with --help."""
