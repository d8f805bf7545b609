"""The Share popover."""

SHARE = "Share"
QR_ALT = "QR code of this view's address"
QR_LOCAL = "This computer has no network address, so only its own browser can open this link."
CODE_HELP = "Python code for this view. Run it in the project's folder."
