"""Webhooks: addresses that are told what happens, signed and tried again, with a log of deliveries."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field, HttpUrl

from monitor.adapters.store.webhooks import Delivery, Webhook
from monitor.web.api.queue import Body
from monitor.web.cursors import Cursor, Limit, decode, encode
from monitor.web.doors import Admin, Here
from monitor.web.problems import Refusal
from monitor.web.shapes import BIGGEST, IncidentId

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
Kind = Literal["incident.new", "article.queued", "label.given", "incident.changed"]


class WebhookBody(Body):
    """Who is to be told of what."""

    url: HttpUrl
    kinds: list[Kind] = Field([], max_length=10, description="empty: everything")


class SwitchBody(Body):
    """Whether the webhook is left alone."""

    disabled: bool


@dataclass(frozen=True)
class NewWebhook:
    """A webhook with the secret of its signatures; it is shown this once."""

    id: int
    secret: str


@dataclass(frozen=True)
class DeliveryPage:
    """Deliveries, newest first."""

    deliveries: tuple[Delivery, ...]
    next: str | None


@router.get("")
async def webhooks(context: Here, _admin: Admin) -> list[Webhook]:
    """List webhooks."""
    return await context.stores.webhooks.all()


@router.post("", status_code=201)
async def add(context: Here, _admin: Admin, body: WebhookBody) -> NewWebhook:
    """Note a webhook; it hears of what happens from now on."""
    number, secret = await context.stores.webhooks.add(str(body.url), body.kinds, now=context.clock.now())
    return NewWebhook(number, secret)


@router.put("/{webhook_id}", status_code=204)
async def switch(context: Here, _admin: Admin, webhook_id: IncidentId, body: SwitchBody) -> None:
    """Stop telling a webhook, or go on with it."""
    if not await context.stores.webhooks.disable(webhook_id, disabled=body.disabled):
        raise Refusal(404, "unknown-webhook", f"there is no webhook {webhook_id}")


@router.delete("/{webhook_id}", status_code=204)
async def remove(context: Here, _admin: Admin, webhook_id: IncidentId) -> None:
    """Forget a webhook and its deliveries."""
    if not await context.stores.webhooks.remove(webhook_id):
        raise Refusal(404, "unknown-webhook", f"there is no webhook {webhook_id}")


@router.get("/deliveries")
async def deliveries(
    context: Here,
    _admin: Admin,
    webhook_id: Annotated[int | None, Query(ge=1, le=BIGGEST)] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> DeliveryPage:
    """Return what was sent where, what came of it, and when it is tried again."""
    position = decode(cursor)
    found = await context.stores.webhooks.log(
        webhook_id, limit=limit + 1, before=position[0] if position else None
    )
    more = encode(found[limit - 1].id) if len(found) > limit else None
    return DeliveryPage(tuple(found[:limit]), more)


@router.post("/deliveries/{delivery_id}/again", status_code=204)
async def again(context: Here, _admin: Admin, delivery_id: IncidentId) -> None:
    """Send a delivery once more."""
    if not await context.stores.webhooks.again(delivery_id, now=context.clock.now()):
        raise Refusal(404, "unknown-delivery", f"there is no delivery {delivery_id}")
