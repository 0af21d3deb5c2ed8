from odoo.tools import LazyTranslate

from .audit_sheet import AuditSheet, FieldColumn
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
    model = "kmop.satisfaction"

    def get_declared(self):
        """Return the columns of the tables below each other."""
        means = self.env["kmop.satisfaction.report"]._get_dimensions()
        too_few = _lt("The mean out of 100; empty: too few.")
        return [
            FieldColumn(
                "group",
                46,
                label=_lt("Group"),
                help=_lt("Dimension, band, theme or quarter."),
            ),
            FieldColumn(
                "answers",
                12,
                "number",
                _lt("Answers"),
                _lt("How many answers there are."),
            ),
            *(
                FieldColumn(f"score_{name}", 16, "score", help=too_few)
                for name, _label in means
            ),
        ]

    def is_readable(self):
        return self.env["kmop.satisfaction"].has_access("read")

    def add(self, book):
        sheet = Sheet(book, self.get_name(), self.get_columns())
        sheet.sheet.set_portrait()
        data = self.get_figures()
        sheet.add_title(self.get_name())
        for label, value in self.get_facts(data):
            sheet.add_fact(label, value, column=1)
        sheet.row += 1
        if data["enough"]:
            self.add_means(sheet, data)
            self.add_bands(sheet, data)
            for title, rows in data["tables"]:
                self.add_groups(sheet, title, rows, data)

    def get_figures(self):
        # Never saved: only what it reckons is wanted.
        first, last = self.subject.window
        report = self.env["kmop.satisfaction.report"].new(
            {
                "registration_id": self.subject.registration.id,
                "date_from": first,
                "date_to": last,
            }
        )
        figures = report._get_values()
        # A function: neither written nor kept.
        del figures["show"]
        return figures

    def get_facts(self, data):
        figures, (first, last) = data["figures"], self.subject.window
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

    def add_means(self, sheet, data):
        means = data["figures"]["means"]
        rows = [(label, None, means[name]) for name, label in data["dimensions"]]
        labels = [self.env._("Mean out of 100"), "", self.env._("Mean")]
        first, last = self.add_block(sheet, labels, rows)
        self.add_chart(sheet, "bar", labels[0], first, last, 2, scale=100)

    def add_bands(self, sheet, data):
        rows = [(label, count) for label, count, _share in data["bands"]]
        labels = [self.env._("Distribution"), self.env._("Answers")]
        first, last = self.add_block(sheet, labels, rows)
        self.add_chart(sheet, "column", labels[0], first, last, 1)

    def add_groups(self, sheet, title, rows, data):
        names = [name for name, _label in data["dimensions"]]
        lines = [
            (label, count, *(means[n] for n in names)) for label, count, means in rows
        ]
        heads = [
            title,
            self.env._("Answers"),
            *(label for _n, label in data["dimensions"]),
        ]
        column = 2 + names.index("general")
        if lines:
            first, last = self.add_block(sheet, heads, lines)
        if any(line[column] is not None for line in lines):
            self.add_chart(sheet, "column", title, first, last, column, scale=100)
        elif lines:
            sheet.row += 1

    def add_block(self, sheet, labels, rows):
        """Write a small table; return its first and its last row."""
        sheet.add_header(labels)
        first = sheet.row
        for row in rows:
            sheet.add_row(row)
        return first, sheet.row - 1

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
