"""STIX 2.1 bundles of incidents; every id follows from what it names, so the same incident is the same object."""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from monitor.domain.records import IncidentRecord, Reference, Technique
from monitor.exports.addresses import uri

OURS = uuid.UUID("3c1f5c0e-8b1d-5a53-9a43-0d5a0f6c7b21")  # the namespace of all ids; never change it
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def bundle(incidents: Iterable[IncidentRecord], *, base: str = "") -> str:
    """Return a bundle of incidents, their reports and techniques; `base` is the address of our own pages."""
    objects: dict[str, dict[str, Any]] = {}
    for incident in incidents:
        for made in _objects(incident, base):
            objects[made["id"]] = made
    found = {
        "type": "bundle",
        "id": _id("bundle", *sorted(objects)),
        "objects": [_producer(), *objects.values()],
    }
    return json.dumps(found, ensure_ascii=False, indent=1)


def incident_id(incident: IncidentRecord) -> str:
    """Return the STIX id of an incident."""
    return _id("incident", str(incident.id))


def _objects(incident: IncidentRecord, base: str) -> list[dict[str, Any]]:
    techniques = {one.id: one for one in incident.techniques}
    patterns = [_pattern(one) for one in techniques.values()]
    links = [_related(incident, pattern, techniques) for pattern in patterns]
    return [_incident(incident, base), _report(incident, [*patterns, *links], base), *patterns, *links]


def _incident(incident: IncidentRecord, base: str) -> dict[str, Any]:
    return {
        **_common("incident", incident_id(incident), incident.created_at, incident.updated_at),
        "name": incident.title,
        **({"description": incident.summary} if incident.summary else {}),
        "labels": sorted({*incident.topics, *_labels(incident)}) or ["incident"],
        "external_references": _references(incident, base),
    }


def _report(incident: IncidentRecord, others: list[dict[str, Any]], base: str) -> dict[str, Any]:
    return {
        **_common("report", _id("report", str(incident.id)), incident.created_at, incident.updated_at),
        "name": incident.title,
        "report_types": ["threat-report"],
        "published": _time(incident.first_report_at),
        "object_refs": [incident_id(incident), *(one["id"] for one in others)],
        "external_references": _references(incident, base),
    }


def _references(incident: IncidentRecord, base: str) -> list[dict[str, str]]:
    own = {"source_name": "incident-monitor", "external_id": str(incident.id)}
    own |= {"url": f"{base}/incidents/{incident.id}"} if base else {}
    merged = [{"source_name": "incident-monitor", "external_id": str(number)} for number in incident.gone]
    return [own, *merged, *(one for reference in incident.references for one in _reference(reference))]


def _reference(reference: Reference) -> list[dict[str, str]]:
    name = reference.publisher or "news"
    described = {"description": reference.title} if reference.title else {}
    found = [{"source_name": name, "url": uri(reference.url), **described}]
    if reference.archive_url:
        said = f"{reference.url} ({reference.archive_state})" if reference.archive_state else reference.url
        found.append({"source_name": "archive", "url": uri(reference.archive_url), "description": said})
    return found


def _pattern(technique: Technique) -> dict[str, Any]:
    return {
        **_common("attack-pattern", _id("attack-pattern", technique.id), BEGINNING, BEGINNING),
        "name": technique.name or technique.id,
        "external_references": [{"source_name": "DISARM", "external_id": technique.id}],
    }


def _related(
    incident: IncidentRecord, pattern: dict[str, Any], techniques: dict[str, Technique]
) -> dict[str, Any]:
    technique = techniques[pattern["external_references"][0]["external_id"]]
    identity = _id("relationship", str(incident.id), technique.id)
    return {
        **_common("relationship", identity, incident.created_at, incident.updated_at),
        "relationship_type": "related-to",
        "source_ref": incident_id(incident),
        "target_ref": pattern["id"],
        **({"description": technique.quote} if technique.quote else {}),
    }


def _producer() -> dict[str, Any]:
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": _id("identity", "producer"),
        "created": _time(BEGINNING),
        "modified": _time(BEGINNING),
        "name": "Incident monitor",
        "identity_class": "system",
    }


def _common(kind: str, identity: str, created: datetime, modified: datetime) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": identity,
        "created_by_ref": _id("identity", "producer"),
        "created": _time(created),
        "modified": _time(max(created, modified)),
    }


def _labels(incident: IncidentRecord) -> list[str]:
    found = []
    for _, question, value in incident.labels:
        values = value if isinstance(value, list) else [value]
        found += [f"{question}:{one['id'] if isinstance(one, dict) else one}" for one in values]
    return found


def _id(kind: str, *parts: str) -> str:
    return f"{kind}--{uuid.uuid5(OURS, '/'.join((kind, *parts)))}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
