"""The Share popover."""

# Taking a view along.
SHARE = "Share"
QR_ALT = "QR code of this view's address"
QR_LOCAL = "This computer has no network address, so only its own browser can open this link."
CODE_HELP = "Python that makes this view anew. Run it in the project's folder."
