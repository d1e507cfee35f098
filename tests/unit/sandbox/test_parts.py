"""What goes in and out of a sandbox, without one: paths, requirements, the wire, hostile answers."""

import os
from pathlib import Path

import pytest

from pgswarm.actions.sandbox.inside import confine, keep
from pgswarm.actions.sandbox.layout import collect, lay_out
from pgswarm.actions.sandbox.packages import local_paths, requirements
from pgswarm.actions.sandbox.paths import BadPathError, inside, parents
from pgswarm.actions.sandbox.types import File, LeftOut, Limits, Ran, Reason, SandboxError
from pgswarm.actions.sandbox.wire import decode_ran, decode_run, encode_ran, encode_run

FILES = {"a/b.txt": File(b"\x00\xff", executable=True), "c": None}


@pytest.mark.parametrize("path", ["a", "a/b.c", "ä/ö", ".hidden", "a..b", "a/", "x" * 200])
def test_plain_path_is_inside(path: str) -> None:
    assert inside(path) == path.removesuffix("/")


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/etc", "..", "../a", "a/..", "a/../../b", ".", "a/./b", "a//b", "~/a", "C:\\a", "C:/a", "a\\b"),
        *("a\0b", "a\nb", "\ud800", "x" * 201, "/".join("a" * 21), "/".join(["x" * 150] * 4)),
    ],
)
def test_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(BadPathError):
        inside(path)


def test_parents_are_outermost_first() -> None:
    assert parents("a/b/c") == ["a", "a/b"]


def test_requirements_are_names_with_versions_and_nothing_else() -> None:
    given = ["numpy >= 2, <3", "a", "b[c,d]==1.*", "numpy>=2,<3"]
    assert requirements(given) == ["a", "b[c,d]==1.*", "numpy>=2,<3"]
    for bad in ["-r x", "--index-url=http://x", "a @ http://x", "./a", "a b; c", "git+https://x", "", "a=1", "a\n-r x"]:
        with pytest.raises(SandboxError, match="is no package"):
            requirements([bad])


def test_local_paths_in_settings_are_found(tmp_path: Path) -> None:
    (tmp_path / "my wheels").mkdir()
    settings = {"PIP_FIND_LINKS": f"{tmp_path} file://{tmp_path}/my%20wheels https://x/y", "PIP_CERT": "/no/such"}
    assert local_paths(settings) == [tmp_path, tmp_path / "my wheels"]


def test_run_and_answer_survive_the_wire() -> None:
    run = (["sh", "-c", "x"], FILES, b"\xff", Limits(wall_s=3), ["a==1"])
    assert decode_run(encode_run(*run, modules=FILES)) == (*run, FILES)
    ran = Ran(None, "o\ufffd", "e", Reason.MEMORY, FILES, ["d"], [LeftOut("l", "a link")], truncated=True, wall_ms=7)
    assert decode_ran(encode_ran(ran)) == ran


@pytest.mark.parametrize(
    "change",
    [
        ('"c"', '"../c"'),
        ('"removed":["d"]', '"removed":["/d"]'),
        ('"memory"', '"magic"'),
        ('{"', '{"x":1,"'),
        ("AP8=", "?"),
    ],
)
def test_hostile_answer_of_a_runner_is_refused(change: tuple[str, str]) -> None:
    body = encode_ran(Ran(None, "", "", Reason.MEMORY, FILES, ["d"])).decode()
    assert change[0] in body
    with pytest.raises(SandboxError, match="The runner's answer is none"):
        decode_ran(body.replace(*change, 1).encode())


def test_what_is_collected_is_only_what_lies_inside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    work = tmp_path / "work"
    work.mkdir()
    lay_out(work, {"same": File(b"1"), "old": File(b"1"), "x": File(b"1")}, Limits(), None)
    (work / "old").write_bytes(b"2")
    (work / "x").chmod(0o700)
    (work / "link").symlink_to(tmp_path / "secret")
    (work / "dir").symlink_to(tmp_path)
    os.mkfifo(work / "pipe")
    (work / "big").write_bytes(b"x" * 50)
    found = collect(
        work, {"same": File(b"1"), "old": File(b"1"), "x": File(b"1"), "gone": None}, Limits(disk_bytes=20), None
    )
    assert found.files == {"old": File(b"2"), "x": File(b"1", executable=True)}
    assert found.removed == ["gone"]
    assert {left.path for left in found.left_out} == {"link", "dir", "pipe", "big"}


@pytest.mark.parametrize(
    "files", [{"a": File(b""), "a/b": File(b"")}, {"a": None, "a/b/": File(b""), "a/b": File(b"")}]
)
def test_tree_in_which_a_file_is_a_folder_is_refused(tmp_path: Path, files: dict[str, File | None]) -> None:
    with pytest.raises(SandboxError, match="is a file and a folder at once"):
        lay_out(tmp_path, files, Limits(), None)


def test_tree_beyond_its_bounds_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 10_000)
    (tmp_path / "link").symlink_to("/usr")
    assert keep.fits([str(tmp_path)], 20_000, 10)
    assert not keep.fits([str(tmp_path)], 5_000, 10)
    assert not keep.fits([str(tmp_path)], 20_000, 1)
    deep = tmp_path
    for _ in range(keep.MAX_DEPTH + 2):
        deep /= "d"
    deep.mkdir(parents=True)
    assert not keep.fits([str(tmp_path)], 2**40, 1000)


def test_every_syscall_that_is_refused_has_a_number() -> None:
    for name in (
        *confine.NEVER,
        *confine.OTHERS_BY_PID,
        *confine.PATH_METADATA,
        *confine.PATH_ATTRIBUTES,
        *confine.SIGNALS,
    ):
        assert name in confine.CALLS


@pytest.mark.parametrize("bound", [{"wall_s": 0}, {"memory_bytes": 1}, {"processes": 0}, {"output_bytes": 10**12}])
def test_bound_that_is_none_is_refused(bound: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bound))):
        Limits(**bound)
