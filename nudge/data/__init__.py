"""The data sets: where they come from, how they are read and checked, what stands in for them.

Knows no attack and no training. `sources` holds one record per data set; start reading at `splits`.
"""

from nudge.data.splits import (
    DEFAULT_DATA_DIR,
    DataError,
    Split,
    digest,
    find_data_dir,
    load_bundled,
    load_split,
    to_pixels,
)

__all__ = [
    "DEFAULT_DATA_DIR",
    "DataError",
    "Split",
    "digest",
    "find_data_dir",
    "load_bundled",
    "load_split",
    "to_pixels",
]
