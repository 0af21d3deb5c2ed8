"""An archive that is handed over while it is written, however large it grows."""

from hashlib import sha256
from io import RawIOBase
from tempfile import TemporaryFile
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

# What is packed already: to pack it again costs time and wins nothing.
PACKED = (
    ".7z",
    ".docx",
    ".gif",
    ".gz",
    ".jpeg",
    ".jpg",
    ".mp4",
    ".odt",
    ".pdf",
    ".png",
    ".pptx",
    ".xlsx",
    ".zip",
)
PIECE = 2**20
# From here on a file's size may not fit the old header: it is said beforehand.
LARGE = 2**30


def cut(content):
    """Yield ``content`` in pieces: what is ready is sent meanwhile."""
    view = memoryview(content)
    for start in range(0, len(view), PIECE):
        yield view[start : start + PIECE]


class Outlet(RawIOBase):
    """A file that can only be written, and is emptied by who reads from it."""

    def __init__(self):
        self.pieces = []

    def writable(self):
        return True

    def write(self, data):  # pylint: disable=method-required-super
        self.pieces.append(bytes(data))
        return len(data)

    def take(self):
        taken, self.pieces = self.pieces, []
        return b"".join(taken)


class ZipStream:
    """Files go in one by one; what is ready to be sent comes out meanwhile.

    Keeps the SHA-256 of each file, as ``sha256sum -c`` reads them.
    """

    def __init__(self, moment):
        self.moment = moment.timetuple()[:6]
        self.outlet = Outlet()
        self.zip = ZipFile(self.outlet, "w", ZIP_DEFLATED, compresslevel=3)
        self.sums = TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115

    def add(self, path, pieces, size=0, expected=None):
        """Add a file; yield what can be sent, return the SHA-256 that was found.

        :param size: at least, as far as is known
        :param expected: what to list instead of what was found
        """
        digest = sha256()
        info = self._get_info(path)
        with self.zip.open(info, "w", force_zip64=size >= LARGE) as entry:
            for piece in pieces:
                digest.update(piece)
                entry.write(piece)
                yield from self._take()
        yield from self._take()
        self.list(expected or digest.hexdigest(), path)
        return digest.hexdigest()

    def list(self, checksum, path):
        """List a file, whether it is in the archive or not."""
        self.sums.write(f"{checksum}  {path}\n")

    def add_file(self, path, file):
        """Add what an open ``file`` holds, from its beginning."""
        size = file.seek(0, 2)
        file.seek(0)
        return (yield from self.add(path, iter(lambda: file.read(PIECE), b""), size))

    def add_sums(self, path):
        """Add the list of all that was added before, under ``path``."""
        self.sums.flush()
        self.sums.buffer.seek(0)
        with self.sums.buffer as lines, self.zip.open(self._get_info(path), "w") as to:
            while piece := lines.read(PIECE):
                to.write(piece)
                yield from self._take()

    def close(self):
        self.zip.close()
        yield from self._take()

    def _get_info(self, path):
        info = ZipInfo(path, self.moment)
        info.compress_type = (
            ZIP_STORED if path.lower().endswith(PACKED) else ZIP_DEFLATED
        )
        # A file that its owner may change, and everybody read.
        info.external_attr = 0o100644 << 16
        return info

    def _take(self):
        if data := self.outlet.take():
            yield data
