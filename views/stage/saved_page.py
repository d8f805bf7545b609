"""A view to take home: the stage as one HTML file that needs no server and no network."""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from nudge.neighbourhood.picture_attack import Subject
from views import text
from views.session import javascript
from views.session.state import View
from views.stage import payload

# What Streamlit's theme says on a page of its own: see .streamlit/config.toml.
_STYLE = """
:root { color-scheme: light dark; --st-font: system-ui, sans-serif; --st-primary-color: #b04c00;
  --st-text-color: #1f2430; --st-background-color: #fff; }
@media (prefers-color-scheme: dark) { :root { --st-primary-color: #e98a3c;
  --st-text-color: #fafafa; --st-background-color: #0e1117; } }
body { margin: 0 auto; max-width: 80rem; padding: 0.5rem 1rem 1rem; font: 16px/1.4 var(--st-font);
  color: var(--st-text-color); background: var(--st-background-color); }
h1 { font-size: 1.25rem; margin: 0.25rem 0 0.75rem; }
footer { font-size: 0.875rem; margin-top: 1rem; }
"""
# On lines of their own; a file to take home is for looking at, and they are a fifth of the scripts.
_COMMENTS = re.compile(r"^ *(?:/\*\*.*?\*/|//.*?)\n", re.MULTILINE | re.DOTALL)
_STAGE = Path(__file__).with_name("stage.js")
# The scene is compressed: four networks under an iterated attack would take 160 kB. The stage is
# given what Streamlit's page gives a component; nobody is told where the slider is.
_START = """
const packed = Uint8Array.from(atob("{packed}"), (c) => c.charCodeAt(0));
const unpacking = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
const scene = await new Response(unpacking).json();
mount({ data: [scene], parentElement: document.body, setStateValue() {} });
"""


def saved_page(view: View, subject: Subject, scene: Mapping[str, Any]) -> str:
    """The file, as HTML: that view's scene, with its slider where the scene has it."""
    title = payload.title(view, subject)
    notes = [
        scene["caption"] if "accuracy" not in view.hide else text.share.MADE,
        text.share.whose_picture(
            view.dataset, own=subject.label is None, generated=subject.generated
        ),
    ]
    hide = sorted({*scene["hide"], "panel"})
    alone = {**scene, "walk": None, "host": None, "linked": False, "hide": hide}
    data = json.dumps(alone, separators=(",", ":")).encode()
    packed = base64.b64encode(gzip.compress(data, mtime=0)).decode("ascii")
    style = _STAGE.with_suffix(".css").read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(f'{text.common.TITLE}: {title}')}</title>"
        f"<style>{_STYLE}{style}</style></head><body><main><h1>{escape(title)}</h1>"
        f'<div class="stage"></div></main><footer>{escape(" ".join(notes))}</footer>'
        f'<script type="module">{_script()}{_START.replace("{packed}", packed)}'
        "</script></body></html>"
    )


def _script() -> str:
    """The stage's scripts as one, without their comments."""
    return _COMMENTS.sub("", javascript.join(_STAGE))
