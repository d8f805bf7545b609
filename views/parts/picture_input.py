"""Which picture is nudged: one of those here, or somebody's own, prepared step by step."""

from dataclasses import asdict
from hashlib import sha256
from threading import Lock

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from models import Dataset, Regime, Variant
from nudge.data.display_set import DisplaySet
from nudge.evaluation.methods import Method
from nudge.neighbourhood.picture_attack import Attack, Subject
from nudge.neighbourhood.plane import PlanePoints
from nudge.pictures.decoding import PictureError, read_picture
from nudge.pictures.preprocessing import (
    Preparation,
    PreparationStep,
    is_busy,
    pixels,
    prepare,
    suggest,
)
from nudge.pictures.segmentation import Box
from nudge.serving.background_job import Job
from views import text
from views.parts import gallery, object_marking
from views.parts.weight_tiles import captioned
from views.session import resources, secure_context
from views.session.late_messages import change, is_chosen, settled
from views.session.state import View, current

# One at a time: the largest picture that is taken needs 0.75 GB for a moment.
_READING = Lock()

_CHOICES = ("crop", "fill", "contrast", "invert", "mirror")  # of `Preparation`, on or off

# Keys of the session's state: nobody else is ever shown somebody's own picture.
_OWN = "_own"  # how the one that is shown was prepared
_SEEN = "_seen"  # the file and data set that steps were last suggested for
_SUGGESTED = "_suggested"  # those steps
_DECODED = "_decoded"  # the last file: its id, its SHA-256 and its picture
_BOX = "_box"  # around the object, where one was drawn: the picture's SHA-256 and the box
_STEPS = "_steps"  # what was prepared last: of which picture, how, and every step
_ATTACKS = "_attacks"
_PLANES = "_planes"


def choose(view: View, among: DisplaySet) -> tuple[Subject, gallery.Walk | None]:
    """Let people choose a picture; returns the one to be nudged, and the way to others from it."""
    source, walk, camera = "test", None, secure_context.lends_camera()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if "own" not in view.hide:
            source = st.segmented_control(
                text.picture_input.SOURCE,
                [name for name in text.picture_input.SOURCES if camera or name != "camera"],
                format_func=lambda name: text.picture_input.source(name, generated=among.generated),
                default="test",
                key="source",
                required=True,
                on_change=_choose_training,
            )
        if source == "test":
            found = gallery.search(view, among)
    if "own" not in view.hide and not camera:
        st.caption(text.picture_input.NO_CAMERA)
    if source == "test":
        gallery.show(view, among, found)
        walk = gallery.walk(view, found)
        own = None
        _forget()
    else:
        if view.regime is Regime.AUGMENTED:
            st.caption(f":material/info: {text.picture_input.AUGMENTED}")
        own = _prepared(view, source)
    return own or resources.test_picture(among, view.image), walk


def _choose_training() -> None:
    """Somebody's own object lies as it likes: who was trained on such pictures is to read it.

    Whoever chose a training keeps it.
    """
    standard = settled("regime") is Regime.STANDARD
    if not _is_test() and standard and Regime.AUGMENTED in current().regimes:
        change("regime", Regime.AUGMENTED)


def restore_training() -> None:
    """Before any widget is made: test pictures are read by whom it was before an own one."""
    if _is_test() and not is_chosen("regime"):
        change("regime", Regime.STANDARD)


def _is_test() -> bool:
    """Whether a test picture is shown, which is so after a visit to another page."""
    return bool(st.session_state.get("source", "test") == "test")


def preparation() -> Preparation | None:
    """How the own picture that was shown last was prepared; None if it was a test picture."""
    own: Preparation | None = st.session_state.get(_OWN)
    return own


def attack(variant: Variant, subject: Subject, method: Method, target: int | None) -> Attack:
    """Attack an own picture. Raises PretrainedError."""
    known: dict[object, Attack] = st.session_state.setdefault(_ATTACKS, {})
    digest = sha256(subject.pixels.numpy().tobytes()).hexdigest()
    key = (digest, variant.id, method, target)
    if key not in known:
        if len(known) > 50:  # about 12 kB each
            known.clear()
        known[key] = resources.attack(variant.id, subject, method, target)
    return known[key]


def plane_job(variant: Variant, subject: Subject, found: Attack, points: int) -> Job[PlanePoints]:
    """The plane through an own picture that was attacked, in the making. Raises PretrainedError."""
    known: dict[object, Job[PlanePoints]] = st.session_state.setdefault(_PLANES, {})
    spanned = (subject.pixels, found.along)
    digests = (sha256(values.numpy().tobytes()).hexdigest() for values in spanned)
    key = (*digests, variant.id, points)
    if key not in known:
        if len(known) >= 8:  # about 360 kB each
            known.clear()
        known[key] = resources.plane_of(variant.id, subject, found, points)
    return known[key]


def _prepared(view: View, source: str) -> Subject | None:
    """The picture that was given, if one was, brought to 28 x 28 grey."""
    if source == "upload":
        file = st.file_uploader(text.picture_input.UPLOAD)  # of any name: what it holds decides
    else:
        file = st.camera_input(text.picture_input.CAMERA, width=420)
    st.session_state[_OWN] = None
    if file is None:
        _forget()
        return None
    try:
        digest, image = _decoded(file)
    except PictureError as error:
        st.warning(
            text.picture_input.picture_error(error.what, error.expected, error.found, error.kind)
        )
        return None
    _suggest_once(image, digest, view.dataset)
    fashion = view.dataset is Dataset.FASHION
    box = _mark(image, digest) if fashion else None
    with st.container(horizontal=True):
        if fashion and not st.checkbox(text.picture_input.STEPS["separate"], key="separate"):
            box = None
        chosen = {name: st.checkbox(text.picture_input.STEPS[name], key=name) for name in _CHOICES}
    if not fashion:
        st.caption(text.picture_input.HANDS)
    st.session_state[_OWN] = Preparation(**chosen, box=box)
    steps = _steps(image, digest, st.session_state[_OWN])
    # Every picture on the way, the last as the network gets it.
    shown = ((text.picture_input.STEPS[step.name], np.asarray(step.image)) for step in steps)
    st.html(captioned(shown))
    return resources.own_picture(pixels(steps))


def _mark(image: Image.Image, digest: str) -> Box | None:
    """Where the ground is busy, or it is asked for, the picture to draw a box on; the box drawn."""
    box = _box(digest)
    busy = is_busy(image)
    if busy:  # for good, lest the picture jump away under a finger
        st.warning(text.picture_input.BUSY, icon=":material/blur_on:")

    def marked(box: Box) -> None:
        st.session_state[_BOX] = digest, box
        _suggest(image, Dataset.FASHION, box)

    if busy or st.session_state.get("separate"):
        object_marking.show(image, digest, box, marked)
    return box


def _box(digest: str) -> Box | None:
    known: tuple[str, Box] | None = st.session_state.get(_BOX)
    return known[1] if known and known[0] == digest else None


def _steps(image: Image.Image, digest: str, preparation: Preparation) -> list[PreparationStep]:
    """Prepared once, however often the page runs: to separate an object takes a moment."""
    known = st.session_state.get(_STEPS)
    if known is None or known[:2] != (digest, preparation):
        known = digest, preparation, prepare(image, preparation)
        st.session_state[_STEPS] = known
    steps: list[PreparationStep] = known[2]
    return steps


def _decoded(file: UploadedFile) -> tuple[str, Image.Image]:
    """SHA-256 and picture of a file, which is decoded once. Raises PictureError."""
    known = st.session_state.get(_DECODED)
    if known is None or known[0] != file.file_id:
        _forget()
        content = file.getvalue()
        with st.spinner(text.picture_input.DECODING), _READING:
            known = file.file_id, sha256(content).hexdigest(), read_picture(content)
        st.session_state[_DECODED] = known
    return known[1], known[2]


def _forget() -> None:
    """Nothing is left of a picture that was taken away, not even in memory."""
    for key in (_OWN, _SEEN, _SUGGESTED, _DECODED, _BOX, _STEPS, _ATTACKS, _PLANES):
        st.session_state.pop(key, None)


def _suggest_once(image: Image.Image, digest: str, dataset: Dataset) -> None:
    """Set the checkboxes when a picture is new; afterwards they are its owner's."""
    seen = (digest, dataset)
    if st.session_state.get(_SEEN) != seen:
        st.session_state[_SEEN] = seen
        _suggest(image, dataset, _box(digest) if dataset is Dataset.FASHION else None)
    for name, value in st.session_state[_SUGGESTED].items():
        st.session_state.setdefault(name, value)


def _suggest(image: Image.Image, dataset: Dataset, box: Box | None) -> None:
    suggested = asdict(suggest(image, dataset, box))
    chosen = {name: suggested[name] for name in _CHOICES} | {"separate": box is not None}
    st.session_state[_SUGGESTED] = chosen
    st.session_state.update(chosen)
