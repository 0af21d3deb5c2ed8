"""Names of files that came from outside, made safe to save anywhere."""

import re
import unicodedata

# What no file system or header should have to carry: separators, what Windows
# reserves, and control characters.
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')

# Marks that turn the direction of text: "fdp.exe" would read as "exe.pdf".
TURNING = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)

# Names that mean a device on Windows, whatever their ending.
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)

LONGEST = 150


def safe_filename(name, default="file"):
    """Return ``name`` as one that can be saved on any computer.

    Letters of any script and emoji stay; its ending stays where it is too long.
    """
    name = unicodedata.normalize("NFC", name or "").translate(TURNING)
    name = name.encode("utf-8", "ignore").decode()
    name = FORBIDDEN.sub("_", name).strip(" .")
    if DEVICES.match(name):
        name = f"_{name}"
    if len(name) > LONGEST:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}" if stem and len(ending) <= 10 else ""
        name = f"{name[: LONGEST - len(ending)]}{ending}"
    return name or default
