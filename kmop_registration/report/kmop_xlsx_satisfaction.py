from odoo import models

from .xlsx_sheet import Column, Sheet

CHART = {"width": 620, "height": 280}
# Rows that a chart takes, at Excel's usual height.
CHART_ROWS = 15


class KmopXlsxSatisfaction(models.AbstractModel):
    """The figures of the projects' window, with charts; no figure names a person."""

    _name = "kmop.xlsx.satisfaction"
    _inherit = "kmop.xlsx.sheet"
    _description = "Satisfaction in the audit workbook"

    def _get_name(self):
        return self.env._("Satisfaction")

    def _get_help(self):
        return self.env._("What clients think, out of 100, over the projects' window.")

    def _is_readable(self):
        return self.env["kmop.satisfaction"].has_access("read")

    def _get_columns(self):
        """Return the columns of the tables below each other."""
        means = self.env["kmop.satisfaction.report"]._get_dimensions()
        return [
            Column(
                self.env._("Group"),
                46,
                self.env._("Dimension, band, theme or quarter."),
            ),
            Column(
                self.env._("Answers"),
                12,
                self.env._("How many answers there are."),
                "number",
            ),
            *(
                Column(
                    label,
                    16,
                    self.env._("The mean out of 100; empty: too few."),
                    "score",
                )
                for _name, label in means
            ),
        ]

    def _add(self, book):
        sheet = Sheet(book, self._get_name(), self._get_columns())
        sheet.sheet.set_portrait()
        window, data = self._get_figures(book)
        sheet.add_title(self._get_name())
        for label, value in self._get_facts(data, window):
            sheet.add_fact(label, value, column=1)
        sheet.row += 1
        if data["enough"]:
            self._add_means(sheet, data)
            self._add_bands(sheet, data)
            for title, rows in data["tables"]:
                self._add_groups(sheet, title, rows, data)
        return sheet

    def _get_figures(self, book):
        """Return the first and the last day, and the figures between them."""
        return self._read_figures(
            book.registration, book.registration._get_project_window()
        )

    def _read_figures(self, registration, window):
        # Never saved: only what it reckons is wanted.
        report = self.env["kmop.satisfaction.report"].new(
            {
                "registration_id": registration.id,
                "date_from": window[0],
                "date_to": window[1],
            }
        )
        return window, report._get_values()

    def _get_facts(self, data, window):
        figures = data["figures"]
        facts = [
            (self.env._("First day"), window[0]),
            (self.env._("Last day"), window[1]),
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

    def _add_means(self, sheet, data):
        means = data["figures"]["means"]
        rows = [(label, None, means[name]) for name, label in data["dimensions"]]
        labels = [self.env._("Mean out of 100"), "", self.env._("Mean")]
        first, last = self._add_block(sheet, labels, rows)
        self._add_chart(sheet, "bar", labels[0], first, last, 2, scale=100)

    def _add_bands(self, sheet, data):
        rows = [(label, count) for label, count, _share in data["bands"]]
        labels = [self.env._("Distribution"), self.env._("Answers")]
        first, last = self._add_block(sheet, labels, rows)
        self._add_chart(sheet, "column", labels[0], first, last, 1)

    def _add_groups(self, sheet, title, rows, data):
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
            first, last = self._add_block(sheet, heads, lines)
        if any(line[column] is not None for line in lines):
            self._add_chart(sheet, "column", title, first, last, column, scale=100)
        elif lines:
            sheet.row += 1

    def _add_block(self, sheet, labels, rows):
        """Write a small table; return its first and its last row."""
        sheet.add_header(labels)
        first = sheet.row
        for row in rows:
            sheet.add_row(row)
        return first, sheet.row - 1

    def _add_chart(self, sheet, kind, title, first, last, column, scale=None):
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
