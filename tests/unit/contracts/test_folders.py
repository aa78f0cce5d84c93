"""What is found among the sources, and what is skipped."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.contracts.compiling.folders import files_below, read_text
from harness.contracts.compiling.sources import SourceTree
from harness.contracts.errors import SourceSkipped, SourceUnreadable


@pytest.fixture(autouse=True)
def no_warning() -> Iterator[None]:
    """A warning is an error unless the test expects it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def write(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"contract {path.stem.split('.')[0]} {{}}")
    return root / "src"


def found(*folders: Path, libraries: tuple[Path, ...] = ()) -> list[str]:
    return [path.relative_to(folders[0]).as_posix() for path in files_below(folders, ".sol", libraries)]


def test_hidden_names_node_modules_libraries_and_other_kinds_are_left_out(tmp_path: Path) -> None:
    src = write(tmp_path, "src/A.sol", "src/.A.sol", "src/.git/B.sol", "src/x/node_modules/p/C.sol", "src/D.sol.bak")
    write(tmp_path, "src/lib/E.sol", "src/x/T.t.sol", "src/X.sol/F.sol")
    assert found(src, libraries=(src / "lib",)) == ["A.sol", "X.sol/F.sol", "x/T.t.sol"]


def test_links_are_followed_and_keep_their_names(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/deep/A.sol", "elsewhere/B.sol", "src/C.sol")
    os.symlink(tmp_path / "elsewhere", tmp_path / "src/linked")
    os.symlink("../elsewhere/B.sol", tmp_path / "src/Z.sol")
    assert found(tmp_path / "src") == ["C.sol", "Z.sol", "linked/deep/A.sol"]
    os.symlink(tmp_path / "src", tmp_path / "all")
    assert found(tmp_path / "all") == ["C.sol", "Z.sol", "linked/deep/A.sol"]


def test_links_in_circles_end(tmp_path: Path) -> None:
    src = write(tmp_path, "src/a/A.sol", "src/b/B.sol", "Outside.sol")
    os.symlink(src, src / "a/up")
    os.symlink(tmp_path, src / "b/root")
    os.symlink("../b", src / "a/b")
    os.symlink("../a", src / "b/a")
    assert found(src) == ["a/A.sol", "b/B.sol"]


@pytest.mark.filterwarnings("ignore")
def test_a_link_to_itself_is_warned_of(tmp_path: Path) -> None:
    src = write(tmp_path, "src/A.sol")
    os.symlink("Loop.sol", src / "Loop.sol")
    with pytest.warns(SourceSkipped, match=r"Loop\.sol is skipped: the link leads nowhere"):
        assert found(src) == ["A.sol"]


def test_a_file_that_several_paths_lead_to_counts_once_by_its_own(tmp_path: Path) -> None:
    src = write(tmp_path, "src/z/A.sol")
    os.symlink(src / "z/A.sol", src / "A.sol")
    os.symlink("z", src / "a")
    assert found(src) == ["z/A.sol"]
    assert found(src, src / "z", src) == ["z/A.sol"]


def test_broken_links_and_pipes_are_warned_of(tmp_path: Path) -> None:
    src = write(tmp_path, "src/A.sol")
    os.symlink("gone.sol", src / "B.sol")
    os.symlink("gone", src / "folder")
    os.symlink("me@host.1234:1", src / ".#A.sol")
    os.mkfifo(src / "C.sol")
    with pytest.warns(SourceSkipped) as told:
        assert found(src) == ["A.sol"]
    assert [Path(entry.message.path).name for entry in told] == ["C.sol", "B.sol"]  # type: ignore[union-attr]


def test_a_folder_that_cannot_be_listed_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    src = write(tmp_path, "src/A.sol", "src/shut/B.sol")
    listed = os.scandir

    def refuse(path: Path) -> object:
        if path.name == "shut":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.warns(SourceSkipped, match="shut is skipped: Permission denied"):
        assert found(src) == ["A.sol"]


def test_a_text_keeps_its_line_ends(tmp_path: Path) -> None:
    (tmp_path / "A.sol").write_bytes(b"contract A {\r\n}\r")
    assert read_text(tmp_path / "A.sol") == ("contract A {\r\n}\r", "")


def test_a_file_that_is_not_utf_8_is_an_error_of_its_own_contracts_only(tmp_path: Path) -> None:
    src = write(tmp_path, "src/A.sol")
    (src / "Old.sol").write_bytes("// \n// Grüße\ncontract Old {}".encode("latin-1"))
    (src / "User.sol").write_text('import "./Old.sol"; contract User {}')
    tree = SourceTree(tmp_path, [src])
    named = {source.unit: source for source in tree.own}
    assert [source.declares for source in tree.own] == [("A",), ("Old",), ("User",)]
    assert list(tree.closure(named["src/A.sol"])) == ["src/A.sol"]
    for unit in ("src/Old.sol", "src/User.sol"):
        with pytest.raises(SourceUnreadable, match=r"src/Old\.sol .*byte 0xfc at offset 9, line 2, is not UTF-8"):
            tree.closure(named[unit])


def test_a_binary_file_and_one_that_cannot_be_read_are_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    src = write(tmp_path, "src/A.sol", "src/Shut.sol")
    (src / "Binary.sol").write_bytes(b"\x00\x05\x16\x07 \xff\xfe")
    (src / "Empty.sol").write_bytes(b"")
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "Shut.sol":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.warns(SourceSkipped) as told:
        tree = SourceTree(tmp_path, [src])
    assert [source.declares for source in tree.own] == [("A",), ()]
    assert [str(entry.message).rpartition("/")[2] for entry in told] == [
        "Binary.sol is skipped: byte 0xff at offset 5, line 1, is not UTF-8",
        "Shut.sol is skipped: Permission denied",
    ]
