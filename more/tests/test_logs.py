"""What is read out of Odoo's logs and dumps."""

import pytest

from checks import odoo_lint, pot
from more import snapshot, upstream

STAMP = "2026-11-23 10:00:00,123 42"
SUITES = f"""\
{STAMP} ERROR db odoo.addons.sale.tests.test_sale_order: FAIL: TestSaleOrder.test_terms
Traceback (most recent call last):
{STAMP} ERROR db odoo.addons.survey.tests.test_x: ERROR: TestX.test_y
{STAMP} ERROR db odoo.tests.result: 1 failed, 1 error(s) of 327 tests when loading db
"""


def test_failures_of_the_hosts_suites():
    assert upstream.failures(SUITES) == {"TestSaleOrder.test_terms", "TestX.test_y"}
    assert upstream.counted(SUITES) == 327


def test_only_complaints_that_name_us_count():
    log = (
        f"{STAMP} ERROR db odoo.lint: FAIL: TestA.test_b\n  sale.order\n"
        f"{STAMP} ERROR db odoo.lint: FAIL: TestA.test_c\n  kmop_registration.x\n"
        f"{STAMP} INFO db odoo.modules: Loading kmop_registration.y\n"
    )
    (found,) = odoo_lint.complaints(log)
    assert "test_c" in found


def test_a_snapshot_forgets_moments_and_order():
    dump = "COPY public.a (id) FROM stdin;\n{}\\.\n"
    first = snapshot.rows(dump.format("1\t2026-11-23 10:00:00.5\n2\tx\n"))
    second = snapshot.rows(dump.format("2\tx\n1\t2026-11-23 11:00:00\n"))
    assert not snapshot.difference(first, second)


@pytest.mark.parametrize(
    ("table", "hidden"),
    [("ir_ui_view", True), ("ir_model_access", True), ("kmop_evidence", False)],
)
def test_an_exact_snapshot_hides_when_modules_were_written_only(table, hidden):
    dump = f"COPY public.{table} (id, write_date) FROM stdin;\n1\t{{}}\n\\.\n"
    first, second = (snapshot.exact_rows(dump.format(day)) for day in ("a", "b"))
    assert (first == second) == hidden
    assert first.total() == 1


def test_a_snapshot_shows_what_changed():
    dump = "COPY public.a (id) FROM stdin;\n{}\\.\n"
    first, second = (snapshot.rows(dump.format(row)) for row in ("1\n", "2\n"))
    assert snapshot.difference(first, second) == "- public.a: 1\n+ public.a: 2"


def test_the_template_stands_still():
    text = '"A: b\\n"\n"POT-Creation-Date: now\\n"\nmsgid ""\n'
    assert pot.still(text) == '"A: b\\n"\nmsgid ""\n'


TABLE = """\
--
-- Name: a; Type: TABLE
--
\\restrict {token}
SET default_tablespace = '';
CREATE TABLE public.a (
    id integer NOT NULL,
    {columns}
);
ALTER TABLE ONLY public.a
    ADD CONSTRAINT a_pkey PRIMARY KEY (id);
"""


def test_the_structure_is_the_same_in_another_order():
    first = TABLE.format(token="x", columns="b integer,\n    c text")
    second = TABLE.format(token="y", columns="c text,\n    b integer")
    assert snapshot.structure(first) == snapshot.structure(second)


def test_the_structure_shows_a_column_that_stayed():
    first = TABLE.format(token="x", columns="b integer")
    second = TABLE.format(token="x", columns="b integer,\n    c text")
    difference = snapshot.difference(*map(snapshot.structure, (first, second)))
    assert difference == "+ CREATE TABLE public.a ( c text"


def test_the_structure_shows_of_which_table_a_constraint_is():
    dump = TABLE.format(token="x", columns="b integer")
    assert (
        "ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);"
        in snapshot.structure(dump)
    )
