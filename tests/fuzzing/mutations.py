"""Bytes and texts that were sound once, hurt in the ways that files get hurt; drawn from a seed."""

from __future__ import annotations

import random

NUMBERS = ("-1", "0", "1e999", "-1e-999", "NaN", ".inf", "Infinity", "9" * 40, "0x10", "1_000", "٣")
TOKENS = (
    *NUMBERS,
    *"{}[]:,-?&*!|>'\"%@`#~ \n\t\\",
    "\x00",
    "\x1b[31m",
    "\u202e",
    "\ud7ff",
    "🙂",
    "null",
    "true",
    "../../up",
    "/etc/passwd",
    "<script>",
    "\n- ",
    "\n  ",
    ": ",
    "<<: *x",
    "&x [*x]",
    "!!python/object/apply:os.system [touch canary]",
    "---\n",
    "{{7*7}}",
    "a" * 5000,
)


def damaged(rng: random.Random, content: bytes) -> bytes:
    """Cut, flipped, overwritten, doubled or zero-filled bytes."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            del data[at:]
        elif kind == 1 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            data[at : at + 4] = rng.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"))
        elif kind == 3:
            data[at:at] = rng.randbytes(rng.choice((1, 3, 64)))
        elif kind == 4:
            data[at:at] = data[at : at + rng.choice((8, 200))]
        else:
            data[at : at + rng.choice((1, 16, 600))] = b""
    return bytes(data)


def reworded(rng: random.Random, text: str, tokens: tuple[str, ...] = TOKENS) -> str:
    """A text with pieces cut, doubled or replaced by hostile tokens."""
    for _ in range(rng.choice((1, 1, 2, 6))):
        a = rng.randrange(len(text) + 1)
        b = min(len(text), a + rng.choice((0, 1, 3, 20, 200)))
        new = rng.choice(("", text[a:b] * 2, rng.choice(tokens), rng.choice(tokens)))
        text = text[:a] + new + text[b:]
    return text


def soup(rng: random.Random, tokens: tuple[str, ...]) -> str:
    """Tokens in any order."""
    return "".join(rng.choice(tokens) for _ in range(rng.randint(0, 60)))


def nested(rng: random.Random) -> str:
    """Openers without end."""
    opener = rng.choice(("[", "{", "{a: ", "a: {", "- ", "? ", "[[", '{"a":', "  - ", "|\n "))
    return opener * rng.choice((10, 100, 3000))


def hurt_text(rng: random.Random, sound: list[str]) -> bytes:
    """A text, mostly one of `sound`, hurt."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.randbytes(rng.randint(0, 300))
    if kind == 1:
        text = soup(rng, TOKENS)
    elif kind == 2:
        text = nested(rng)
    else:
        text = reworded(rng, rng.choice(sound))
    return text.encode(rng.choice(("utf-8",) * 6 + ("utf-16", "latin-1")), "replace")


def value(rng: random.Random, depth: int = 0) -> object:
    """Any JSON value, with the numbers and words that readers stumble on."""
    kind = rng.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return rng.choice((None, True, False, "", "x", "NaN", "Infinity"))
    if kind == 1:
        return rng.choice((0, 1, -1, 2**31, 2**63, -(10**25), 10**300))
    if kind == 2:
        return rng.choice((0.0, -0.5, 1e308, float("nan"), float("inf"), -float("inf"), 1e-320))
    if kind in (3, 4):
        return rng.choice(TOKENS)
    if kind == 5:
        return rng.choice(([], {}, [[]], "0" * 400))
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(("name", "value", "a", "")): value(rng, depth + 1) for _ in range(2)}


def altered(rng: random.Random, tree: object) -> object:
    """A JSON tree with one to three places changed, taken out or added."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        here, trail = tree, []
        while isinstance(here, (dict, list)) and here and (rng.random() < 0.75 or not trail):
            key = rng.choice(list(here)) if isinstance(here, dict) else rng.randrange(len(here))
            trail.append((here, key))
            here = here[key]
        if not trail:
            return value(rng)
        part, key = trail[-1]
        kind = rng.randrange(4)
        if kind == 0:
            del part[key]
        elif kind == 1 and isinstance(part, dict):
            part[rng.choice(("extra", "", "schema_version"))] = value(rng)
        elif kind == 2 and isinstance(here, list):
            part[key] = here * 2
        else:
            part[key] = value(rng)
    return tree
