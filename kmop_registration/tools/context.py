"""The context of a call is what its caller sent: it may say anything."""

from functools import wraps

# What says whose screen it is, and decides nothing.
KEPT = ("lang", "tz", "allowed_company_ids")


def is_uninstalling(env):
    """Return True while the server uninstalls modules, or loads them.

    The registry isn't ready then, and no call is answered. The context key that the
    host sets for it, ``_force_unlink``, can be sent by any remote call.
    """
    return not env.registry.ready


def own_context(records):
    """Return ``records`` with nothing of the caller's context but whose screen it is.

    Defaults (``default_…``), switches of the host (``tracking_disable``) and its own
    marks (``_force_unlink``) stay behind.
    """
    context = records.env.context
    kept = {key: context[key] for key in KEPT if key in context}
    # All of it is replaced, which is the point.
    # pylint: disable-next=context-overridden
    return records.with_context(kept)


def ignore_caller_context(method):
    """Have a method of a model run with ``own_context()`` of its records."""

    @wraps(method)
    def run(self, *args, **kwargs):
        return method(own_context(self), *args, **kwargs)

    return run
