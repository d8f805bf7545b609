"""Download the data sets into the data folder, with checksums.

python scripts/download.py             # both
python scripts/download.py sign        # one
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

from models import Dataset
from nudge.data import find_data_dir
from nudge.data.download import download
from nudge.data.sources import SOURCES
from scripts.shared import command_line


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_names(options, "data set", SOURCES, "datasets")
    args = options.parse_args()
    data_dir = find_data_dir(args.data_dir)
    for name in args.datasets or SOURCES:
        download(SOURCES[Dataset(name)], data_dir)
    print(f"Data is in {data_dir}")


if __name__ == "__main__":
    command_line.run(main)
