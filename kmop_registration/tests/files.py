"""Files as tests need them: as their name says, and on whichever storage there is."""

from pathlib import Path

BEGIN = {
    ".docx": b"PK\x03\x04",
    ".pdf": b"%PDF-1.4 ",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".zip": b"PK\x03\x04",
}


def make_content(name):
    """Return content of the kind that the ending says, another for each name."""
    return BEGIN.get(Path(name).suffix.lower(), b"") + name.encode()


def get_place(attachment):
    """Return where the content of an attachment is on the disk of this machine."""
    attachment = attachment.sudo()
    code, sign, path = attachment.store_fname.rpartition("://")
    if not sign:
        return Path(attachment._full_path(path))
    return Path(attachment.env["fs.storage"].get_by_code(code).directory_path, path)
