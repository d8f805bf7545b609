"""Bring a network of your own: from an ONNX file to a network that every page knows.

    python scripts/import_network.py my_net.onnx --dataset fashion --name my-net
    streamlit run app.py -- --networks networks

The network maps pictures, float32 (N, 1, 28, 28) in [0, 1], to one logit a class. It is checked,
its accuracy is measured under FGSM on the full test set, and network and card go into a folder of
such networks. docs/own-network.md has an example from the first line to the attack.
"""

import hashlib
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

from tqdm import tqdm

from models import Card, Dataset, NudgeError
from models.imported import from_onnx, parameter_count, plain_onnx
from models.own_networks import imported
from nudge.attacks.model_outputs import NotFiniteError
from nudge.attacks.network_checks import check_network
from nudge.data import load_split, to_pixels
from nudge.data.sources import SOURCES
from nudge.devices import device_name
from nudge.evaluation.measurement import measure
from nudge.evaluation.robustness import count_moved
from nudge.training.publishing import check_folder, publish, versions
from scripts.shared import command_line

TRIED = 16  # test pictures that the network is checked with


def main() -> None:
    options = command_line.parser(__doc__)
    options.add_argument("file", type=Path, help="an ONNX file, such as torch.onnx.export writes")
    options.add_argument("--dataset", choices=list(Dataset), required=True)
    options.add_argument("--name", required=True, help="lower-case letters, digits and hyphens")
    options.add_argument(
        "--replace", action="store_true", help="in place of the one of that name in the folder"
    )
    options.add_argument(
        "--output-dir", type=Path, default=Path("networks"), help="default: networks"
    )
    command_line.add_device(options)
    args = options.parse_args()
    device = command_line.device(options, args)
    try:
        variant = imported(args.name, args.dataset, args.output_dir)
    except ValueError as error:
        options.error(str(error))
    if not args.file.is_file():
        options.error(f"{args.file}: there is no such file")
    check_folder(args.output_dir)
    if variant.weights.exists() and not args.replace:
        options.error(
            f"{args.output_dir} has a network called {args.name} already: choose another --name, "
            "or --replace it"
        )
    content = plain_onnx(args.file)
    model = from_onnx(content, args.file).to(device)
    test = load_split(variant.dataset, "test", args.data_dir)
    some = to_pixels(test.images[:TRIED]).to(device), test.labels[:TRIED].to(device)
    check_network(model, *some, classes=len(variant.classes))
    start = time.perf_counter()
    try:
        with tqdm(desc=f"{variant.id}: measuring", unit="picture") as bar:
            found = measure(model, test, progress=lambda *state: command_line.advance(bar, *state))
        moved = count_moved(model, *test)
    except NotFiniteError as error:
        raise NudgeError(f"The network cannot be measured: {error}") from error
    card = Card(
        sha256=hashlib.sha256(content).hexdigest(),
        data_sha256={n: r.sha256 for n, r in SOURCES[variant.dataset].splits.items()},
        permutation_sha256=None,
        parameters=parameter_count(model),
        **found.for_card(len(variant.classes)),
        learning_curve=(),
        recipe={},
        seed=0,
        seconds=round(time.perf_counter() - start, 1),
        hardware=device_name(device),
        versions=versions(),
        command=f"python scripts/import_network.py {args.file.name} --dataset {variant.dataset} "
        f"--name {variant.id}",
        dataset=str(variant.dataset),
        moved=moved,
    )
    publish(args.output_dir, variant, content, card, found.arrays(len(variant.classes)))
    tqdm.write(
        f"{variant.id}: {card.fgsm[0]} of {card.total} test pictures right "
        f"({card.accuracy:.2%}), in {args.output_dir}"
    )
    if found.zero_gradients:
        tqdm.write(
            f"Of {found.zero_gradients} pictures the gradient is zero everywhere, so that FGSM "
            "cannot move them: that is not robustness"
        )
    if card.accuracy < 2 / len(variant.classes):
        tqdm.write(
            "That is hardly more than chance. Expected are pictures as they come, in [0, 1], and "
            f"the classes in this order: {', '.join(variant.classes)}"
        )
    tqdm.write(
        f"To see it, start the page anew: streamlit run app.py -- --networks {args.output_dir}"
    )


if __name__ == "__main__":
    command_line.run(main)
