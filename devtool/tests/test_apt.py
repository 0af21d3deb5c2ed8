from pathlib import Path

from devtool import apt


def test_the_machines_own_mirror_is_picked():
    uris = "http://mirror.test/debian-security/\nhttp://mirror.test/debian/\n"
    assert apt.pick_mirror(uris) == "http://mirror.test/debian/"


def test_another_distribution_has_none():
    assert apt.pick_mirror("http://mirror.test/ubuntu/") == ""


def test_sources_name_each_suite_once(monkeypatch):
    monkeypatch.setattr(apt, "KEYRINGS", ())
    text = apt.sources("http://mirror.test/debian", {"sid", "bookworm"})
    assert text == (
        "deb http://mirror.test/debian bookworm main\n"
        "deb http://mirror.test/debian sid main\n"
    )


def test_sources_are_signed(monkeypatch):
    monkeypatch.setattr(apt, "KEYRINGS", (Path("/"),))
    assert apt.sources("u", {"sid"}) == "deb [signed-by=/] u sid main\n"
