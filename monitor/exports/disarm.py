"""DISARM incident pages in Markdown, in the layout of its own generator (DISARMframeworks, page_templates).

Unlike that generator: no reference and no technique is ever dropped, each row is one line, one description belongs
to one technique, and what people wrote below the line is kept byte for byte.
"""

import re

from monitor.domain.records import IncidentRecord, Reference, Technique
from monitor.domain.refused import Refused
from monitor.domain.text import printable
from monitor.exports.addresses import link

LINE = "DO NOT EDIT ABOVE THIS LINE - PLEASE ADD NOTES BELOW"
REFERENCES = (
    "| Reference | Pub Date | Authors | Org | Archive |\n| --------- | -------- | ------- | --- | ------- |\n"
)
TECHNIQUES = (
    "| Technique | Description given for this incident |\n| --------- | ------------------------- |\n"
)


def identity(incident: IncidentRecord) -> str:
    """Return an incident's id: `I` and five digits."""
    return f"I{incident.id:05d}"


def page(incident: IncidentRecord, old: str | None = None) -> str:
    """Return an incident's page with the notes of the old one; raise Refused where that is a page of another hand."""
    return f"{_generated(incident)}{LINE}\n{notes_of(old)}"


def notes_of(old: str | None) -> str:
    """Return what stands below the line in an old page."""
    if not old:
        return ""
    found = re.search(rf"^{re.escape(LINE)}[ \t]*(?:\r?\n|\Z)", old, re.MULTILINE)
    if found is None:
        told = "the old page has no line that separates notes; move it away, then write it anew"
        raise Refused("page-without-line", told)
    return old[found.end() :]


def index(incidents: list[IncidentRecord]) -> str:
    """Return the list of all incident pages."""
    rows = "".join(
        f"| [{identity(one)}](incidents/{identity(one)}.md) | {cell(one.title)} | {one.first_report_at.year} |\n"
        for one in incidents
    )
    return f"# Incidents\n\n| Id | Name | Year started |\n| -- | ---- | ------------ |\n{rows}"


def cell(text: str) -> str:
    """Return a text that stays inside one cell: one line, no column separator, no HTML, no control characters."""
    flat = " ".join(printable(text).split())
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return flat.replace("\\", "\\\\").replace("|", "\\|").replace("[", "\\[").replace("]", "\\]")


def _generated(incident: IncidentRecord) -> str:
    facts = [
        ("**Summary:**", cell(incident.summary)),
        ("**incident type**:", "incident"),
        ("**Year started:**", str(incident.first_report_at.year)),
        ("**Countries:**", f" , {', '.join(incident.countries)}" if incident.countries else ""),
        ("**Found via:**", "news"),
        ("**Date added:**", incident.created_at.date().isoformat()),
    ]
    bullets = "".join(f"* {name} {value}\n\n" for name, value in facts if value)
    references = "".join(_reference(one) for one in incident.references)
    techniques = "".join(_technique(one) for one in sorted(incident.techniques, key=lambda one: one.id))
    return (
        f"# Incident {identity(incident)}: {cell(incident.title)}\n\n{bullets}\n"
        f"{REFERENCES}{references}\n \n{TECHNIQUES}{techniques}\n\n"
    )


def _reference(one: Reference) -> str:
    published = one.published_at.strftime("%Y/%m/%d") if one.published_at else ""
    archive = _link(one.archive_url) if one.archive_url else ""
    authors = cell(", ".join(one.authors))
    return f"| {_link(one.url)} | {published} | {authors} | {cell(one.publisher)} | {archive} |\n"


def _technique(one: Technique) -> str:
    name = cell(f"{one.id} {one.name}".strip())
    return f"| [{name}](../../generated_pages/techniques/{one.id}.md) | {cell(one.quote)} |\n"


def _link(url: str) -> str:
    """Return a link whose text and target are the address; signs that would end it are encoded."""
    safe = link(url)
    return f"[{safe}]({safe})"
