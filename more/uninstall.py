"""Installed, used, uninstalled, installed again: the host and the addon as before."""

from collections import Counter
from pathlib import Path

from devtool import databases, logcheck, paths
from devtool.errors import Stop
from devtool.host import Host
from devtool.process import say, step

from . import snapshot

NAME = "kmop-more-uninstall"
USED = Path(__file__).with_name("used.py")
# What the addon brings, by its name: ids differ from one installation to the next.
NAMED = rf"""
SELECT model, name, noupdate::text FROM ir_model_data
WHERE module = '{paths.ADDON}'
UNION ALL SELECT 'view', data.name,
md5(regexp_replace(view.arch_db::text, '\d+', 'N', 'g'))
FROM ir_model_data data JOIN ir_ui_view view ON view.id = res_id
WHERE module = '{paths.ADDON}' AND data.model = 'ir.ui.view'
UNION ALL SELECT 'rule', data.name, concat(domain_force, active)
FROM ir_model_data data JOIN ir_rule rule ON rule.id = res_id
WHERE module = '{paths.ADDON}' AND data.model = 'ir.rule'
UNION ALL SELECT 'job', data.name, concat(interval_number, interval_type, active)
FROM ir_model_data data JOIN ir_cron job ON job.id = res_id
WHERE module = '{paths.ADDON}' AND data.model = 'ir.cron'
UNION ALL SELECT 'access', data.name,
concat(perm_read, perm_write, perm_create, perm_unlink)
FROM ir_model_data data JOIN ir_model_access access ON access.id = res_id
WHERE module = '{paths.ADDON}' AND data.model = 'ir.model.access'
"""


def check(host: Host) -> None:
    """The host must be as it was, and the addon like one that was never removed."""
    name, fresh = NAME, databases.prepared(host, databases.BARE)
    with step("Installing the addon, using it, uninstalling it"):
        databases.clone(host, databases.ground(host, databases.BARE), name)
        before = snapshot.take_host(host, name)
        databases.install(host, name, paths.ADDON)
        _use(host, name)
        entered = snapshot.count(host, name)
        host.log("uninstall", "module", "uninstall", "-d", name, paths.ADDON)
    logcheck.check(paths.log_file("uninstall"))
    if lost := entered - snapshot.count(host, name):
        raise Stop(f"Uninstalling lost what users entered: {lost}")
    _compare(before, snapshot.take_host(host, name), "Uninstalling left the host other")
    say("    the host is as it was")
    _again(host, name, fresh)
    databases.drop(host, name)


def _again(host: Host, name: str, fresh: str) -> None:
    """With the quotes there that were dossiers, and what else was kept."""
    with step("Installing it again where it was, and using it"):
        entered = snapshot.count(host, name)
        databases.install(host, name, paths.ADDON)
        found = _get_brought(host, name)
        if lost := entered - snapshot.count(host, name):
            raise Stop(f"Installing again lost what users entered: {lost}")
        _use(host, name)
    logcheck.check(paths.log_file(f"install-{name}"))
    _compare(_get_brought(host, fresh), found, "Installed again, the addon is other")
    say("    the addon is like a new one")


def _use(host: Host, name: str) -> None:
    logcheck.check(host.feed(USED, name, "uninstall-use"))


def _get_brought(host: Host, name: str) -> Counter[str]:
    """The structure of the tables, and the records that came with names."""
    options = "--schema-only", "--no-comments"
    structure = snapshot.structure(snapshot.dump(host, *options, name))
    return structure + Counter(host.query(name, NAMED).splitlines())


def _compare(wanted: Counter[str], found: Counter[str], sentence: str) -> None:
    if difference := snapshot.difference(wanted, found):
        say(difference)
        raise Stop(f"{sentence}: the rows are above.")
