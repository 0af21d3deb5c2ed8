"""What an installation alters would be seen."""

from more import full

BEFORE = """COPY public.sale_order (id, name) FROM stdin;
1\tS1
2\tS2
\\.
"""
AFTER = """COPY public.sale_order (id, name, kmop_service) FROM stdin;
1\tS1\t\\N
2\t{}\t\\N
3\tS3\t\\N
\\.
COPY public.kmop_norm (id) FROM stdin;
1
\\.
"""


def lost(name):
    widths = full.get_widths(BEFORE)
    after = full.get_rows(AFTER.format(name), widths)
    return full.get_rows(BEFORE, widths) - after


def test_new_columns_rows_and_tables_are_no_change():
    assert not lost("S2")


def test_another_value_is():
    assert lost("S2 bis") == {"public.sale_order\t2\tS2": 1}
