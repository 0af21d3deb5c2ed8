"""The host tool behind `./dev`: a real Odoo 19 in one ignored folder."""
