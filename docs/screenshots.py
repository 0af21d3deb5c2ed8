#!/usr/bin/env python3
"""Take the README's and the app page's screenshots from a running demo (`./dev run`).

pip install playwright      (it drives the Chromium of the machine)
docs/screenshots.py [http://127.0.0.1:8069]
"""

import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

OUT = pathlib.Path(__file__).parent / "screenshots"
# The app page has copies of its own: it must stand alone in the addon's folder.
APP = OUT.parents[1] / "kmop_registration" / "static" / "description"
ON_APP_PAGE = (
    "registrations",
    "matrix",
    "dossier",
    "satisfaction",
    "milestones",
    "auditor",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# name, login, page, what to press there, what must be on it before the picture
SHOTS = [
    ("registrations", "kwaliteit", "/odoo/kmop", [], ".o_kanban_record"),
    (
        "registration",
        "kwaliteit",
        "/odoo/kmop",
        [".o_kanban_record:has-text('DV.O999123')"],
        ".o_kmop_guide",
    ),
    (
        "timeline",
        "kwaliteit",
        "/odoo/kmop",
        [".o_kanban_record:has-text('DV.O999123')"],
        ".o_kmop_timeline svg",
    ),
    (
        "matrix",
        "kwaliteit",
        "/odoo/kmop",
        [
            ".o_kanban_record:has-text('DV.O999123')",
            ".oe_stat_button:has-text('Indicatoren')",
        ],
        ".o_kmop_matrix table",
    ),
    ("evidence", "kwaliteit", "/odoo/kmop-evidence", [], ".o_data_row"),
    (
        "link-quotes",
        "verkoop",
        "/odoo/sales",
        [
            ".o_list_view thead .o_list_record_selector input",
            ".o_cp_action_menus .dropdown-toggle:has(.fa-cog)",
            ".o-dropdown--menu .o_menu_item:has-text('kmo-portefeuille')",
        ],
        ".modal .o_field_widget[name=to_link_count]",
    ),
    (
        "dossier",
        "verkoop",
        "/odoo/sales",
        [
            ".o_data_row:has-text('Northgate') td[name=partner_id]",
            ".nav-link:has-text('kmo-portefeuille')",
        ],
        ".o_kmop_checklist",
    ),
    (
        "satisfaction",
        "kwaliteit",
        "/odoo/kmop-satisfaction-distribution",
        [],
        ".o_graph_canvas_container canvas",
    ),
    (
        "coverage",
        "kwaliteit",
        "/odoo/kmop-coverage",
        [],
        ".o_pivot tbody tr:nth-child(2)",
    ),
    (
        "milestones",
        "kwaliteit",
        "/odoo/kmop",
        [
            ".o_kanban_record:has-text('DV.O999123')",
            ".nav-link:has-text('Mijlpalen')",
        ],
        ".o_field_widget[name=milestone_ids] .o_data_row",
    ),
    (
        "auditor",
        "auditor",
        "/my/kmop/audits",
        ["main a:has-text('Leerhuis De Kade')"],
        "main details, main table",
    ),
]


def log_in(browser, base, login):
    page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="nl-BE")
    page.set_default_timeout(180_000)  # the first time, Odoo makes its assets
    page.goto(f"{base}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_web_client, .o_portal_wrap")
    return page


def take(browser, base, name, login, path, clicks, expected):
    page = log_in(browser, base, login)
    page.goto(base + path)
    for selector in clicks:
        page.locator(selector).first.click()
    page.wait_for_selector(expected)
    page.locator(expected).first.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # avatars and icons; the bus never falls silent
    page.mouse.move(0, 0)  # no tooltip over what was pressed
    page.screenshot(path=OUT / f"{name}.png")
    if name in ON_APP_PAGE:
        shutil.copy(OUT / f"{name}.png", APP)
    page.context.close()


def main():
    base, *names = sys.argv[1:] or ["http://127.0.0.1:8069"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )
        for name, *shot in SHOTS:
            if not names or name in names:
                take(browser, base, name, *shot)
        browser.close()


if __name__ == "__main__":
    main()
