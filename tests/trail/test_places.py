"""Where sample logs are kept, on each system and with each permission."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit import LabError
from labkit.trail import samples
from labkit.trail.samples import places


@pytest.fixture
def checkout_of_samples(tmp_path: Path) -> Path:
    """A folder that looks like a checkout."""
    (tmp_path / "data").mkdir()
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "environ", "cache"),
    [
        ("linux", {"HOME": "/home/ann"}, "/home/ann/.cache/labkit"),
        ("linux", {"HOME": "/home/ann", "XDG_CACHE_HOME": "/big/cache"}, "/big/cache/labkit"),
        ("linux", {"HOME": "/home/ann", "XDG_CACHE_HOME": "not/absolute"}, "/home/ann/.cache/labkit"),
        ("linux", {"HOME": "/home/ann", "XDG_CACHE_HOME": ""}, "/home/ann/.cache/labkit"),
        ("darwin", {"HOME": "/Users/Ann Müller"}, "/Users/Ann Müller/Library/Caches/labkit"),
        ("win32", {"LOCALAPPDATA": "/C/Users/Ann Müller/AppData/Local"}, "/C/Users/Ann Müller/AppData/Local/labkit"),
    ],
)
def test_an_installed_package_uses_the_cache(
    platform: str, environ: dict[str, str], cache: str, tmp_path: Path
) -> None:
    """Beside a package in site-packages nothing is written, even if a folder `data` is there."""
    (tmp_path / "data").mkdir()
    found = [str(each) for each in places.candidates(environ, tmp_path, platform)]
    assert found[0] == cache
    assert not any(each.startswith(str(tmp_path)) for each in found)


def test_a_checkout_comes_before_the_cache(checkout_of_samples: Path) -> None:
    """As the labs' text says."""
    first, second, *_ = places.candidates({"HOME": "/home/ann"}, checkout_of_samples, "linux")
    assert first == checkout_of_samples / "data" / "made"
    assert second == Path("/home/ann/.cache/labkit")


def test_a_chosen_folder_is_alone(checkout_of_samples: Path) -> None:
    """LABKIT_DATA is the learner's word; an empty one says nothing."""
    assert list(places.candidates({"LABKIT_DATA": "/big/logs"}, checkout_of_samples)) == [Path("/big/logs")]
    assert next(places.candidates({"LABKIT_DATA": ""}, checkout_of_samples)) == checkout_of_samples / "data" / "made"


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of their own among the temporary ones is left."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(places.Path, "home", homeless)
    (found,) = places.candidates({}, tmp_path, "linux")
    assert found == Path(tempfile.gettempdir()) / f"labkit-{os.getuid()}"


@pytest.fixture
def few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of no files, which is quick to make."""
    monkeypatch.setattr(samples, "files", lambda name: [])
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    monkeypatch.setattr(samples, "CHECKSUMS", {"fortnight": nothing})


def use(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let these be the folders in question."""

    def only(environ: object) -> Iterator[Path]:
        return iter(folders)

    monkeypatch.setattr(samples, "candidates", only)


@pytest.mark.usefixtures("few_files")
def test_the_next_folder_is_taken_where_one_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file stands in the way, for root too, as a folder without permission does."""
    (tmp_path / "file").touch()
    use(monkeypatch, tmp_path / "file" / "made", tmp_path / "cache" / "labkit")
    assert samples.sample("fortnight").parent == tmp_path / "cache" / "labkit"
    assert samples.sample("fortnight").is_dir()


@pytest.mark.usefixtures("few_files")
def test_no_folder_at_all_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was tried, and what to set."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "file" / "made"))
    with pytest.raises(LabError, match="(?s)LABKIT_DATA.*file/made: Not a directory"):
        samples.sample("fortnight")


def test_another_users_temporary_folder_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Logs of a stranger's would be read there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    places.prepare(tmp_path / "labkit-1")
    assert (tmp_path / "labkit-1").stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(PermissionError):
        places.prepare(tmp_path / "labkit-1")
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "labkit-2").symlink_to(tmp_path / "labkit-1")
    with pytest.raises(PermissionError):
        places.prepare(tmp_path / "labkit-2")
