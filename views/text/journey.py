"""The Journey page."""

LEAD = (
    "A thousand test pictures, each a dot where the network's last hidden layer puts it. Move the "
    "slider, and see where FGSM takes them. Outlined: predicted wrong."
)
EMBEDDING = "Drawing"
EMBEDDINGS = {"tsne": "Neighbours (t-SNE)", "pca": "Plane (PCA)"}
CODE = "Code"
NO_PICTURES = "The journey is that of official test pictures, which are not on this computer."
ORIGINS = {
    "tsne": "by t-SNE of the last hidden layer, fitted to the clean ones, which keeps neighbours "
    "together but no distances",
    "pca": "in the two directions in which the last hidden layer of the clean ones differs most, "
    "which keeps distances along these two and leaves out all others",
}


def caption(embedding: str, pictures: int, epsilons: list[float]) -> str:
    shown = ", ".join(f"{epsilon:g}" for epsilon in epsilons)
    return (
        f"The first {pictures:,} official test pictures, {ORIGINS[embedding]}; dots move in "
        f"straight lines between the epsilons that were computed, {shown}."
    )


# What the drawing says; {names} are filled in by the browser.
WORDS = {
    "canvas": "Pictures as dots. Arrow keys go from one to the next, Enter opens the explorer",
    "epsilon": "Epsilon: how far each pixel may move",
    "nudge": "Nudge",
    "nudges": ["FGSM", "Random"],
    "choose": "Class",
    "all": "All classes",
    "closer": "Closer",
    "farther": "Farther away",
    "open": "Open in the explorer",
    "hint": "Point at a dot to see its picture. Click on it to attack it.",
    "about": "Picture {picture}: {label}, predicted as {predicted}",
    "at": "Epsilon {epsilon}",
    "class": "class",
    "save": "Save picture",
    "caption": "{network}. The first {total} official test pictures under {nudge}, "
    "epsilon {epsilon}. Outlined: predicted wrong. {drawing}. Made with Nudge.",
    "left": "{left} of {total} have left their class under {nudge}",
}
