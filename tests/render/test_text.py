"""The text form of diagnostics, to the character."""

from specc.diagnostics import Diagnostic, Note, Source, Span, SpecError
from specc.render import excerpt, render_text

SPEC = Source("my.yaml", "specc: 1\nlayers:\n  - conv2d: {filters: 8}\n" + "\n" * 17 + "      - add\n")
ADD = Span(SPEC, 21, 9, 21, 12)


def test_a_diagnostic_with_everything() -> None:
    diagnostic = Diagnostic(
        "E0312",
        "inputs of `add` have different shapes",
        ADD,
        "(?, 56, 56, 256) and (?, 56, 56, 64)",
        "project the shortcut with a 1x1 convolution of 256 filters",
        (
            Note("in block `bottleneck`, repeat 1 of 3, used at", Span(SPEC, 3, 5, 3, 11)),
            Note("`expansion: 4` comes from", Span(Source("base.yaml", ""), 7, 14, 7, 15)),
        ),
    )
    assert (
        render_text([diagnostic])
        == """\
error[E0312]: inputs of `add` have different shapes
  --> my.yaml:21:9
   |
21 |       - add
   |         ^^^ (?, 56, 56, 256) and (?, 56, 56, 64)
   = in block `bottleneck`, repeat 1 of 3, used at my.yaml:3:5
   = note: `expansion: 4` comes from base.yaml:7:14
   = help: project the shortcut with a 1x1 convolution of 256 filters

1 error in my.yaml"""
    )


def test_a_diagnostic_without_a_place() -> None:
    assert render_text([Diagnostic("E0001", "nothing to read", help="name a file")]) == (
        "error[E0001]: nothing to read\n  = help: name a file\n\n1 error"
    )


def test_help_of_several_lines_is_moved_in() -> None:
    text = render_text([Diagnostic("E0001", "no", help="first\nsecond")])
    assert "  = help: first\n          second\n" in text


def test_places_are_in_the_order_of_the_file_and_counted() -> None:
    later, earlier = Diagnostic("E0002", "later", ADD), Diagnostic("E0001", "earlier", Span(SPEC, 1, 1, 1, 6), severity="warning")
    text = render_text([later, earlier])
    assert text.index("warning[E0001]") < text.index("error[E0002]")
    assert text.endswith("1 error and 1 warning in my.yaml")


def test_several_files_are_counted() -> None:
    other = Span(Source("base.yaml", "a: 1\n"), 1, 1, 1, 2)
    assert render_text([Diagnostic("E0001", "a", ADD), Diagnostic("E0001", "b", other)]).endswith("2 errors in 2 files")


def test_many_diagnostics_are_cut_and_counted() -> None:
    text = render_text([Diagnostic("E0001", f"number {number}", ADD) for number in range(1000)])
    assert text.count("error[E0001]") == 100
    assert "... and 900 more" in text
    assert text.endswith("1000 errors in my.yaml")


def test_control_characters_are_written_out() -> None:
    source = Source("evil\x1b[31m.yaml", "a: \x1b[31mred\u202e\n")
    text = render_text([Diagnostic("E0001", "bad \x1b]0;title\x07 \u202e", Span(source, 1, 4, 1, 8), "\x9b31m")])
    assert not any(ord(character) < 32 and character != "\n" for character in text)
    assert "\u202e" not in text
    assert "\x9b" not in text
    assert r"bad \x1b]0;title\x07 \u202e" in text


def test_colours_only_where_asked() -> None:
    assert "\x1b[" not in render_text([Diagnostic("E0001", "a", ADD)])
    assert "\x1b[1;31merror[E0001]\x1b[0m" in render_text([Diagnostic("E0001", "a", ADD)], colour=True)


def test_spec_error_reads_as_its_rendering() -> None:
    diagnostics = (Diagnostic("E0001", "a", ADD),)
    assert str(SpecError(diagnostics)) == "\n" + render_text(diagnostics)


def marked(line: str, start: int, end: int, width: int = 120) -> tuple[str, str]:
    """The excerpt of a line whose characters `start` to `end`, counted from 0, are meant."""
    return excerpt(Span(Source("a.yaml", line), 1, start + 1, 1, end + 1), line, width)


def test_carets_under_tabs() -> None:
    assert marked("\t- add", 3, 6) == ("    - add", "      ^^^")


def test_carets_under_wide_characters() -> None:
    # Two columns each, as terminals show them; a combining accent takes none.
    assert marked("名前: 値", 4, 5) == ("名前: 値", "      ^^")
    assert marked("e\u0301: x", 4, 5) == ("e\u0301: x", "   ^")


def test_carets_behind_the_end() -> None:
    assert marked("a:", 2, 3) == ("a:", "  ^")
    assert marked("a:", 9, 12) == ("a:", "  ^")
    assert marked("", 0, 0) == ("", "^")


def test_a_span_of_several_lines_marks_its_first() -> None:
    line = "  - dense: {units: 3,   "
    span = Span(Source("a.yaml", line + "\n  activation: x}"), 1, 12, 2, 17)
    assert excerpt(span, line) == (line, " " * 11 + "^" * len("{units: 3,"))


def test_long_lines_are_cut_around_the_caret() -> None:
    line = "x" * 500 + "here" + "y" * 500
    shown, carets = marked(line, 500, 504, width=60)
    assert len(shown) <= 66
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "here"
    assert shown.startswith("...x")
    assert shown.endswith("y...")


def test_a_long_line_is_filled_up_to_its_end() -> None:
    shown, carets = marked("x" * 100 + "end", 100, 103, width=60)
    assert shown == "..." + "x" * 57 + "end"
    assert carets == " " * 60 + "^^^"


def test_a_span_longer_than_the_width() -> None:
    shown, carets = marked("ab" + "x" * 400, 2, 402, width=60)
    assert shown.endswith("...")
    assert len(carets) <= 66


def test_a_line_of_millions_of_characters_is_not_measured() -> None:
    line = "x" * 5_000_000
    span = Span(Source("a.yaml", line), 1, 2_500_000, 1, 5_000_000)
    shown, carets = excerpt(span, line)
    assert shown.startswith("...x")
    assert shown.endswith("x...")
    assert len(shown) < 130
    assert len(carets) <= len(shown)
