"""Texts as people search them: whatever the case and the accents of letters. Searches nothing itself.

Unicode's caseless matching of compatible forms (NFKC, chapter 3.13 of its standard), by upper case first, so
that letters with a common upper or lower case are one (Turkish dotless i, too), and without the accents of
Latin, Greek and Cyrillic letters. Marks that are letters to their readers, as those of Hindi or kana, stay.
"""

import unicodedata
from functools import cache

# Combining Diacritical Marks: one block, to Python as to Arrow.
_ACCENTS = range(0x300, 0x370)
_ANY_ACCENTS = rf"[\x{{{_ACCENTS.start:x}}}-\x{{{_ACCENTS[-1]:x}}}]*"
_NO_ACCENTS = dict.fromkeys(_ACCENTS)
# No character beyond is written otherwise than it is folded.
_LAST = 0x2FFFF
# Letters that one character may stand for, and is found by: ß, ﬃ.
_MOST_LETTERS = 3


def folded(text: str) -> str:
    """Return what texts that are the same to people who search have in common.

    Examples
    --------
    >>> folded("Café in İSTANBUL, Straße")
    'cafe in istanbul, strasse'
    """
    apart = unicodedata.normalize("NFKD", text).upper().casefold().translate(_NO_ACCENTS)
    return unicodedata.normalize("NFKC", apart) or text


def spellings(words: str) -> str:
    r"""Return a pattern of RE2 for all that is folded as `words` are: Arrow searches texts where they lie.

    Examples
    --------
    >>> spellings("é")[:25]
    '[\\x{65}\\x{45}\\x{c8}\\x{c9}'
    """
    letters, parts, at = folded(words), [], 0
    while at < len(letters):
        sizes = range(_MOST_LETTERS, 1, -1)
        size = next((size for size in sizes if letters[at : at + size] in _spelt_otherwise()), 1)
        parts.append(_spelt(letters[at : at + size]))
        at += size
    return _ANY_ACCENTS.join(parts)


def _spelt(letters: str) -> str:
    """Spell letters one by one, and by characters that stand for several of them."""
    ways = []
    for size in range(1, len(letters) + 1):
        first, rest = letters[:size], letters[size:]
        ones = (first if size == 1 else "") + _spelt_otherwise().get(first, "")
        if ones:
            one = "[" + "".join(rf"\x{{{ord(character):x}}}" for character in ones) + "]"
            ways.append(f"{one}{_ANY_ACCENTS}{_spelt(rest)}" if rest else one)
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


@cache
def _spelt_otherwise() -> dict[str, str]:
    """Return the other characters that are folded to the same letters: a tenth of a second, once."""
    found: dict[str, str] = {}
    for one in map(chr, range(_LAST + 1)):
        letters = folded(one)
        if letters != one:
            found[letters] = found.get(letters, "") + one
    return found
