"""Names of files that every system can keep, whatever they were called."""

import re
import unicodedata

# What Windows keeps to itself, whatever ending follows.
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.I)
# The last two mean something in a link.
FORBIDDEN = re.compile(r'[<>:"/\\|?*#%]')
# What needs no look at every character.
PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 _,()+-]*[A-Za-z0-9_)])?(\.[A-Za-z0-9]+)*")
LIMIT = 100
ENDING_LIMIT = 12


def safe_name(text, limit=LIMIT):
    """Return ``text`` as the name of one file or folder, of ``limit`` bytes at most.

    Without paths, signs that a system gives a meaning, invisible characters and
    spaces or dots at its ends; its ending stays.
    """
    text = str(text or "")
    if PLAIN.fullmatch(text) and "  " not in text and not RESERVED.match(text):
        return _shorten(text, limit)
    text = unicodedata.normalize("NFC", text)
    # Of the categories that begin with C: controls, directions, halves of pairs.
    shown = "".join(
        char for char in text if not unicodedata.category(char).startswith("C")
    )
    name = " ".join(FORBIDDEN.sub("_", shown).split()).strip(" .")
    if RESERVED.match(name):
        name = f"_{name}"
    return _shorten(name or "_", limit)


def _shorten(name, limit):
    if len(name.encode()) <= limit:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > ENDING_LIMIT:
        # What is cut off in the middle mustn't end like a program.
        stem, dot, ending = name.replace(".", "_"), "", ""
    room = limit - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").strip(" .") + dot + ending


def make_unique(name, taken):
    """Return ``name``, numbered where it is ``taken`` in any case; take it."""
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    number, unique = 1, name
    while _fold(unique) in taken:
        number += 1
        unique = f"{stem} ({number}){dot}{ending}"
    taken.add(_fold(unique))
    return unique


def _fold(name):
    return unicodedata.normalize("NFC", name).casefold()


def one_line(text):
    """Return ``text`` without line breaks, for the head of a mail."""
    return " ".join((text or "").splitlines())
