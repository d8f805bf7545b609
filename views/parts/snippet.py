"""The code that computes a view, for those who want to go on from there."""

from nudge.evaluation.methods import Method
from nudge.pictures.preprocessing import Preparation
from views.session.state import Panel, View


def snippet(view: View, own: Preparation | None = None, *, generated: bool = False) -> str:
    """A page of Python, to be run in the project's folder.

    It prints what each network of the view predicts for the original and the attacked picture.
    `own` says how somebody's own picture was prepared; it is looked for as picture.png. The view's
    picture may be a generated one.
    """
    one = f"{view.image}:{view.image + 1}"
    imports = ["from models import CLASSES, load_model"]
    if own is None:
        load = f'load_split("{view.dataset}", "test")'
        if generated:
            imports += [
                "from nudge.data import to_pixels",
                "from nudge.data.generated_hands import load_generated_hands",
            ]
            load = "load_generated_hands()"
        else:
            imports.append("from nudge.data import load_split, to_pixels")
        picture = [
            f"images, labels = {load}",
            f"image, label = to_pixels(images[{one}]), labels[{one}]",
        ]
    else:
        imports += [
            "from pathlib import Path",
            "from nudge.data import to_pixels",
            "from nudge.pictures.preprocessing import Preparation, pixels, prepare",
            "from nudge.pictures.decoding import read_picture",
        ]
        picture = [
            'photograph = read_picture(Path("picture.png").read_bytes())',
            f"image = to_pixels(pixels(prepare(photograph, {own}))[None])",
        ]
    label = ["    label = model(image).argmax(dim=1)  # the true class is unknown"]
    epsilon = f"{view.epsilon:g}"
    along = f"    attacked = nudge(image, direction, epsilon={epsilon})"
    match view.method:
        case Method.TARGETED:
            imports += ["import torch", "from nudge.attacks import nudge, targeted_direction"]
            target = f"torch.tensor([{view.target_index}])"
            attack = [f"    direction = targeted_direction(model, image, {target})", along]
        case Method.RANDOM:
            imports.append("from nudge.attacks import nudge, random_direction")
            imports.append("from nudge.evaluation.measurement import RANDOM_SEED")
            row = one if own is None else "0:1"
            count = row.split(":")[1]
            attack = [f"    direction = random_direction({count}, seed=RANDOM_SEED)[{row}]", along]
        case Method.FGSM:
            imports.append("from nudge.attacks import fgsm_direction, nudge")
            attack = ["    direction = fgsm_direction(model, image, label)", along]
        case Method.L2:
            imports.append("from nudge.attacks import l2_fast_gradient")
            attack = [f"    attacked = l2_fast_gradient(model, image, label, 28 * {epsilon})"]
        case Method.BIM:
            imports.append("from nudge.attacks import bim")
            attack = [f"    attacked = bim(model, image, label, epsilon={epsilon})"]
        case Method.PGD:  # whose start the page draws for each epsilon that it shows
            imports += [
                "import torch",
                "from nudge.attacks import pgd",
                "from nudge.evaluation.methods import Method",
            ]
            attack = [
                "    radii = torch.tensor(Method.PGD.shown_epsilons)  # each has its own start",
                "    copies = image.expand(len(radii), -1, -1, -1), label.expand(len(radii))",
                f"    attacked = pgd(model, *copies, radii)[{view.step}:{view.step + 1}]",
            ]
    if view.panel is Panel.MAP:
        imports += [
            "from nudge.attacks import random_direction",
            "from nudge.evaluation.measurement import RANDOM_SEED",
            "from nudge.neighbourhood.plane import plane",
        ]
        row = one if own is None else "0:1"
        across = f"random_direction({row.split(':')[1]}, seed=RANDOM_SEED)[{row}]"
        along = "direction"
        match view.method:
            case Method.L2:
                imports.append("from nudge.attacks import l2_gradient")
                along = "l2_gradient(model, image, label).direction"
            case Method.RANDOM | Method.BIM | Method.PGD:
                imports.append("from nudge.attacks import fgsm_direction")
                along = "fgsm_direction(model, image, label)"
        attack += [
            f"    around = plane(model, image, {along}, {across})",
            "    print(name, around.predictions.unique(return_counts=True))",
        ]
    own_network = [v.own_folder for v in view.on_stage if v.own_folder]
    if own_network:
        imports += ["from pathlib import Path", "from models.own_networks import bring"]
    lines = [
        *sorted(set(imports)),
        "",
        *(f"bring(Path({str(folder)!r}))" for folder in own_network),
        *picture,
        f"for name in {[variant.id for variant in view.on_stage]}:",
        f"    model, classes = load_model(name), CLASSES[{str(view.dataset)!r}]",
        *(label if own and "label" in "".join(attack) else []),
        *attack,
        '    for title, picture in (("original", image), ("attacked", attacked)):',
        "        probabilities = model(picture).softmax(dim=1)[0]",
        "        predicted = int(probabilities.argmax())",
        '        print(f"{name}, {title}: {classes[predicted]} {probabilities[predicted]:.4f}")',
    ]
    return "\n".join(lines) + "\n"
