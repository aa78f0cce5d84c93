"""The types of the command line's arguments; each says in one line what is wrong with a word."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from harness.errors import UsageError

WORD = 2**256
_MOST_DIGITS = 80


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError instead of printing its usage and ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with the parser's message."""
        raise UsageError(self.prog, message)


def refuse_options(command: str, given: argparse.Namespace, mode: str, names: Sequence[str]) -> None:
    """Raise UsageError if one of these options was given, which mean nothing in a mode of a command.

    An option that was not given is None, or False for a flag.
    """
    values = ((name, getattr(given, name)) for name in names)
    idle = [f"--{name.replace('_', '-')}" for name, value in values if value is not None and value is not False]
    if idle:
        raise UsageError(command, f"{', '.join(idle)} means nothing with {mode}")


def whole(text: str) -> int:
    """Return a whole number, which may be negative: in decimal, or in hexadecimal after 0x."""
    if len(text) > _MOST_DIGITS or not re.fullmatch(r"-?(0[xX][0-9a-fA-F]+|[0-9][0-9_]*)", text):
        raise argparse.ArgumentTypeError(f"{_shown(text)} is no whole number")
    return int(text, 16) if "x" in text.lower() else int(text)


def between(least: int, most: int) -> Callable[[str], int]:
    """Return a type for whole numbers from ``least`` to ``most``, both included."""

    def number(text: str) -> int:
        value = whole(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{_shown(text)} is out of range, expected {least} to {_power(most)}")
        return value

    return number


natural = between(0, 2**64 - 1)
positive = between(1, 2**64 - 1)
jobs = between(1, 1_024)
wei = between(0, WORD - 1)


def hexadecimal(text: str) -> bytes:
    """Return bytes from pairs of hexadecimal digits, with or without 0x."""
    digits = text.removeprefix("0x").removeprefix("0X")
    odd = re.search(r"[^0-9a-fA-F]", digits)
    if odd:
        raise argparse.ArgumentTypeError(f"{_shown(text)} is not hexadecimal: it has {odd[0]!r}")
    if len(digits) % 2:
        raise argparse.ArgumentTypeError(
            f"{_shown(text)} has {len(digits)} hexadecimal digits, expected an even number"
        )
    return bytes.fromhex(digits)


def hash32(text: str) -> bytes:
    """Return a hash of 32 bytes from hexadecimal digits."""
    value = hexadecimal(text)
    if len(value) != 32:
        raise argparse.ArgumentTypeError(f"{_shown(text)} has {len(value)} bytes, expected a hash of 32")
    return value


def address(text: str) -> str:
    """Return an address from 20 bytes in hexadecimal; mixed case must have the right checksum (EIP-55)."""
    from eth_utils import is_checksum_address, is_checksum_formatted_address, to_checksum_address

    value = hexadecimal(text)
    if len(value) != 20:
        raise argparse.ArgumentTypeError(f"{_shown(text)} has {len(value)} bytes, expected an address of 20")
    prefixed = "0x" + text.removeprefix("0x").removeprefix("0X")
    if is_checksum_formatted_address(prefixed) and not is_checksum_address(prefixed):
        raise argparse.ArgumentTypeError(f"{text} has a wrong checksum, expected {to_checksum_address(value)}")
    return str(to_checksum_address(value))


def url(text: str) -> str:
    """Return an http or https URL."""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise argparse.ArgumentTypeError(f"{_shown(text)} is no URL of a node, expected http://host:port")
    return text


def existing_file(text: str) -> Path:
    """Return a file that exists."""
    path = existing(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{_shown(text)} is a folder, expected a file")
    return path


def folder(text: str) -> Path:
    """Return a folder that exists."""
    path = existing(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{_shown(text)} is a file, expected a folder")
    return path


def existing(text: str) -> Path:
    """Return a file or folder that exists."""
    path = Path(text)
    try:
        is_there = path.exists()
    except (OSError, ValueError) as problem:
        raise argparse.ArgumentTypeError(f"{_shown(text)} cannot be read: {problem}") from problem
    if not is_there:
        raise argparse.ArgumentTypeError(f"{_shown(text)} does not exist")
    return path


def folder_to_be(text: str) -> Path:
    """Return a folder that exists or can be created."""
    path = Path(text)
    for place in (path, *path.parents):
        if place.exists():
            if not place.is_dir():
                raise argparse.ArgumentTypeError(f"{_shown(str(place))} is a file, expected a folder")
            return path
    return path


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:40]}...{text[-10:]}")


def _power(number: int) -> str:
    """Return a bound in words, as in 2**64 - 1 instead of its twenty digits."""
    bits = number.bit_length()
    return f"2**{bits} - 1" if bits > 32 and number == 2**bits - 1 else str(number)
