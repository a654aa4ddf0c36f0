"""Runs a command, and turns what may happen into exit codes.

0 all is well, 1 the spec or its data are faulty, 2 the command was used wrongly, or a file, a folder or the machine refused,
3 a bug of specc's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specc.diagnostics import SpecError

FAULTY_SPEC, WRONG_USE, OUR_BUG = 1, 2, 3
# About the folder of a run, a model's file, an image, a plug-in: what the command was given.
NOT_OF_THE_SPEC = {"E0510", "E0512", "E0513", "E0514", "E0701", "E0702", "E0703", "E0704", "E0705"}
INTERRUPTED, BROKEN_PIPE = 130, 141  # 128 + the signal's number, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. A mistake of the user's never shows a traceback."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, closed streams are None: `specc check my.yaml >&-`
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode is no reason to fail
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away: `specc list | head`. Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _run(arguments: list[str]) -> int:
    import click

    from specc.cli.group import verbs
    from specc.diagnostics import SpecError

    debug = "--debug" in arguments  # wherever it stands: people add it to the end of the command that failed
    try:
        # Not verbs.main, which exits with 1 where the reader of the output went away.
        with verbs.make_context("specc", [argument for argument in arguments if argument != "--debug"]) as context:
            result = verbs.invoke(context)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as mistake:
        mistake.show()
        return mistake.exit_code
    except SpecError as wrong:
        return show(wrong)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except (OSError, MemoryError) as trouble:
        if debug:
            raise
        return _trouble(trouble)
    except Exception as bug:
        if debug:
            raise
        return _bug(bug, arguments)


def show(wrong: SpecError) -> int:
    """Prints what is wrong and returns the exit code."""
    from specc.cli.terminal import wants_colour
    from specc.render import render_text

    print(render_text(wrong.diagnostics, colour=wants_colour(sys.stderr)), file=sys.stderr)
    return WRONG_USE if {found.code for found in wrong.diagnostics} <= NOT_OF_THE_SPEC else FAULTY_SPEC


def _trouble(trouble: OSError | MemoryError) -> int:
    """Says what the machine refused."""
    if isinstance(trouble, OSError):
        said = f"{trouble.filename}: {trouble.strerror}" if trouble.filename else str(trouble)
    else:
        said = "out of memory"
    print(f"specc: {said}", file=sys.stderr)
    return WRONG_USE


def _bug(bug: Exception, arguments: Sequence[str]) -> int:
    """Says sorry, and keeps the traceback in a file."""
    import platform
    import tempfile
    import traceback

    from specc.version import __version__

    with tempfile.NamedTemporaryFile("w", prefix="specc-bug-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(f"specc {__version__}, Python {platform.python_version()}, {platform.platform()}\n")
        file.write(f"specc {' '.join(arguments)}\n\n{''.join(traceback.format_exception(bug))}")
    said = " ".join(str(bug).split())
    print(
        f"This is a bug in specc, not in your spec: {type(bug).__name__}: {said[:200]}\n"
        f"The traceback is in {file.name}; with --debug it is shown. Please report it together with the spec.",
        file=sys.stderr,
    )
    return OUR_BUG
