"""The local Event Grid: model registrations reach their subscribers, at least once and in no order."""

from local.cloud.eventgrid.broker import EventGrid, HandshakeFailed
from local.cloud.eventgrid.delivery import DeliveryRecord
from local.cloud.eventgrid.events import MODEL_REGISTERED
from local.cloud.eventgrid.filters import Advanced, EventFilter
from local.cloud.eventgrid.subscriptions import Subscription

__all__ = [
    "MODEL_REGISTERED",
    "Advanced",
    "DeliveryRecord",
    "EventFilter",
    "EventGrid",
    "HandshakeFailed",
    "Subscription",
]
