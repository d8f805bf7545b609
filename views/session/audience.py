"""How many people watch: a crowd polls less often than one person."""

import time

from streamlit.runtime.scriptrunner import get_script_run_ctx

_RECENT = 20.0  # seconds without a request after which a session counts as idle
_last_served: dict[str, float] = {}  # by session, on the monotonic clock


def watching() -> int:
    """The number of visitors who were served lately, with this one."""
    context = get_script_run_ctx()
    return audience(context.session_id if context else "")


def audience(session: str) -> int:
    """The number of sessions served lately, with this one."""
    now = time.monotonic()
    _last_served[session] = now
    for idle in [name for name, at in list(_last_served.items()) if now - at > _RECENT]:
        _last_served.pop(idle, None)
    return len(_last_served)
