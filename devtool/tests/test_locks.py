from devtool import locks, paths


def test_the_last_one_knows_it_is_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "LOCKS", tmp_path)
    with locks.shared("users") as first:
        with locks.shared("users"):
            assert not locks.alone(first)
        assert locks.alone(first)
