import errno

from devtool import errors, paths
from devtool.errors import Stop, sentence


def test_our_own_words_are_kept():
    assert sentence(Stop("Do this.")) == "Do this."


def test_a_full_disk():
    assert "disk is full" in sentence(OSError(errno.ENOSPC, "No space left"))


def test_no_permission_names_the_file():
    assert "/x" in sentence(PermissionError(errno.EACCES, "Permission denied", "/x"))


def test_the_unforeseen_keeps_its_traceback(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "LOGS", tmp_path)
    assert errors.report(ValueError("odd")) == 1
    shown = capsys.readouterr().err
    assert "ValueError('odd')" in shown
    assert "Traceback" not in shown
    assert (tmp_path / "dev.log").exists()
