"""The command line of the package."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from .words import count_words


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the most frequent words of a file, or of the standard input; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        text = options.file.read_text(encoding="utf-8") if options.file else sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"cannot read {options.file or 'the standard input'}: {error}")
    for word, count in count_words(text).most_common(options.top):
        print(f"{count:6} {word}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="{{slug}}",
        description="Print the most frequent words of a text.",
    )
    parser.add_argument("file", nargs="?", type=Path, help="a text in UTF-8; without one, the standard input")
    parser.add_argument("--top", type=_positive, default=10, metavar="N", help="how many words (default: 10)")
    parser.add_argument("--version", action="version", version=version("{{slug}}"))
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
