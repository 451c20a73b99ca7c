"""Pseudo-English: every phrase of the catalogues with accents, a third longer, in brackets. What stands on a page without
them is not in a catalogue; what does not fit has no room for other languages. For developers, by `HEMAVIEW_PSEUDO_LANGUAGE`."""

from __future__ import annotations

import ast
import json
import os
import re
import struct
from pathlib import Path

CODE = "en-xa"
_FOLDER = "en_XA"
_ACCENTS = str.maketrans("AEIOUYaeiouycnszCNSZ", "ÀÉÎÖÛÝàéîöûýçñšžÇÑŠŽ")
_KEPT = re.compile(r"(\{[^{}]*\}|%\(\w+\)[sd]|%[sd%]|<[^>]*>|&\w+;)")
"""Places for values, tags and entities stay as they are."""


def pseudo(text: str) -> str:
    """`Seen by {who}` → `⟦Šééñ by {who}~~~⟧`."""
    pieces = _KEPT.split(text)
    accented = "".join(piece if i % 2 else piece.translate(_ACCENTS) for i, piece in enumerate(pieces))
    return f"⟦{accented}{'~' * (len(text) // 3)}⟧"


def write(catalogues: Path, folder: Path) -> None:
    """Both catalogues of English in pseudo-English, where Django and the front end look for a language."""
    forms = json.loads((catalogues / "en" / "frontend.json").read_text())
    own = {
        key: pseudo(form) if isinstance(form, str) else {category: pseudo(one) for category, one in form.items()}
        for key, form in forms.items()
    }
    _put(folder / _FOLDER / "frontend.json", json.dumps(own, ensure_ascii=False).encode())
    entries = read_po((catalogues / "en" / "LC_MESSAGES" / "django.po").read_text())
    _put(folder / _FOLDER / "LC_MESSAGES" / "django.mo", compiled({key: tuple(map(pseudo, key)) for key in entries}))


def read_po(text: str) -> list[tuple[str, ...]]:
    """The messages of a gettext catalogue: (singular,) or (singular, plural), without its head."""
    entries: list[tuple[str, ...]] = []
    for block in re.split(r"\n\s*\n", text):
        words: dict[str, str] = {}
        keyword = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            match = re.match(r'(\w+(?:\[\d\])?)?\s*(".*")$', line.strip())
            if match:
                keyword = match[1] or keyword
                words[keyword] = words.get(keyword, "") + ast.literal_eval(match[2])
        if words.get("msgid"):
            entries.append((words["msgid"], words["msgid_plural"]) if "msgid_plural" in words else (words["msgid"],))
    return entries


def compiled(messages: dict[tuple[str, ...], tuple[str, ...]]) -> bytes:
    """A GNU .mo file (gettext manual, "The Format of GNU MO Files"), plurals as in English."""
    head = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    rows = sorted(("\0".join(key).encode(), "\0".join(own).encode()) for key, own in messages.items())
    rows.insert(0, (b"", head.encode()))
    start = 28 + 16 * len(rows)
    keys, values = b"", b""
    key_table: list[int] = []
    value_table: list[int] = []
    all_keys = sum(len(key) + 1 for key, _ in rows)
    for key, own in rows:
        key_table += [len(key), start + len(keys)]
        keys += key + b"\0"
        value_table += [len(own), start + all_keys + len(values)]
        values += own + b"\0"
    header = struct.pack("<7I", 0x950412DE, 0, len(rows), 28, 28 + 8 * len(rows), 0, start)
    return header + struct.pack(f"<{4 * len(rows)}I", *key_table, *value_table) + keys + values


def _put(path: Path, content: bytes) -> None:
    """Whole or not at all: several processes start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
