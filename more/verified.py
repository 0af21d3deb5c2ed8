"""Fed to Odoo's shell after an upgrade: what was accepted is still what it was."""

env = globals()["env"]

found = env["kmop.evidence"].search([("state", "=", "accepted")]).verify()
assert found, "Nothing was accepted before the upgrade."
assert {one["state"] for one in found.values()} == {"intact"}, found
