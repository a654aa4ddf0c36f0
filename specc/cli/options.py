"""What several verbs share: how a spec is named and how its values are set."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from specc.diagnostics import Diagnostic
    from specc.graph import Graph
    from specc.language.spec import Spec
    from specc.language.vocabulary import Vocabulary

Command = TypeVar("Command", bound=Callable[..., Any])
Assignments = list[tuple[str, str]]


class Refusal(click.ClickException):
    """The command cannot do what was asked, and the spec is not at fault."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"specc: {self.format_message()}", err=True)


def spec_options(command: Command) -> Command:
    """Adds `--param` and `--set`."""
    settings_help = "Set a value of the document, such as train.epochs=5.  Repeatable."
    params_help = "Give one of the spec's params a value.  Repeatable."
    command = plugin_option(command)
    command = click.option("--set", "settings", multiple=True, metavar="A.B=C", help=settings_help)(command)
    return click.option("--param", "params", multiple=True, metavar="K=V", help=params_help)(command)


def only_option(command: Command) -> Command:
    """Adds `--only`."""
    return click.option("--only", metavar="PATH", help="One step in place of the whole network, by its path, such as stage/0.")(command)


def step_of(spec: Spec, path: str | None, training: bool) -> Graph:
    """One of a spec's graphs, or of it the step at the path of `--only`."""
    graph = spec.graph(training)
    if path is None:
        return graph
    from specc.excerpt import NoSuchStep, excerpt, steps

    try:
        return excerpt(graph, path)
    except NoSuchStep as missing:
        if path in steps(spec.graph(not training)):
            where = "it is there after training: leave --training out" if training else "it is there while training: add --training"
            raise Refusal(f"{spec.name} has no step `{path}` in this graph; {where}") from None
        raise Refusal(str(missing)) from None


def plugin_option(command: Command) -> Command:
    """Adds `--plugin`. Plug-ins are loaded as options are read, so that a verb knows their words when it runs."""
    return click.option(
        "--plugin", multiple=True, metavar="MODULE", expose_value=False, callback=_load_plugins,
        help="A Python module, or .py file, that registers words of your own.  Repeatable.",
    )(command)  # fmt: skip


def _load_plugins(context: click.Context, option: click.Parameter, names: tuple[str, ...]) -> None:
    if names and not context.resilient_parsing:
        from specc import plugins
        from specc.cli.entry import WRONG_USE, show
        from specc.diagnostics import SpecError

        try:
            plugins.load(names)
        except SpecError as wrong:  # whatever is wrong in a plug-in, the spec is not at fault
            show(wrong)
            context.exit(WRONG_USE)


def form_option(*forms: str) -> Callable[[Command], Command]:
    """Adds `--format`; the first form is the default."""
    return click.option("--format", "form", type=click.Choice(forms), default=forms[0], show_default=True, help="Form of the output.")


def assignments(params: tuple[str, ...], settings: tuple[str, ...]) -> Assignments:
    """The values that were set on the command line, each with its option. Raises UsageError for one without `=`."""
    given = [("--param", text) for text in params] + [("--set", text) for text in settings]
    for option, text in given:
        name, equals, _ = text.partition("=")
        if not equals or not name.strip():
            example = "classes=10" if option == "--param" else "train.epochs=5"
            raise click.UsageError(f"{option} {text!r}: write a name, `=` and a value, such as {option} {example}")
    return given


def load(reference: str, given: Assignments) -> Spec:
    """The spec that an argument names. Raises SpecError, or Refusal where it names nothing that can be read."""
    from specc import language

    if reference == "-":
        return language.loads(_standard_input(), name="<stdin>", assignments=given)
    _require_readable(reference)
    return language.load(reference, assignments=given)


def diagnose(reference: str, given: Assignments) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with the spec that an argument names. Raises Refusal as `load` does."""
    from specc import language
    from specc.diagnostics import SpecError

    if reference == "-":
        try:
            text = _standard_input()
        except SpecError as error:
            return error.diagnostics
        return language.check("<stdin>", given, text=text)
    _require_readable(reference)
    return language.check(reference, given)


def vocabulary(reference: str) -> Vocabulary:
    """The words of the spec that an argument names. Raises SpecError, or Refusal where it names nothing that can be read."""
    from specc.diagnostics import Source
    from specc.language.resolve import locate, vocabulary_of
    from specc.language.syntax import read

    if reference == "-":
        return vocabulary_of(Source("<stdin>", _standard_input()), None)
    _require_readable(reference)
    path = locate(reference)
    return vocabulary_of(read(path), path)


def specs_named(references: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The specs that arguments name, each once, and those of the arguments that are folders: these stand for every
    `*.yaml` below them. Raises Refusal for a folder without any."""
    from specc.render import visible

    found: list[str] = []
    folders: list[str] = []
    for reference in references:
        if not reference or _in_zoo(reference) or not os.path.isdir(reference):
            found.append(reference)
            continue
        below = _below(reference)
        if not below:
            raise Refusal(f"{visible(reference)}: no spec below this folder; a spec's file ends in .yaml")
        found += below
        folders.append(reference)
    return list(dict.fromkeys(found)), folders


def _below(folder: str) -> list[str]:
    """The specs in a folder and in its folders, but for hidden ones; links to folders are not followed."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = [
            os.path.normpath(os.path.join(place, name))
            for name in sorted(files)
            if name.endswith((".yaml", ".yml")) and not name.startswith(".")
        ]
        found += [path for path in paths if os.path.isfile(path) or os.path.islink(path)]  # nobody waits for a pipe
    return found


def _standard_input() -> str:
    """The text that is piped in. Raises SpecError where it is none."""
    from specc.language.syntax import MAX_BYTES, decoded

    return decoded("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1)).text


def _require_readable(reference: str) -> None:
    """Raises Refusal for a reference that is neither a file nor in the zoo."""
    from specc.render import visible

    if not reference:
        raise Refusal("the name of the spec is empty")
    path = Path(reference)
    shown = visible(reference)
    if _in_zoo(reference) or path.is_file():
        return
    if path.is_dir():
        raise Refusal(f"{shown}: is a directory; name a spec in it")
    if os.path.lexists(path):
        return  # a pipe, a device, a link that leads nowhere: reading it tells
    if _looks_like_file(reference):
        raise Refusal(f"{shown}: no such file{_suggestion(path.name, _neighbours(path))}")
    from specc.zoo import zoo

    raise Refusal(f"{shown}: no such file, and no such spec in the zoo{_suggestion(reference, [*zoo(), *_neighbours(path)])}")


def _looks_like_file(reference: str) -> bool:
    return "/" in reference or reference.endswith((".yaml", ".yml"))


def _in_zoo(reference: str) -> bool:
    from specc.zoo import spec_path

    return not _looks_like_file(reference) and spec_path(reference) is not None


def _neighbours(path: Path) -> list[str]:
    """The specs in the folder where a file was looked for."""
    try:
        return [entry.name for entry in path.parent.iterdir() if entry.suffix in (".yaml", ".yml")]
    except OSError:
        return []


def _suggestion(name: str, candidates: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, candidates, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def writable(path: Path) -> Path:
    """The path, where a file can be made there. Raises Refusal before any long work is done for nothing."""
    folder = path.parent
    if not folder.is_dir():
        raise Refusal(f"{folder}: no such directory")
    if path.is_dir():
        raise Refusal(f"{path}: is a directory")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise Refusal(f"{path}: permission denied")
    return path


def quiet_tensorflow() -> None:
    """Imports Keras and TensorFlow without their start-up messages, which no setting turns off altogether.

    What they wrote is shown where the import fails.
    """
    import tempfile

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    sys.stderr.flush()
    try:
        kept = os.dup(2)  # the messages come from C++, past sys.stderr
    except OSError:
        return  # started without a standard error: nothing can be seen there
    with tempfile.TemporaryFile() as said:
        try:
            os.dup2(said.fileno(), 2)
            import keras  # noqa: F401
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
