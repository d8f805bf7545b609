"""Commands, one per file. Their parts live in `measuring`, `fuzzing` and `shared`."""
