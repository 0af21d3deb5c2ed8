"""What a worksheet holds, as the calls by which xlsxwriter writes it cell by cell.

Read from the file itself: whatever wrote it, the same cells can be written again.
"""

import re
from zipfile import ZipFile

from lxml import etree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CHARACTER = re.compile("_x([0-9A-F]{4})_")


def iterate_calls(file):
    """Yield the number of the sheet, the method and its arguments, cell by cell.

    A cell's last argument is the number of its format.
    """
    with ZipFile(file) as archive:
        names = [n for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
        for sheet, name in enumerate(names):
            with archive.open(name) as xml:
                for method, args in iterate_sheet(xml):
                    yield sheet, method, args


def iterate_sheet(xml):
    for _event, row in etree.iterparse(xml, tag=f"{MAIN}row"):
        number = int(row.get("r")) - 1
        if height := row.get("ht"):
            yield "set_row", (number, float(height))
        for cell in row:
            yield get_call(number, cell)
        row.clear()
        while row.getprevious() is not None:
            del row.getparent()[0]


def get_call(row, cell):
    column = get_column(cell.get("r"))
    kind, style = cell.get("t"), int(cell.get("s", "0"))
    if kind == "inlineStr":
        text = CHARACTER.sub(lambda m: chr(int(m[1], 16)), cell[0][0].text or "")
        return "write_string", (row, column, text, style)
    if kind == "str":
        formula, shown = cell
        return "write_formula", (row, column, f"={formula.text}", style, shown.text)
    if len(cell):
        return "write_number", (row, column, float(cell[0].text), style)
    return "write_blank", (row, column, None, style)


def get_column(place):
    number = 0
    for letter in place.rstrip("0123456789"):
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def make_formats(workbook, count):
    """Return formats by the numbers that the cells name them by, 0 being none."""
    formats = [workbook.add_format({"font_size": 10 + n}) for n in range(count)]
    for cell_format in formats:
        cell_format._get_xf_index()
    return [None, *formats]


def get_args(formats, args):
    """Return the arguments of a call, with the format itself."""
    return tuple(formats[a] if n == 3 else a for n, a in enumerate(args))
