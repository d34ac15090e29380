"""Why a value could not be read."""


class SourceUnreadable(Exception):  # noqa: N818 - read as a sentence, it is no fault of the program
    """
    The value could not be had; the message says why and what to do next, and never holds the value
    or any other content of the place it was looked for in.
    """
