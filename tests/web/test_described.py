"""The API keeps what its OpenAPI document says, whatever it is asked: no fault of ours, no undocumented answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.serving import Site, served

EXAMPLES = 4  # of each operation
ENDLESS = "/api/v1/stream"


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    with served(tmp_path, sqlite_template) as site:
        yield site


@pytest.mark.timeout(180)
def test_every_operation_answers_as_it_is_described(site: Site) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    accepted = (
        schemathesis.checks.positive_data_acceptance
    )  # ids and words exist or not, whatever their shape
    schema = schemathesis.openapi.from_url(f"{site.address}/api/openapi.json")
    wrong, asked = [], 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == ENDLESS:
            continue
        asked += 1
        try:
            _ask(operation, accepted)
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - all of them are told at the end
            wrong.append(f"{operation.label}: {error}"[:1500])
    assert asked > 50
    assert not wrong, "\n\n".join(wrong)


def _ask(operation: Any, excluded: object) -> None:
    import hypothesis

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(timeout=20, excluded_checks=[excluded])

    ask()
