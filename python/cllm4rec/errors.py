"""The errors that keep their meaning on the way to the runner.

Raise one of them for what the user can mend; its message is shown as it is, so it names the
thing at fault and what was expected. Any other exception is a failure of the plugin: the
runner shows its type, message and place, and its traceback goes to the log.
"""

from __future__ import annotations

import difflib
from typing import Iterable


class Error(Exception):
    """An error with a code of the contract."""

    code = ""


class Invalid(Error):
    """Parameters or arguments are wrong; the user mends the plan."""

    code = "invalid"


class NotFound(Error):
    """A file, folder or package that was named does not exist."""

    code = "not_found"


class BadData(Error):
    """Something was read and its content is damaged or contradictory."""

    code = "bad_data"


class Unsupported(Error):
    """The plugin cannot do this."""

    code = "unsupported"


class OutOfOrder(Error):
    """A call came before the call that it depends on."""

    code = "order"


class NonFinite(Error):
    """A loss or a score is NaN or infinite."""

    code = "non_finite"


class OutOfMemory(Error):
    """The machine or the device has no room for the work."""

    code = "out_of_memory"


class Cancelled(Error):
    """The runner does not want the result any more."""

    code = "canceled"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name; empty where nothing is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
