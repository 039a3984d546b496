"""Where to look when KMS, or something under a KMS key, says no: seven questions, top down, as a picture.

Pure. `tree` marks the question that decides for a layer, as `labkit.diagnose` names layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ..svg import PAGE, page


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what its yes means (two lines), and the layers in which such a cause lies."""

    asks: str
    shows: str
    yes: tuple[str, str]
    layers: tuple[str, ...]


QUESTIONS = (
    Question(
        "Did nobody answer, or did the tool refuse?",
        "EndpointConnectionError, timeouts, ParamValidation, Invalid base64",
        ("Endpoint, Region, proxy, clock, a parameter.", "No policy was asked. The trail has nothing."),
        ("network", "client (CLI or SDK)"),
    ),
    Question(
        "Does AWS not know who you are?",
        "ExpiredToken, UnrecognizedClient, InvalidSignature, no credentials",
        ("aws sts get-caller-identity: who are you?", "Log in again, or set the right profile."),
        ("credentials",),
    ),
    Question(
        "Does it pass by itself?",
        "Throttling, KMSInternal, DependencyTimeout, KeyUnavailable",
        ("Try again with backoff. If it comes back:", "call less, or ask for a higher quota."),
        ("quota", "service"),
    ),
    Question(
        "Did another service say it in its own words?",
        "S3's AccessDenied, “Access to KMS is not allowed”",
        ("Find KMS's record in the trail, that second.", "If there is none, KMS was not asked."),
        ("S3 or KMS", "service on your behalf", "resource-based policy"),
    ),
    Question(
        "Is it AccessDenied, with a reason at the end?",
        "because no … policy allows / with an explicit deny in …",
        ("The last words name the layer: mend that one,", "for this principal, action and key only."),
        (
            "identity-based policy", "key policy", "session policy", "permissions boundary", "VPC endpoint policy",
            "service control policy (SCP)", "resource control policy (RCP)", "role trust policy",
        ),
    ),
    Question(
        "Is it AccessDenied, and no layer is named?",
        "The ciphertext refers to …, does not exist in this Region, …",
        ("Another account or Region, or a key gone.", "Ask with the key's full ARN, in its Region."),
        ("permission, layer not told", "other account", "grant"),
    ),
    Question(
        "Is the key in a state that refuses?",
        "DisabledException, KMSInvalidStateException",
        ("aws kms describe-key has KeyState:", "enable it, call off its deletion, import again."),
        ("key state", "custom key store"),
    ),
)  # fmt: skip
LAST = Question(
    "Else it is what you asked for",
    "NotFound, InvalidKeyUsage, InvalidCiphertext, IncorrectKey",
    ("Compare the key, its usage, and the bytes;", "the encryption context letter for letter."),
    ("request",),
)

_INK, _EDGE, _PALE, _HERE, _HERE_FILL = "#1a1a1a", "#0072b2", "#eef5fb", "#a24a00", "#fff6ec"
_LEFT, _RIGHT, _TOP, _HEIGHT, _STEP = 12, 534, 20, 62, 84
_WIDE, _NARROW = 486, 358


@dataclass(frozen=True, repr=False)
class DecisionTree:
    """The picture in a notebook; its repr says the same in words. `layer` is marked; "" marks nothing."""

    layer: str = ""

    @property
    def decides(self) -> Question | None:
        """Find the question that decides for the layer."""
        return next((each for each in (*QUESTIONS, LAST) if self.layer in each.layers), None)

    def __repr__(self) -> str:
        lines = []
        for number, each in enumerate((*QUESTIONS, LAST), 1):
            mark = "->" if each is self.decides else "  "
            lines.append(f"{mark} {number}. {each.asks} ({each.shows})")
            lines.append(f"      {' '.join(each.yes)}")
        return "\n".join(lines)

    def _repr_svg_(self) -> str:
        parts: list[str] = []
        every = (*QUESTIONS, LAST)
        for number, each in enumerate(every):
            y = _TOP + number * _STEP
            here = each is self.decides
            edge, fill, width = (_HERE, _HERE_FILL, 4) if here else (_EDGE, _PALE, 2)
            for x, wide in ((_LEFT, _WIDE), (_RIGHT, _NARROW)):
                parts.append(
                    f'<rect x="{x}" y="{y}" width="{wide}" height="{_HEIGHT}" rx="8" fill="{fill}" '
                    f'stroke="{edge}" stroke-width="{width}"/>'
                )
            parts.append(_text(_LEFT + 14, y + 26, f"{number + 1}. {each.asks}", 15, "bold"))
            parts.append(_text(_LEFT + 14, y + 47, each.shows, 12))
            parts += [_text(_RIGHT + 14, y + 26 + 21 * line, said, 13) for line, said in enumerate(each.yes)]
            parts.append(_arrow(f"M{_LEFT + _WIDE} {y + 31}H{_RIGHT - 4}", edge))
            if each is not LAST:
                parts.append(_text(_LEFT + _WIDE + 6, y + 24, "yes", 13))
                parts.append(_arrow(f"M{_LEFT + 40} {y + _HEIGHT}V{y + _STEP - 3}", _EDGE))
                parts.append(_text(_LEFT + 52, y + _HEIGHT + 16, "no", 13))
        height = _TOP + len(every) * _STEP
        title = "Seven questions, from the top: what to ask of an error, and where each yes leads"
        return page(PAGE, height, title, repr(self), parts)


def tree(layer: str = "") -> DecisionTree:
    """Draw the questions; the one that decides for `layer` is marked. ValueError for a layer that there is none of."""
    drawn = DecisionTree(layer)
    if layer and drawn.decides is None:
        raise ValueError(f"No question decides for {layer!r}: give the layer of a diagnosis that is known, or none.")
    return drawn


def _arrow(path: str, colour: str) -> str:
    x, y = path.rpartition("H")[2], path.rpartition("V")[2]
    if "H" in path:
        head = f"M{int(x) - 8} {int(path.split()[1].partition('H')[0]) - 5}l8 5l-8 5"
    else:
        head = f"M{int(path[1:].split()[0]) - 5} {int(y) - 8}l5 8l5 -8"
    return f'<path d="{path}{head}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _text(x: int, y: int, text: str, size: int, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{_INK}">{escape(text)}</text>'
