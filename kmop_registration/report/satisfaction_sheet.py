from odoo.tools import LazyTranslate

from .audit_sheet import AuditSheet, Shown
from .xlsx_sheet import Sheet

_lt = LazyTranslate(__name__)

CHART = {"width": 620, "height": 280}
# Rows that a chart takes, at Excel's usual height.
CHART_ROWS = 15


class SatisfactionSheet(AuditSheet):
    """The figures of the projects' window, with charts; no figure names a person."""

    name = "satisfaction"
    label = _lt("Satisfaction")
    help = _lt("What clients think, out of 100, over the projects' window.")
    model = reads = "kmop.satisfaction"

    def get_declared(self):
        """Return the columns of the tables below each other."""
        means = self.env["kmop.satisfaction.report"]._get_dimensions()
        too_few = _lt("The mean out of 100; empty: too few.")
        return [
            Shown(
                "group",
                46,
                _lt("Dimension, band, theme or quarter."),
                label=_lt("Group"),
            ),
            Shown(
                "answers",
                12,
                _lt("How many answers there are."),
                "number",
                _lt("Answers"),
            ),
            *(Shown(f"score_{name}", 16, too_few, "score") for name, _label in means),
        ]

    def add(self, book):
        sheet = Sheet(book, self.get_name(), self.get_columns())
        sheet.sheet.set_portrait()
        data = self.get_figures()
        sheet.add_title(self.get_name())
        for label, value in self.get_facts(data):
            sheet.add_fact(label, value, column=1)
        sheet.row += 1
        if data["enough"]:
            for block in self.get_blocks(data):
                self.add_block(sheet, *block)

    def get_figures(self):
        # Never saved: only what it reckons is wanted.
        first, last = self.pack.window
        report = self.env["kmop.satisfaction.report"].new(
            {
                "registration_id": self.pack.registration.id,
                "date_from": first,
                "date_to": last,
            }
        )
        figures = report._get_values()
        # A function: neither written nor kept.
        del figures["show"]
        return figures

    def get_facts(self, data):
        figures, (first, last) = data["figures"], self.pack.window
        facts = [
            (self.env._("First day"), first),
            (self.env._("Last day"), last),
            (self.env._("Invited by mail"), figures["invited"]),
            (self.env._("Of whom answered"), figures["responded"]),
            (self.env._("Response rate (%)"), figures["rate"]),
            (self.env._("Answers"), figures["answered"]),
            (self.env._("Least answers for a mean"), data["least"]),
        ]
        if not data["enough"]:
            facts.append((self.env._("Means"), self.env._("Too few")))
        return facts

    # ---------------------------------------------------------------------- tables

    def get_blocks(self, data):
        """Yield the tables: heads, lines, and column, kind and scale of a chart."""
        names, labels = zip(*data["dimensions"], strict=True)
        answers, means = self.env._("Answers"), data["figures"]["means"]
        heads = [self.env._("Mean out of 100"), "", self.env._("Mean")]
        lines = [(label, None, means[name]) for name, label in data["dimensions"]]
        yield heads, lines, 2, "bar", 100
        lines = [(label, count) for label, count, _share in data["bands"]]
        yield [self.env._("Distribution"), answers], lines, 1, "column", None
        for title, rows in data["tables"]:
            lines = [(group, count, *map(by.get, names)) for group, count, by in rows]
            column = 2 + names.index("general")
            yield [title, answers, *labels], lines, column, "column", 100

    def add_block(self, sheet, heads, lines, column, kind, scale):
        if not lines:
            return
        sheet.add_header(heads)
        first = sheet.row
        for line in lines:
            sheet.add_row(line)
        if any(line[column] is not None for line in lines):
            rows = first, sheet.row - 1
            self.add_chart(sheet, kind, heads[0], *rows, column, scale)
        else:
            sheet.row += 1

    def add_chart(self, sheet, kind, title, first, last, column, scale=None):
        """Draw a chart of one column under its table."""
        name = sheet.sheet.name
        chart = sheet.book.workbook.add_chart({"type": kind})
        chart.add_series(
            {
                "categories": [name, first, 0, last, 0],
                "values": [name, first, column, last, column],
                "data_labels": {"value": True, "num_format": "0"},
                "fill": {"color": "#4A7BA6"},
                "border": {"color": "#1F3B57"},
                "gap": 60,
            }
        )
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        axis = {"min": 0, "max": scale} if scale else {"min": 0}
        values, names = (
            (chart.set_x_axis, chart.set_y_axis)
            if kind == "bar"
            else (chart.set_y_axis, chart.set_x_axis)
        )
        values({**axis, "major_gridlines": {"visible": True}})
        names({"reverse": True} if kind == "bar" else {})
        chart.set_size(CHART)
        sheet.sheet.insert_chart(sheet.row + 1, 0, chart)
        sheet.row += CHART_ROWS + 1
