from binascii import a2b_base64
from pathlib import Path
from unittest.mock import patch

from odoo.tests import HttpCase
from odoo.tests.common import ChromeBrowser
from odoo.tools import config


class PictureBrowser(ChromeBrowser):
    """Lets a tour keep a picture: ``kmopShoot(name)``, then wait for ``kmop_shot``."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._handlers["Runtime.bindingCalled"] = self._shoot
        self._websocket_request("Runtime.addBinding", params={"name": "kmopShoot"})

    def _shoot(self, payload, **_params):
        shot = self._websocket_send("Page.captureScreenshot", with_future=True)
        shot.add_done_callback(lambda found: self._keep(payload, found.result()))

    def _keep(self, name, picture):
        database = self.test_case.env.cr.dbname
        folder = Path(config["screenshots"]) / database / "journeys"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.png").write_bytes(a2b_base64(picture["data"]))
        done = "window.dispatchEvent(new Event('kmop_shot'))"
        self._websocket_send("Runtime.evaluate", params={"expression": done})


class PictureCase(HttpCase):
    """Tours that keep pictures of where they passed."""

    browser_size = "1440x900"

    def setUp(self):
        super().setUp()
        self.startPatcher(patch("odoo.tests.common.ChromeBrowser", PictureBrowser))
