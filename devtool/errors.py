"""How a failure reaches the person at the keyboard."""

import errno
import sys
import traceback

from . import paths


class Stop(Exception):
    """One plain sentence that says what went wrong and what to do about it."""


def sentence(error: BaseException) -> str:
    if isinstance(error, Stop):
        return str(error)
    if isinstance(error, OSError):
        return _system_sentence(error)
    return f"Something unforeseen happened ({error!r}); {_keep_traceback(error)}"


def _system_sentence(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: free some space and run the command again."
    if isinstance(error, PermissionError):
        return (
            f"No permission for {error.filename}: run as the user who owns"
            " the checkout, or remove it with `./dev reset --all` as that user."
        )
    return f"The system said “{error}”; {_keep_traceback(error)}"


def _keep_traceback(error: BaseException) -> str:
    try:
        log = paths.log_file("dev")
        log.write_text("".join(traceback.format_exception(error)))
    except OSError:
        return "run the command again."
    return f"please report it with {paths.shown(log)}."


def report(error: BaseException) -> int:
    print(f"dev: {sentence(error)}", file=sys.stderr, flush=True)
    return 1
