"""The Share popover."""

SHARE = "Share"
QR_ALT = "QR code of this view's address"
QR_LOCAL = "This computer has no network address, so only its own browser can open this link."
SAVE_PAGE = "Save this page"
SAVE_PAGE_HELP = (
    "One file that opens without a network, and whose slider moves. Several networks under BIM or "
    "PGD go without their maps."
)
CLASS = "Ask a class about this view"
MADE = "Made with Nudge."
CODE_HELP = "Python code for this view. Run it in the project's folder."


def whose_picture(dataset: str, *, own: bool, generated: bool) -> str:
    """Whose the picture of a saved page is, for whoever passes the file on."""
    if own:
        return "The picture is that of whoever saved this page, and stands in this file."
    if generated:
        return "The picture was drawn by one of Nudge's networks: MIT licence."
    if dataset == "fashion":
        return "Picture: Fashion-MNIST, by Zalando SE, MIT licence."
    return (
        "Picture: Sign-Language-MNIST. Its licence could not be verified, so pass it on to nobody."
    )
