"""HTML: one self-contained page, or a fragment for a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bakeoff.auditing.findings import Finding
from bakeoff.auditing.telling.as_text import span, summary
from bakeoff.auditing.telling.inert import line, visible

if TYPE_CHECKING:
    from bakeoff.auditing.claims import Place
    from bakeoff.auditing.result import Audited

STYLE = """
.bakeoff-audit { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; }
.bakeoff-audit article { border-left: 4px solid var(--mark); padding: .2rem 0 .2rem 1rem;
  margin: 1.2rem 0; }
.bakeoff-audit h3 { margin: 0 0 .3rem; font-size: 1rem; }
.bakeoff-audit code { white-space: pre-wrap; overflow-wrap: anywhere; }
.bakeoff-audit mark { background: none; color: inherit;
  text-decoration: underline 2px var(--mark); }
.bakeoff-audit dt { font-weight: 600; float: left; clear: left; margin-right: .5rem; }
.bakeoff-audit dd { margin: 0; }
.impossible { --mark: #b00020; } .inconsistent { --mark: #c43e00; }
.implausible { --mark: #9a6b00; } .ambiguous, .undetermined { --mark: #1f5fa8; }
.note { --mark: #6b6b6b; }
@media (prefers-color-scheme: dark) {
  body.bakeoff-audit { background: #16181c; color: #e8e8e8; }
  .impossible { --mark: #ff6b7d; } .inconsistent { --mark: #ff9a66; }
  .implausible { --mark: #e0b24c; } .ambiguous, .undetermined { --mark: #7db4f0; }
}
"""


def tell(audit: Audited) -> str:
    """A whole page: no script, nothing loaded."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>Audit</title>\n<style>{STYLE}</style>\n</head>\n"
        f'<body class="bakeoff-audit">\n<h1>Audit</h1>\n{_body(audit)}\n</body>\n</html>\n'
    )


def fragment(audit: Audited) -> str:
    """What a notebook shows."""
    return f'<style>{STYLE}</style>\n<div class="bakeoff-audit">{_body(audit)}</div>'


def _body(audit: Audited) -> str:
    parts = [f"<p>{_text(summary(audit))}</p>"]
    parts += [_finding(f) for f in audit.findings]
    if audit.suppressed:
        rows = "".join(
            f"<li>{_where(f)}: {f.rule} ({f.verdict}): {_text(f.suppressed)}</li>"
            for f in audit.suppressed
        )
        parts.append(f"<h2>Suppressed</h2><ul>{rows}</ul>")
    if audit.problems:
        rows = "".join(f"<li>{_place(p.place)}: {_text(p.message)}</li>" for p in audit.problems)
        parts.append(f"<h2>Not read</h2><ul>{rows}</ul>")
    return "\n".join(parts)


def _text(text: str) -> str:
    return escape(line(text, 2_000))


def _where(finding: Finding) -> str:
    return _place(finding.place)


def _place(place: Place) -> str:
    return f"{_text(place.named[0])}, {place.said}"


def _source(finding: Finding) -> str:
    place = finding.place
    start, length = span(finding.claims[0])
    end = start + length
    before, marked, after = place.source[:start], place.source[start:end], place.source[end:]
    shown = (
        f"{escape(visible(before))}<mark>{escape(visible(marked))}</mark>{escape(visible(after))}"
    )
    return f"<p><code>{shown}</code></p>" if place.source.strip() else ""


def _finding(finding: Finding) -> str:
    rows = [("Arithmetic", finding.arithmetic), ("Assumes", "; ".join(finding.assumptions))]
    rows += [("Likely cause", finding.cause), ("Would resolve it", finding.resolve)]
    places = list(dict.fromkeys(p.said for p in finding.places))
    rows += [("At", ", ".join(places[:50]))] if len(places) > 1 else []
    facts = "".join(f"<dt>{name}</dt><dd>{_text(text)}</dd>" for name, text in rows if text)
    return (
        f'<article class="{finding.verdict}"><h3>{finding.verdict.capitalize()}: '
        f"{_where(finding)} <small>({finding.rule})</small></h3>{_source(finding)}"
        f"<p>{_text(finding.message)}</p><dl>{facts}</dl></article>"
    )
