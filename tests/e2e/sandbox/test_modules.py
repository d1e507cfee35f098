"""Modules beside a run: its Python imports them, nothing of it can change them, and they do not come back."""

from pgswarm.actions.sandbox.local import LocalSandbox
from pgswarm.actions.sandbox.types import File

CODE = """import adder, pathlib
from text.slug import slug
print(adder.add(2, 3), slug("A B"))
here = pathlib.Path(adder.__file__)
def open_up():  # an ordinary user's run under Landlock is told that it was done
    here.chmod(0o666)
    if not here.stat().st_mode & 0o222:
        raise OSError("it was not")
for act in (lambda: here.write_text("x"), here.unlink, lambda: here.with_name("new.py").write_text("x"),
            open_up, lambda: here.with_name("text").rename(here.with_name("t"))):
    try:
        act()
        print("changed", act)
    except OSError:
        pass
pathlib.Path("out.txt").write_text("kept")
"""
MODULES = {
    "adder.py": File(b"def add(a, b):\n    return a + b\n"),
    "text/slug.py": File(b"def slug(text):\n    return text.lower().replace(' ', '-')\n"),
}


async def test_modules_are_importable_read_only_and_not_taken_back(sandbox: LocalSandbox) -> None:
    ran = await sandbox.run(["python", "run.py"], files={"run.py": File(CODE.encode())}, modules=MODULES)
    assert (ran.stdout, ran.stderr, list(ran.files)) == ("5 a-b\n", "", ["out.txt"])
