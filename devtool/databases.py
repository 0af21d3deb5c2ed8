"""Databases: made once from empty, cloned ever after, kept current."""

from dataclasses import dataclass

from . import addon, locks, paths, source
from .errors import Stop
from .host import Host
from .process import step

LANGUAGES = "nl_BE,fr_BE"
HOST_MODULES = "sale_management,survey,contacts,calendar,privacy_lookup"


@dataclass(frozen=True)
class Kind:
    """What a database holds beside the addon and what that depends on."""

    name: str
    title: str
    modules: str = ""
    options: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        return f"kmop-template-{self.name}"

    @property
    def ground(self) -> str:
        """The same without the addon: what an addon change leaves as it is."""
        return f"kmop-ground-{self.name}"


BARE = Kind("bare", "the addon alone, no demo data")
PLAIN = Kind("plain", "no demo data", HOST_MODULES, (f"--load-language={LANGUAGES}",))
DEMO = Kind(
    "demo",
    "with demo data",
    HOST_MODULES,
    (f"--load-language={LANGUAGES}", "--with-demo"),
)


def fresh(host: Host, name: str, kind: Kind) -> None:
    """A new database of that name, cloned from a prepared one."""
    template = prepared(host, kind)
    with locks.exclusive(f"database-{name}"), step(f"Cloning it to {name}"):
        clone(host, template, name)
        mark(host, name, marked(host, template))


def prepared(host: Host, kind: Kind) -> str:
    """The template with the addon as it is now."""
    with locks.exclusive(kind.template):
        if marked(host, kind.template) != addon.fingerprint():
            _prepare(host, kind)
    return kind.template


def ground(host: Host, kind: Kind) -> str:
    """The same without the addon."""
    with locks.exclusive(kind.template):
        _ensure_ground(host, kind)
    return kind.ground


def install(host: Host, name: str, modules: str, *options: str) -> None:
    """Odoo's own installer; its log is `install-NAME`."""
    host.log(
        f"install-{name}", "-d", name, "-i", modules, "--stop-after-init", *options
    )


def update(host: Host, name: str) -> None:
    log = f"update-{name}"
    host.log(log, "-d", name, "-u", paths.ADDON, "--stop-after-init")


def refresh(host: Host, name: str) -> bool:
    """Update the addon in a database, if files changed since; says whether it did."""
    current = addon.fingerprint()
    if marked(host, name) == current:
        return False
    with step(f"The addon changed: updating {name}"):
        update(host, name)
    mark(host, name, current)
    return True


def clone(host: Host, old: str, new: str) -> None:
    """With the filestore; the new name is taken only once the copy is whole."""
    check_name(new)
    host.log(f"clone-{new}", "db", "duplicate", "-f", old, f"{new}.new")
    take_name(host, f"{new}.new", new)


def take_name(host: Host, old: str, new: str) -> None:
    host.log(f"rename-{new}", "db", "rename", "-f", old, new)


def drop(host: Host, name: str) -> None:
    if exists(host, name):
        host.log(f"drop-{name}", "db", "drop", name)


def exists(host: Host, name: str) -> bool:
    found = host.query(
        "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"
    )
    return bool(found)


def check_name(name: str) -> None:
    if not (name and name[0].isalnum() and set(name) <= NAME_CHARACTERS):
        raise Stop(f"“{name}” is no database name: use letters, digits, “-” and “_”.")


NAME_CHARACTERS = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
)


def mark(host: Host, name: str, text: str) -> None:
    """A comment on the database: it goes when the database goes."""
    quoted = f"kmop {text}".replace("'", "''")
    host.query("postgres", f"COMMENT ON DATABASE \"{name}\" IS '{quoted}'")


def marked(host: Host, name: str) -> str:
    comment = host.query(
        "postgres",
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        f" WHERE datname = '{name}'",
    )
    return comment.removeprefix("kmop ") if comment.startswith("kmop ") else ""


def _prepare(host: Host, kind: Kind) -> None:
    current, new = addon.fingerprint(), f"{kind.template}.new"
    _ensure_ground(host, kind)
    with step(f"Installing the addon ({kind.title})"):
        host.log(f"clone-{new}", "db", "duplicate", "-f", kind.ground, new)
        install(host, new, paths.ADDON, *kind.options)
    take_name(host, new, kind.template)
    mark(host, kind.template, current)


def _ensure_ground(host: Host, kind: Kind) -> None:
    modules = kind.modules or ",".join(addon.depends())
    wanted = " ".join([source.version(host.source), modules, *kind.options])
    if marked(host, kind.ground) == wanted:
        return
    new = f"{kind.ground}.new"
    drop(host, new)
    with step(f"Installing {modules} ({kind.title}; about a minute)"):
        install(host, new, modules, *kind.options)
    take_name(host, new, kind.ground)
    mark(host, kind.ground, wanted)
