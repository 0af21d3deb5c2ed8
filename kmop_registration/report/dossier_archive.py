from hashlib import sha256
from tempfile import TemporaryFile

from odoo.tools import LazyTranslate

from ..tools import safe_name
from .dossier_files import DossierFiles
from .zip_stream import ZipStream, cut

_lt = LazyTranslate(__name__)

SUMS = "SHA256SUMS"
# Of the files that something is the matter with, how many the read-me names.
NAMED = 1000
STATES = {
    "altered": _lt("Altered since it was accepted"),
    "missing": _lt("Missing"),
    "hidden": _lt("Left out, as this user may not open it"),
    "lost": _lt("Left out, as it isn't what was accepted"),
}


class DossierArchive:
    """All files of a pack, and the workbook with them.

    The evidence goes first, so that the workbook and the read-me can say what was
    found: a file that was altered or is missing stops nothing, and is named.
    """

    def __init__(self, pack):
        self.pack = pack
        self.env = pack.env
        self.files = DossierFiles(pack.env)
        # By path: which files aren't in it as they should be.
        self.states = {}
        pack.archive = self

    def stream(self, progress=None):
        """Yield the archive, piece by piece.

        :param progress: called with the number of files that are done
        """
        archive = ZipStream(self.pack.moment)
        for count, placed in enumerate(self.pack.iterate_files(reading=True), 1):
            yield from self.add_evidence(archive, placed.path, placed.file)
            if progress:
                progress(count)
        yield from self.add_others(archive)
        yield from self.add_workbook(archive)
        self.tell_provider()
        yield from self.add_read_me(archive)
        yield from archive.add_sums(SUMS)
        yield from archive.close()

    def get_state(self, path, file):
        """Return how a file went into the archive, for the workbook in it."""
        return self.states.get(path) or ("intact" if file.sha256 else "present")

    # ------------------------------------------------------------------- evidence

    def add_evidence(self, archive, path, file):
        """Add one file. One that can't be read is listed all the same."""
        if not file.readable:
            self.states[path] = "hidden"
            return
        content = self.files.get_content(file)
        state = self.compare(file, content)
        if state != "intact":
            self.states[path] = state
        if state in ("missing", "lost"):
            if file.sha256:
                archive.list(file.sha256, path)
            return
        # Listed as it was accepted: whoever checks the list finds what was altered.
        yield from archive.add(path, cut(content), len(content), file.sha256)

    def compare(self, file, content):
        """Return how a file is: ``lost`` where it is to be left out for that."""
        if content is None:
            state = "missing"
        elif not file.sha256 or sha256(content).hexdigest() == file.sha256:
            return "intact"
        else:
            state = "altered"
        return "lost" if self.pack.strict else state

    # --------------------------------------------------------------------- others

    def add_others(self, archive):
        """Add the reports of the audits, and the certificates behind exemptions."""
        for folder, title, attachments in self.pack.iterate_others():
            path = f"{safe_name(folder)}/{safe_name(title, 60)}"
            for placed in self.files.iterate_attached(path, attachments):
                content = self.files.get_content(placed.file)
                if content is not None:
                    yield from archive.add(placed.path, cut(content), len(content))

    # ------------------------------------------------------- workbook and read-me

    def add_workbook(self, archive):
        title = self.env._("Audit dossier")
        with TemporaryFile() as file:
            self.pack.write_workbook(file)
            yield from archive.add_file(safe_name(f"{title}.xlsx"), file)

    def tell_provider(self):
        """Note in the log of the page what couldn't be handed over to the auditor."""
        if self.pack.access:
            for path in self.states:
                self.pack.access._log("missing", name=path)

    def add_read_me(self, archive):
        title = self.env._("Read me")
        lines = [*self.get_introduction(), "", *self.get_found()]
        # For Windows' own editor as well.
        text = "\r\n".join(lines) + "\r\n"
        content = text.encode("utf-8-sig")
        yield from archive.add(safe_name(f"{title}.txt"), [content])

    def get_introduction(self):
        return [
            *self.pack.get_origin(),
            "",
            self.env._("Begin with the workbook: it lists and explains everything."),
            self.env._(
                "Each piece of evidence is in the folder of its first requirement and"
                " indicator; its number comes first in the name of the file."
            ),
            self.env._(
                "Every file can be checked: open a terminal in this folder and type"
                " %(command)s",
                command=f"sha256sum -c {SUMS}",
            ),
        ]

    def get_found(self):
        if not self.states:
            return [self.env._("All files were there, as they were accepted.")]
        found = list(self.states.items())
        lines = [
            f"{self.env._(STATES[state])}: {path}" for path, state in found[:NAMED]
        ]
        if len(found) > NAMED:
            more = len(found) - NAMED
            lines.append(self.env._("and %(more)s more: see the workbook", more=more))
        return [self.env._("What was found:"), *lines]
