"""Feeds of incidents: Atom (RFC 4287) and JSON Feed 1.1."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from monitor.domain.records import IncidentRecord, Reference
from monitor.exports.stix import incident_id

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
MOST_REFERENCES = 20


def atom(incidents: Sequence[IncidentRecord], *, title: str, base: str, address: str) -> str:
    """Return an Atom feed; `base` is the address of our pages, `address` the feed's own path."""
    updated = max((one.updated_at for one in incidents), default=BEGINNING)
    entries = "".join(_entry(one, base) for one in incidents)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>{_text(title)}</title>\n"
        f"<id>{_text(base + address)}</id>\n"
        f'<link rel="self" type="application/atom+xml" href={_attribute(base + address)}/>\n'
        f"<link href={_attribute(base + '/incidents')}/>\n"
        f"<updated>{_time(updated)}</updated>\n"
        "<author><name>Incident monitor</name></author>\n"
        f"{entries}</feed>\n"
    )


def json_feed(incidents: Sequence[IncidentRecord], *, title: str, base: str, address: str) -> str:
    """Return a JSON Feed."""
    found = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": f"{base}/incidents",
        "feed_url": f"{base}{address}",
        "items": [
            {
                "id": _urn(one),
                "url": f"{base}/incidents/{one.id}",
                "title": one.title,
                "summary": one.summary,
                "content_text": _content(one),
                "date_published": _time(one.first_report_at),
                "date_modified": _time(one.updated_at),
                "tags": list(one.topics),
            }
            for one in incidents
        ],
    }
    return json.dumps(found, ensure_ascii=False, indent=1)


def _entry(one: IncidentRecord, base: str) -> str:
    categories = "".join(f"<category term={_attribute(topic)}/>" for topic in one.topics)
    return (
        "<entry>"
        f"<title>{_text(one.title)}</title><id>{_urn(one)}</id>"
        f"<link href={_attribute(f'{base}/incidents/{one.id}')}/>"
        f"<published>{_time(one.first_report_at)}</published><updated>{_time(one.updated_at)}</updated>"
        f'{categories}<summary type="text">{_text(one.summary)}</summary>'
        f'<content type="text">{_text(_content(one))}</content>'
        "</entry>\n"
    )


def _content(one: IncidentRecord) -> str:
    originals = [reference for reference in one.references if not reference.copy][:MOST_REFERENCES]
    lines = [_reference(reference) for reference in originals]
    return "\n\n".join([one.summary, *lines] if one.summary else lines)


def _reference(one: Reference) -> str:
    archived = " ".join(
        part for part in (one.archive_url, f"({one.archive_state})" if one.archive_state else "") if part
    )
    return f"{one.publisher or ''} {one.title}\n{one.url}\n{archived}".strip()


def _urn(one: IncidentRecord) -> str:
    return f"urn:uuid:{incident_id(one).partition('--')[2]}"


def _text(text: str) -> str:
    return escape(_clean(text))


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Drop what XML 1.0 cannot hold."""
    return "".join(
        sign
        for sign in text
        if sign in "\n\t" or "\x20" <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd" or sign > "\uffff"
    )


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
