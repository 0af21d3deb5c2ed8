from devtool.pytests import Part


def test_options_go_to_every_part(tmp_path):
    part = Part("a", "", (tmp_path / "test_a.py",))
    assert part.chosen(["-k", "word"]) == [str(tmp_path / "test_a.py"), "-k", "word"]


def test_a_named_file_goes_to_its_own_part_only(tmp_path):
    mine, other = tmp_path / "test_a.py", tmp_path / "test_b.py"
    mine.touch()
    word = f"{mine}::TestA"
    assert Part("a", "", (mine,)).chosen([word, "-x"]) == [word, "-x"]
    assert Part("b", "", (other,)).chosen([word, "-x"]) is None


def test_a_part_without_files_is_left_out():
    assert Part("a", "", ()).chosen([]) is None
