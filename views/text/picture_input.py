"""Somebody's own picture."""

# Choosing a picture.
SOURCES = {"test": "Test pictures", "upload": "Upload", "camera": "Camera"}
AUGMENTED = (
    "The network that reads your picture was trained on shifted, rotated and scaled pictures "
    "(augmented). Choose another training above."
)
ALL_AUGMENTED = (
    "The networks that read your picture were trained on shifted, rotated and scaled pictures "
    "(augmented). Choose another training above."
)
SOURCE = "Picture"

# Somebody's own picture.
UPLOAD = "Your picture (PNG, JPEG, HEIC, ...). It is kept only while this page is open."
CAMERA = "A photograph"
NO_CAMERA = "To take a photograph, choose Upload: on a phone it offers the phone's own camera."
DECODING = "Reading the picture"

STEPS = {
    "grey": "Grey",
    "crop": "Crop to a square",
    "pad": "Pad to a square",
    "fill": "Cut to the object",
    "contrast": "Stretch contrast",
    "invert": "Invert",
    "mirror": "Mirror",
    "separate": "Remove the background",
    "shrink": "28 x 28 pixels",
}

BUSY = (
    "The background is busy, and the network looks at all of it. Mark the object: drag a box "
    "around it."
)

# The data set shows right hands as another person sees them; found by looking at its pictures.
HANDS = (
    "The networks know the right hand, as another person sees it. For a left hand, or for a "
    "picture that a selfie camera mirrored, choose Mirror."
)

# What a file is instead of a picture that can be read, and what to do about it.
OTHER_KINDS = {
    "PDF": ("a PDF", "Take a screenshot of the page and upload that."),
    "SVG": ("an SVG drawing", "Open it in a browser, take a screenshot and upload that."),
    "web page": ("a web page", "Save the picture itself: press and hold it, or right-click it."),
    "ZIP": ("a ZIP or an office document", "Unpack it, or take a screenshot, and upload that."),
    "film": ("a film", "Upload a photograph, or a screenshot of the film."),
    "JPEG XL": ("JPEG XL", "Save the picture as PNG or JPEG."),
    "JPEG 2000": ("JPEG 2000", "Save the picture as PNG or JPEG."),
    "Photoshop": ("a Photoshop file", "Export it as PNG or JPEG."),
    "icon": ("an icon", "Save it as PNG."),
    "raw photograph": ("a camera's raw photograph", "Save it as JPEG."),
}


def picture_error(what: str, expected: object, found: object, kind: str | None = None) -> str:
    """`kind` is what the file is instead, a key of `OTHER_KINDS`."""
    if kind is None:
        return f"{what}: expected {expected}, found {found}."
    name, help_ = OTHER_KINDS[kind]
    return f"{what}: it is {name}. {help_}"


GENERATED_SOURCE = "Generated hands"


def source(name: str, *, generated: bool) -> str:
    return GENERATED_SOURCE if generated and name == "test" else SOURCES[name]
