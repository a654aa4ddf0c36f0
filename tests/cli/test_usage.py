"""Exit codes and messages for hurried, mistaken and malicious users. A traceback is never shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.cli.group import VERBS

Run = Callable[..., Any]  # gives what a command did: code, out, err

GOOD = """\
specc: 1
name: tiny
params: {classes: 3}
inputs: {features: [4]}
layers:
  - dense: {units: =classes}
"""


def test_version(specc: Run) -> None:
    result = specc("--version")
    assert (result.code, result.out) == (0, "specc 0.1.0\n")


def test_help_names_every_verb(specc: Run) -> None:
    result = specc("--help")
    assert result.code == 0
    assert all(f"\n  {verb} " in result.out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(specc: Run, verb: str) -> None:
    result = specc(verb, "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: specc {verb}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc", "a.yaml"], "did you mean `check`?"),
        (["a.yaml"], "specc check a.yaml"),
        (["check"], "Missing argument"),
        (["check", "--param", "classes", "resnet50"], "write a name, `=` and a value"),
        (["check", "--format", "xml", "resnet50"], "'xml' is not one of"),
        (["check", "nothing.yaml"], "nothing.yaml: no such file"),
        (["check", "resnt50"], "did you mean `resnet50`?"),
        (["check", "."], "no spec below this folder"),
        (["summary", "."], "is a directory"),
        (["check", ""], "is empty"),
        (["build", "resnet50", "-o", "nowhere/r.keras"], "nowhere: no such directory"),
        (["build", "resnet50", "-o", "r.h5"], "cannot tell what to make"),
        (["build", "resnet50", "--to", "keras", "-o", "r.txt"], "ends in .keras"),
        (["explain", "conv2dd"], "did you mean `conv2d`?"),
        (["list", "layerz"], "did you mean `layers`?"),
        (["train", "lenet5", "--distribute", "foo"], "'foo' is not one of"),
        (["new", "My-Net"], "small letters"),
    ],
)
def test_wrong_use(specc: Run, arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = specc(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert said in result.err


def test_a_near_file_is_suggested(specc: Run, write: Callable[[str, str], Path]) -> None:
    write("network.yaml", GOOD)
    assert "did you mean `network.yaml`?" in specc("check", "netwrok.yaml").err


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff", b"\x89PNG\r\n\x1a\n\x00", b"[" * 5000, b"\xff\xfea\x00", b"- " * 3000])
def test_files_that_are_no_specs(specc: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)
    result = specc("check", path)
    assert result.code == 1
    assert "error[E" in result.out
    assert "bug" not in result.err


def test_a_file_that_may_not_be_read(specc: Run, tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert specc("check", path).code in (1, 2)


def test_standard_input(specc_process: Run) -> None:
    assert "<stdin>" in specc_process("check", "-", input=GOOD.replace("dense", "dens").encode()).out
    assert specc_process("check", "-", input=GOOD.encode()).code == 0
    garbled = specc_process("check", "-", input=b"\xff\xfe")
    assert (garbled.code, "`<stdin>` is not a text file in UTF-8" in garbled.out) == (1, True)
    assert specc_process("check", "-", input=b"\xef\xbb\xbf" + GOOD.encode()).code == 0


def test_our_own_bugs_exit_with_3(specc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> dict[str, Path]:
        raise ZeroDivisionError("an accident")

    monkeypatch.setattr("specc.zoo.zoo", broken)
    result = specc("list", "specs")
    assert result.code == 3
    assert "bug in specc, not in your spec: ZeroDivisionError: an accident" in result.err
    assert "Traceback" not in result.err
    kept = Path(result.err.split("The traceback is in ")[1].split(";")[0])
    assert "ZeroDivisionError" in kept.read_text()
    kept.unlink()
    with pytest.raises(ZeroDivisionError):
        specc("list", "specs", "--debug")


def test_a_reader_that_goes_away() -> None:
    read, written = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "specc", "summary", "resnet50", "--format", "json"], stdout=written, stderr=subprocess.PIPE
    )
    os.close(written)
    os.close(read)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 141
    assert said == b""


def test_output_on_a_terminal_without_unicode(specc_process: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD + "  - 名前\n", encoding="utf-8")
    result = specc_process("check", "a.yaml", PYTHONIOENCODING="ascii")
    assert result.code == 1
    assert "\\u540d" in result.out


def test_colours_only_where_they_are_wanted(specc_process: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD + "  - nothing\n")
    assert "\x1b[" not in specc_process("check", "a.yaml").out
    assert "\x1b[" in specc_process("check", "a.yaml", FORCE_COLOR="1").out
    assert "\x1b[" not in specc_process("check", "a.yaml", FORCE_COLOR="1", NO_COLOR="1").out


def test_closed_streams(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    shell = f"{sys.executable} -m specc check a.yaml >&- 2>&-"
    assert subprocess.run(["bash", "-c", shell], cwd=tmp_path, timeout=60, check=False).returncode == 0


def test_a_link_that_leads_nowhere(specc: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop.yaml").symlink_to("loop.yaml")
    result = specc("check", "loop.yaml")
    assert result.code == 1
    assert "cannot be read" in result.out


def test_a_pipe_can_be_a_spec(specc: Run, tmp_path: Path) -> None:
    path = tmp_path / "pipe.yaml"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(GOOD,))
    writer.start()
    assert specc("check", path).code == 0
    writer.join()


def test_json_of_several_specs(specc: Run, write: Callable[[str, str], Path]) -> None:
    good, bad = write("good.yaml", GOOD), write("bad.yaml", GOOD.replace("dense", "dens").replace("classes}", "clases}"))
    result = specc("check", good, bad, "--format", "json")
    assert result.code == 1
    found = json.loads(result.out)
    assert found["errors"] == len(found["diagnostics"]) >= 1
    assert {each["span"]["file"] for each in found["diagnostics"]} == {"bad.yaml"}
