"""What Streamlit has no setting for, set once for the whole server."""

from starlette.formparsers import MultiPartParser
from streamlit import config, net_util


def harden() -> None:
    """Keep uploads in memory, and the server from asking the internet anything."""
    # Starlette writes what is larger than a megabyte into a temporary file while it arrives. An
    # upload is held in memory anyway, and a full disk or somebody's privacy is no price for that.
    most = int(config.get_option("server.maxUploadSize")) * 1024 * 1024
    MultiPartParser.spool_max_size = 2 * most
    # To judge whether another site's page may connect, Streamlit asks checkip.amazonaws.com for
    # this server's address, and everybody waits meanwhile. Same-origin pages need no judging.
    net_util.get_external_ip = _unknown


def _unknown() -> None:
    return None
