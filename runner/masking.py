"""Keeps secrets out of every text that leaves the process.

Whoever loads a secret registers it; from then on `masked` finds it, also where it was escaped on
the way, and so do stdout and stderr.
"""

from __future__ import annotations

import base64
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from html.entities import codepoint2name
from itertools import groupby
from typing import TextIO

MASK = "***"
# Fewer letters stand in every second word: masking them would hide the text, not the secret.
SHORTEST = 4
# A base64 text of fewer letters may be a word.
SHORTEST_CODE = 6
SECRET_WORDS = ("pass", "pwd", "token", "secret", "key", "credential", "private")
# Names of what only leads to a secret.
NO_SECRET = re.compile(r"(path|file|ur[il]|_id)$", re.IGNORECASE)
SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}

_known: set[str] = set()


def names_secret(name: str) -> bool:
    """Whether a key of a file or an environment variable is called as secrets are."""
    return any(word in name.lower() for word in SECRET_WORDS) and not NO_SECRET.search(name)


def register(*secrets: str) -> None:
    """Let nothing leave the process any more that holds one of these."""
    global _mask  # noqa: PLW0603 - what a process must not tell is known to the process
    new = {secret for secret in secrets if secret.strip()} - _known
    if new:
        _known.update(new)
        _mask = masker(_known)


def masked(text: str) -> str:
    """The text without any secret that this process knows."""
    return _mask(text)


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that replaces each secret, also where it was escaped on the way.

    A destination or a driver may echo a secret as JSON, HTML, SQL or Python text, percent-encoded,
    in base64, or a line of it. Secrets of one to three letters are left alone.
    """
    pieces = {piece for secret in secrets for piece in (secret, *secret.splitlines())}
    long = sorted((piece for piece in pieces if len(piece) >= SHORTEST), key=len, reverse=True)
    forms = [form for piece in long for form in _forms(piece)]
    pattern = re.compile("|".join(forms or ["(?!)"]))

    def mask(text: str) -> str:
        return pattern.sub(MASK, text)

    return mask


_mask = masker(())


class MaskedStream(io.TextIOBase):
    """A text stream that masks what is written to it; there is no way around through `buffer`."""

    def __init__(self, stream: TextIO) -> None:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # as stderr: never fails for a letter
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text without secrets."""
        self._stream.write(masked(text))
        return len(text)

    def flush(self) -> None:
        """Flush what is below."""
        self._stream.flush()

    def fileno(self) -> int:
        """Tell the file of what is below."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Tell whether a person reads it."""
        return self._stream.isatty()

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override] # the base class declares an attribute
        """The encoding of what is below."""
        return self._stream.encoding


def mask_output() -> None:
    """From now on mask stdout and stderr, tracebacks too."""
    if not isinstance(sys.stdout, MaskedStream):
        sys.stdout = MaskedStream(sys.stdout)
    if not isinstance(sys.stderr, MaskedStream):
        sys.stderr = MaskedStream(sys.stderr)


def _forms(secret: str) -> Iterator[str]:
    yield _pattern(secret)
    data = secret.encode(errors="surrogatepass")
    for before in range(3):
        # In base64 three bytes are four letters, so what stands before a secret shifts it.
        code = base64.b64encode(bytes(before) + data).decode()
        start, stop = -(-before * 4 // 3), (before + len(data)) * 4 // 3
        core = code[start:stop]
        if before and len(core) < SHORTEST_CODE:
            continue
        edge = "[A-Za-z0-9+/_-]"
        end = f"{edge}(?:=|%3[Dd]){{0,2}}" if (before + len(data)) % 3 else ""
        for letters in {core, core.translate(str.maketrans("+/", "-_"))}:
            yield f"{edge if before else ''}{_pattern(letters)}{end}"


def _pattern(secret: str) -> str:
    """The secret as a regular expression in which each letter may be escaped in its own way."""
    runs = ((letter, len(list(run))) for letter, run in groupby(secret))
    return "".join(_written(letter, count) for letter, count in runs)


def _written(letter: str, count: int) -> str:
    if letter.isascii() and (letter.isalnum() or letter in "-_."):
        return re.escape(letter) * count
    if letter == "\\":
        return rf"(?:(?:%(?:25)*5[Cc]){{{count}}}|\\{{{count},{8 * count}}})"
    # SQL writes a quote of a text twice.
    times = f"{{{count},{2 * count}}}" if letter in "'\"" else f"{{{count}}}"
    return f"(?:{'|'.join(_escapes(letter))}){times}"


def _escapes(letter: str) -> Iterator[str]:
    """Regular expressions for one letter: HTML, percent-encoded, JSON and Python, as it is."""
    code = ord(letter)
    names = [codepoint2name[code]] if code in codepoint2name else []
    names += ["apos"] if letter == "'" else []
    yield rf"&(?:amp;)*(?:{'|'.join([*names, f'#0*{code}', f'#[xX]0*(?i:{code:x})'])});"
    data = letter.encode(errors="surrogatepass")
    yield "".join(f"%(?:25)*(?i:{byte:02x})" for byte in data)
    if letter == " ":
        yield r"\+"
    units = letter.encode("utf-16-be", errors="surrogatepass").hex()
    yield "".join(rf"\\+u(?i:{units[at : at + 4]})" for at in range(0, len(units), 4))
    yield "".join(rf"\\+x(?i:{byte:02x})" for byte in data)
    yield rf"\\+(?:x(?i:{code:02x})|U(?i:{code:08x}))"
    if letter in SHORT_ESCAPES:
        yield rf"\\+{SHORT_ESCAPES[letter]}"
    yield rf"\\{{0,8}}{re.escape(letter)}"
