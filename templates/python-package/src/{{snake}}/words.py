"""Counting the words of a text."""

import re
from collections import Counter

# Letters of any script, joined by apostrophes or hyphens.
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def count_words(text: str) -> Counter[str]:
    """Count each word of a text; upper and lower case are the same word."""
    return Counter(word.casefold() for word in _WORD.findall(text))
