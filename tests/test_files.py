"""Files that appear as a whole: one way for the exports, the report and the command line."""

from __future__ import annotations

import stat

from pathlib import Path

import pytest

from bili_common import StoreError
from bili_common._util.files import Replacement, replacing


def _names(folder):
    return [path.name for path in folder.iterdir()]


def _fail(path):
    with replacing(path) as fresh:
        fresh.write_text("new")
        raise ZeroDivisionError


def _write(path, text="new"):
    with replacing(path) as fresh:
        fresh.write_text(text)
        assert not path.exists() or path.read_text() == "old"


def test_a_file_appears_as_a_whole(tmp_path):
    """Until all is written the old file stands, and nothing but the new one is left."""
    path = tmp_path / "data"
    path.write_text("old")
    path.chmod(0o640)

    _write(path)

    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert _names(tmp_path) == ["data"]


def test_an_error_leaves_the_old_file(tmp_path):
    """After an error what stood there stays, and nothing lies beside it."""
    path = tmp_path / "data"
    path.write_text("old")

    with pytest.raises(ZeroDivisionError):
        _fail(path)

    assert path.read_text() == "old"
    assert _names(tmp_path) == ["data"]


def test_what_had_come_can_be_kept(tmp_path):
    """What was written before an error is kept where it is asked for, unless it is nothing."""
    path, part = tmp_path / "data", tmp_path / "data.part"
    for text in ("", "half"):
        file = Replacement(path)
        file.path.write_text(text)
        file.discard(keep_as=part)
        assert _names(tmp_path) == (["data.part"] if text else [])

    assert part.read_text() == "half"


def test_a_link_stays_a_link(tmp_path):
    """What a link leads to is replaced, and the link stays."""
    (tmp_path / "real").write_text("old")
    link = tmp_path / "link"
    link.symlink_to("real")

    _write(link)

    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_device_is_written_to():
    """A device is never replaced."""
    with replacing("/dev/null") as path:
        path.write_text("new")

    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("place", [".", "no/such/folder"])
def test_a_place_that_cannot_be_written(tmp_path, place):
    """A folder, or a place in none, is a StoreError that names it."""
    with pytest.raises(StoreError, match=r"cannot write .*: ") as caught:
        _write(tmp_path / place)

    assert str(tmp_path / place) in str(caught.value)
