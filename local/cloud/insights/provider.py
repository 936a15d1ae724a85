"""Microsoft.Insights put together, beside diagnostic settings: metrics, and what acts on them."""

from __future__ import annotations

from local.clock import Clock
from local.cloud.arm.call import Answer, Call, Handler
from local.cloud.arm.route import ArmRoute
from local.cloud.insights.alerts import MetricAlerts
from local.cloud.insights.autoscale import Autoscale
from local.cloud.insights.catalogue import emitter_of
from local.cloud.insights.meter import Meter
from local.cloud.insights.metrics import Metrics
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.serving.answered import Answered


class Insights:
    """What was seen of the endpoints' traffic, and what became of it."""

    def __init__(self, state: WorkspaceState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self.meter = Meter(clock)
        self.autoscale = Autoscale(state, self.meter)
        self.alerts = MetricAlerts(state, self.meter)
        self._metrics = Metrics(state, self.meter)

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        return [*self.autoscale.routes(), *self.alerts.routes(), *self._metrics.routes()]

    def forget(self) -> None:
        """Nothing is set, and nothing was seen."""
        with self._state.lock:
            self.autoscale.forget()
            self.alerts.forget()
            self.meter.forget()

    def catch_up(self) -> None:
        """Have autoscale and alerts done what they do by now; whoever looks at anything comes by here first."""
        with self._state.lock:
            self.autoscale.catch_up(self._clock.now())
            self.alerts.catch_up(self._clock.now())

    def looked_at_first(self, handler: Handler) -> Handler:
        """The handler, for a world in which autoscale has done what it does by now."""

        def handled(call: Call) -> Answer:
            self.catch_up()
            return handler(call)

        return handled

    def seen(self, endpoint: str, request: Answered) -> None:
        """A request was answered; one to an endpoint that is not there is nobody's."""
        self.catch_up()
        if self._state.endpoint(endpoint):
            self.meter.seen(endpoint, request)

    def tell(self, resource_id: str, metric_name: str, value: float) -> None:
        """Give a metric that cannot be seen here a value for this minute. Raises ValueError for another one."""
        emitter = emitter_of(resource_id)
        metric = emitter.metric(metric_name) if emitter else None
        if emitter is None or metric is None or metric.seen:
            raise ValueError(f"{metric_name} of {resource_id} is no metric, or one that is measured here")
        self.catch_up()
        self.meter.tell(emitter, metric, value)
