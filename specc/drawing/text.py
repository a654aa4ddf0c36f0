"""How wide text is: there is no font engine, so widths come from the metrics of Helvetica.

Arial and Liberation Sans have the same. The drawing states every text's width, so that another font is fitted to it.
"""

from __future__ import annotations

FONT = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif"

# Thousandths of the font size, as Adobe's font metrics have them: the characters of each width.
_REGULAR = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[]\\ft·",
    333: "()`-r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu–",
    584: "+<=>~×−",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "—…→",
    1015: "@",
}
_BOLD = {
    238: "'",
    278: " ,./I\\ijl·",
    280: "|",
    333: "!()-:;[]`ft",
    389: "*r{}",
    474: '"',
    500: "z",
    556: "#$0123456789J_aceksvxy–",
    584: "+<=>^~×−",
    611: "?FLTZbdghnopqu",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    833: "M",
    889: "%m",
    944: "W",
    975: "@",
    1000: "—…→",
}
_UNKNOWN = 1000  # wide enough for any other character


def _by_character(widths: dict[int, str]) -> dict[str, int]:
    return {character: width for width, characters in widths.items() for character in characters}


_WIDTHS = {False: _by_character(_REGULAR), True: _by_character(_BOLD)}


def width(text: str, size: float, bold: bool = False) -> float:
    """Width of a line in pixels at a font size in pixels."""
    widths = _WIDTHS[bold]
    return sum(widths.get(character, _UNKNOWN) for character in text) * size / 1000


def shortened(text: str, size: float, most: float, bold: bool = False) -> str:
    """The text, with its end left out where it is wider than `most` pixels."""
    if width(text, size, bold) <= most:
        return text
    while text and width(text + "…", size, bold) > most:
        text = text[:-1]
    return text + "…"
