"""Which files are documents: the ending of the name and the content decide together.

The content is recognised here and not by libmagic: a host need not have that, and its
answers differ by version.
"""

import re

from .names import safe_name

# Why a file isn't kept.
ENDING, CONTENT, SCRIPT = "ending", "content", "script"

# What a browser may show by itself: it runs nothing that is in these.
INLINE = (
    "application/pdf",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
)

# How content begins, and the type of content that needs no ending to be known.
MARKS = {
    "pdf": (b"%PDF",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "tiff": (b"II*\0", b"MM\0*"),
    "bmp": (b"BM",),
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "ole": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
    "rtf": (b"{\\rtf",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "rar": (b"Rar!\x1a\x07",),
    "der": tuple(bytes([0x30, length]) for length in range(0x80, 0x85)),
}
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heif": "image/heif",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "zip": "application/zip",
    "rtf": "application/rtf",
    "7z": "application/x-7z-compressed",
    "rar": "application/vnd.rar",
    "text": "text/plain",
}

# Cameras and phones save any of these under any of their endings.
IMAGE = ("png", "jpeg", "gif", "webp", "heif", "tiff", "bmp")
# With a password, a new document is in the old container; Word saves RTF as .doc.
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFICE = ("zip", "ole", "rtf")
# A signature is kept as bytes, or written out as text.
SIGNED = ("der", "text")
# What a browser opens from a disk, and would run.
MARKUP = ("html", "htm", "svg", "xml")

# By ending: the type, and what the content may be. What isn't here isn't kept.
KINDS = {
    "pdf": ("application/pdf", ("pdf",)),
    "png": ("image/png", IMAGE),
    "jpg": ("image/jpeg", IMAGE),
    "jpeg": ("image/jpeg", IMAGE),
    "jfif": ("image/jpeg", IMAGE),
    "gif": ("image/gif", IMAGE),
    "webp": ("image/webp", IMAGE),
    "heic": ("image/heif", IMAGE),
    "heif": ("image/heif", IMAGE),
    "tif": ("image/tiff", IMAGE),
    "tiff": ("image/tiff", IMAGE),
    "bmp": ("image/bmp", IMAGE),
    "svg": ("image/svg+xml", ("text",)),
    "doc": ("application/msword", OFFICE),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        OFFICE,
    ),
    "docm": ("application/vnd.ms-word.document.macroenabled.12", OFFICE),
    "xls": ("application/vnd.ms-excel", OFFICE),
    "xlsx": (XLSX, OFFICE),
    "xlsm": ("application/vnd.ms-excel.sheet.macroenabled.12", OFFICE),
    "xlsb": ("application/vnd.ms-excel.sheet.binary.macroenabled.12", OFFICE),
    "ppt": ("application/vnd.ms-powerpoint", OFFICE),
    "pps": ("application/vnd.ms-powerpoint", OFFICE),
    "pptx": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        OFFICE,
    ),
    "ppsx": (
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
        OFFICE,
    ),
    "odt": ("application/vnd.oasis.opendocument.text", ("zip",)),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", ("zip",)),
    "odp": ("application/vnd.oasis.opendocument.presentation", ("zip",)),
    "odg": ("application/vnd.oasis.opendocument.graphics", ("zip",)),
    "pages": ("application/vnd.apple.pages", ("zip",)),
    "numbers": ("application/vnd.apple.numbers", ("zip",)),
    "keynote": ("application/vnd.apple.keynote", ("zip",)),
    "key": ("application/vnd.apple.keynote", ("zip",)),
    "xps": ("application/vnd.ms-xpsdocument", ("zip",)),
    "rtf": ("application/rtf", ("rtf",)),
    "txt": ("text/plain", ("text",)),
    "md": ("text/markdown", ("text",)),
    "csv": ("text/csv", ("text",)),
    "tsv": ("text/tab-separated-values", ("text",)),
    "json": ("application/json", ("text",)),
    "ics": ("text/calendar", ("text",)),
    "vcf": ("text/vcard", ("text",)),
    "xml": ("text/xml", ("text",)),
    "html": ("text/html", ("text",)),
    "htm": ("text/html", ("text",)),
    "eml": ("message/rfc822", ("text",)),
    "msg": ("application/vnd.ms-outlook", ("ole",)),
    "p7m": ("application/pkcs7-mime", SIGNED),
    "p7s": ("application/pkcs7-signature", SIGNED),
    "asice": ("application/vnd.etsi.asic-e+zip", ("zip",)),
    "zip": ("application/zip", ("zip",)),
    "7z": ("application/x-7z-compressed", ("7z",)),
    "rar": ("application/vnd.rar", ("rar",)),
}

# What a system takes for an ending; "v2.1" and "12.03.2026" have none.
AN_ENDING = re.compile(r"\.([a-z][a-z0-9_-]*|7z)$")
# Names are judged as they will be saved, but for their length.
LONGEST_NAME = 1000
# A script, a handler of an event, or another page within this one.
ACTIVE = re.compile(
    rb"<\s*(?:\w+:)?(?:script|iframe|object|embed|applet)\b|\bjavascript\s*:"
    rb"|<[^>]*\son[a-z]{3,}\s*=|http-equiv\s*=\s*[\"']?\s*refresh",
    re.I,
)
# In other XML an attribute may be called "one"; a page or a drawing is a page.
PAGE = re.compile(
    rb"<\s*(?:\w+:)?(?:script|html|svg)\b"
    rb"|http://www\.w3\.org/(?:1999/xhtml|2000/svg)",
    re.I,
)


def examine(name, content):
    """Return (type, fault) of a file: its MIME type, or why it isn't kept.

    :param content: all of it, as bytes
    :return: one of the two is None; a fault is ``ENDING``, ``CONTENT`` or ``SCRIPT``
    """
    found, ending = recognise(content), get_ending(name)
    if not ending:
        known = TYPES.get(found)
        return known, None if known else CONTENT
    if ending not in KINDS:
        return None, ENDING
    mimetype, contents = KINDS[ending]
    if found not in contents:
        return None, CONTENT
    if ending in MARKUP and is_active(ending, content):
        return None, SCRIPT
    return TYPES[found] if found in IMAGE else mimetype, None


def get_ending(name):
    """Return the ending in small letters, without dot; an empty text for none."""
    found = AN_ENDING.search(safe_name(name, LONGEST_NAME).casefold())
    return found[1] if found else ""


def recognise(content):
    """Return what the content is: a key of ``MARKS``, webp, heif, text or None."""
    for kind, marks in MARKS.items():
        if content.startswith(marks):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "webp"
    if content[4:8] == b"ftyp":
        return "heif"
    return "text" if b"\0" not in _decode(content) else None


def is_active(ending, content):
    """Tell whether a browser would run something in this page, drawing or XML."""
    pattern = PAGE if ending == "xml" else ACTIVE
    return bool(pattern.search(_decode(content)))


def is_inline(name):
    """Tell by the name alone whether a browser may be able to show the file."""
    return KINDS.get(get_ending(name), (None,))[0] in INLINE


def _decode(content):
    """Return text as UTF-8, however it was written."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode()
    return content
