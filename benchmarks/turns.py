"""Measuring in turns: what is compared alternates, each time with empty caches."""

import gc
import statistics
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from lxml import etree

from odoo import api
from odoo.modules.registry import Registry
from odoo.sql_db import close_db, db_connect


@dataclass
class Samples:
    """What one side took: the seconds of each round, and its queries."""

    seconds: list
    queries: int

    @property
    def median(self):
        return statistics.median(self.seconds)

    def per(self, other):
        """Return how many times longer it took than the other in the same round."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


# ------------------------------------------------------------------------- databases


@contextmanager
def environment(name):
    """An environment of the administrator; what happens in it is undone."""
    with Registry(name).cursor() as cr:
        yield api.Environment(cr, api.SUPERUSER_ID, {})(
            user=2, context={"lang": "en_US", "tz": "Europe/Brussels"}
        )
        cr.rollback()


def administer(sql):
    with db_connect("postgres").cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute(sql)


def forget(name):
    """Let go of a database, so that it can be copied or dropped."""
    Registry.delete(name)
    close_db(name)


def copy(old, new):
    forget(old)
    forget(new)
    administer(f'DROP DATABASE IF EXISTS "{new}"')
    administer(f'CREATE DATABASE "{new}" TEMPLATE "{old}"')


def drop(name):
    forget(name)
    administer(f'DROP DATABASE IF EXISTS "{name}"')


def install(name, modules):
    """Install modules; return the seconds that it took."""
    begin = time.perf_counter()
    Registry.new(name, update_module=True, install_modules=modules)
    return time.perf_counter() - begin


# ----------------------------------------------------------------------- measuring


def measure(sides, rounds):
    """Return the samples of each side.

    :param sides: ``{side: (database, function that returns what is measured)}``. What
        that does to the database is undone after each round.
    """
    with ExitStack() as stack:
        ready = {}
        for side, (name, prepare) in sides.items():
            env = stack.enter_context(environment(name))
            ready[side] = env, prepare(env)
        if rounds > 1:
            for prepared in ready.values():
                run(*prepared)
        samples = {side: Samples([], 0) for side in ready}
        names = list(ready)
        for turn in range(rounds):
            # Whoever comes first is last the next time.
            for side in names if turn % 2 else names[::-1]:
                seconds, samples[side].queries = run(*ready[side])
                samples[side].seconds.append(seconds)
        return samples


def run(env, function):
    """Return the seconds and the queries of ``function``, whose changes are undone."""
    env.flush_all()
    env.invalidate_all()
    gc.collect()
    savepoint = env.cr.savepoint()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    function()
    env.flush_all()
    taken = time.perf_counter() - begin, env.cr.sql_log_count - queries
    env.invalidate_all()
    savepoint.close(rollback=True)
    return taken


# --------------------------------------------------------------------- what is asked


def read_arch(env, model, node):
    """Return what the web client asks for to show a view."""
    specification = {}
    for element in node.iterchildren(etree.Element):
        if element.tag != "field":
            specification |= read_arch(env, model, element)
            continue
        field = model._fields[element.get("name")]
        specification[field.name] = {}
        if field.relational:
            nested = {} if field.type != "many2one" else {"display_name": {}}
            for view in element.iterchildren("list", "form", "kanban"):
                nested |= read_arch(env, env[field.comodel_name], view)
            fields = nested or {"display_name": {}}
            specification[field.name] = {"fields": fields}
    return specification


def get_specification(model, kind, view=None):
    view_id = model.env.ref(view).id if view else False
    arch = model.get_views([(view_id, kind)])["views"][kind]["arch"]
    return read_arch(model.env, model, etree.fromstring(arch))


def read_list(model, kind="list", view=None, domain=(), limit=80):
    """Return a function that asks what the web client does to show a list."""
    fields = get_specification(model, kind, view)
    return lambda: model.web_search_read(
        list(domain), fields, limit=limit, count_limit=10001
    )


def read_form(record, view=None):
    """Return a function that asks what the web client does to show a form."""
    fields = get_specification(record, "form", view)
    return lambda: record.browse(record.id).web_read(fields)
