"""From an admitted deployment to one that serves: permission, files, a real process, and how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from local.cloud.machinelearning import image_logs
from local.cloud.machinelearning.injection import inject
from local.cloud.machinelearning.operations import Operations
from local.cloud.machinelearning.records import Deployment, Endpoint, Operation
from local.cloud.machinelearning.startup_rights import missing_permission
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.unpacking import Unpacking
from local.cloud.serving import ServingProcess, ServingSpec, Sharing, StartupProblem, launch
from local.cloud.shared import World

logger = logging.getLogger(__name__)


class Provisioning:
    """Brings deployments up and takes their processes down."""

    def __init__(self, world: World, state: WorkspaceState, operations: Operations) -> None:
        self._world = world
        self._state = state
        self._operations = operations
        self._unpacking = Unpacking(world, state)
        self._sharing = Sharing()

    def begin(self, endpoint: Endpoint, deployment: Deployment) -> None:
        """Have the deployment started when its operation has run for the startup time."""
        if deployment.starting:  # left from an attempt that failed
            self._world.identities.detach([deployment.identity_headers.pop(id(deployment.starting))])
            self._world.schedule.at(self._world.clock.now(), deployment.starting.stop)
            deployment.starting = None
        start = partial(self._start_up, endpoint, deployment, deployment.operation)
        self._world.schedule.at(deployment.operation.started + self._world.durations.deployment_startup, start)

    def resume(self) -> None:
        """Serve again what was served, and begin anew with what was starting, when the local Azure has restarted."""
        with self._state.lock:
            for endpoint in self._state.endpoints.values():
                for deployment in endpoint.deployments.values():
                    self._world.identities.detach(deployment.identity_headers.values())
                    deployment.identity_headers.clear()
                    if deployment.state in ("Creating", "Updating"):
                        self.begin(endpoint, deployment)
                    elif deployment.state == "Succeeded":
                        again = partial(self._serve_again, endpoint, deployment)
                        self._world.schedule.at(self._world.clock.now(), again)

    def _serve_again(self, endpoint: Endpoint, deployment: Deployment) -> None:
        # Its operation has ended: nothing of what the process reports is Azure's to tell.
        problem = self._started(endpoint, deployment, deployment.operation)
        with self._state.lock:
            deployment.process, deployment.starting = deployment.starting, None
        if problem is not None:
            logger.error("deployment %s is not served again: %s", deployment.name, problem.message)

    def stop(self, deployment: Deployment) -> None:
        """End the deployment's processes; returns at once."""
        for process in self.take(deployment):
            self._world.schedule.at(self._world.clock.now(), process.stop)

    def take(self, deployment: Deployment) -> list[ServingProcess]:
        """Take the deployment's processes from it, without their identity, for the caller to stop."""
        processes = [one for one in (deployment.process, deployment.starting) if one]
        deployment.process = deployment.starting = None
        self._world.identities.detach(deployment.identity_headers.values())
        deployment.identity_headers.clear()
        return processes

    def _start_up(self, endpoint: Endpoint, deployment: Deployment, operation: Operation) -> None:
        try:
            problem = missing_permission(self._world.authorization, endpoint)
            problem = problem or self._started(endpoint, deployment, operation)
        except Exception as error:
            # An operation that never ends would lock its endpoint for good.
            logger.exception("the local Azure could not start deployment %s", deployment.name)
            message = f"The local Azure could not start this deployment: {error!r}"
            problem = StartupProblem("InternalServerError", message)
        if problem is not None:
            with self._state.lock:
                self._failed(deployment, operation, problem)

    def _started(self, endpoint: Endpoint, deployment: Deployment, operation: Operation) -> StartupProblem | None:
        spec = self._unpacking.spec(endpoint, deployment)
        if isinstance(spec, ServingSpec):
            spec = inject(spec, endpoint, self._state, self._world)
        if not isinstance(spec, ServingSpec):
            return spec
        self._launch(endpoint, deployment, operation, spec)
        return None

    def _launch(self, endpoint: Endpoint, deployment: Deployment, operation: Operation, spec: ServingSpec) -> None:
        header = self._world.identities.attach(endpoint.identities)
        whole = replace(spec, process_environment=_with_older_names(self._world.environment_behind(header)))
        with self._state.lock:
            if not self._state.current(endpoint, deployment):
                self._world.identities.detach([header])
                return
            report = partial(self._reported, endpoint, deployment, operation)
            world = self._world
            launching = self._sharing.launch if self._state.shares_processes else launch
            deployment.starting = launching(whole, world.clock, world.containers, report, world.durations)
            deployment.identity_headers[id(deployment.starting)] = header

    def _reported(
        self, endpoint: Endpoint, deployment: Deployment, operation: Operation, process: ServingProcess
    ) -> None:
        """The process is up for the first time, or has failed to come up."""
        with self._state.lock:
            if operation.status != "Updating" or not self._state.current(endpoint, deployment):
                return
            deployment.notes = process.notes
            place = image_logs.keep(self._world.blobs, process)
            durations = self._world.durations
            begun = operation.started + durations.deployment_startup + process.takes
            if process.failure:
                problem = image_logs.located(process.failure, place)
                self._at(begun, partial(self._failed_later, endpoint, deployment, operation, problem))
                return
            ready = max(operation.started + durations.deployment_create + process.built_for, begun)
            self._world.schedule.at(ready, partial(self._succeeded, endpoint, deployment, operation))

    def _at(self, moment: datetime, work: Callable[[], None]) -> None:
        """Do `work` at `moment`, which may be now."""
        if moment <= self._world.clock.now():
            work()
        else:
            self._world.schedule.at(moment, work)

    def _failed_later(
        self, endpoint: Endpoint, deployment: Deployment, operation: Operation, problem: StartupProblem
    ) -> None:
        with self._state.lock:
            if operation.status == "Updating" and self._state.current(endpoint, deployment):
                self._failed(deployment, operation, problem)

    def _succeeded(self, endpoint: Endpoint, deployment: Deployment, operation: Operation) -> None:
        with self._state.lock:
            if operation.status != "Updating" or not self._state.current(endpoint, deployment):
                return
            replaced, deployment.process, deployment.starting = deployment.process, deployment.starting, None
            deployment.state = "Succeeded"
            self._operations.end(operation)
            if replaced:
                self._world.identities.detach([deployment.identity_headers.pop(id(replaced))])
                self._world.schedule.at(self._world.clock.now(), replaced.stop)

    def _failed(self, deployment: Deployment, operation: Operation, problem: StartupProblem) -> None:
        deployment.state = "Failed"
        if deployment.starting:
            deployment.log = deployment.starting.log()
        self._operations.end(operation, error=f"{problem.code}: {problem.message}")


def _with_older_names(variables: dict[str, str]) -> dict[str, str]:
    """Scoring containers are told of their identity by the older names as well: Azure's own examples read those."""
    return {**variables, "MSI_ENDPOINT": variables["IDENTITY_ENDPOINT"], "MSI_SECRET": variables["IDENTITY_HEADER"]}
