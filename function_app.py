"""Slipway's index: every trigger, orchestration and activity, registered by name.

The names are stored in the histories of running deployments: renaming one breaks them.
"""

from __future__ import annotations

import azure.durable_functions as df
import azure.functions as func

from activities import access, assets, deployments, endpoints, models, planning, smoke_test
from orchestrations import deploy, react, run
from triggers import events, http

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)

for method, route, function in (
    ("POST", "deployments", http.post_deployment),
    ("GET", "deployments", http.list_deployments),
    ("GET", "deployments/{id}", http.get_deployment),
    ("GET", "events", http.list_events),
):
    started = app.durable_client_input(client_name="client")(function)
    app.function_name(function.__name__)(app.route(route=route, methods=[method])(started))

app.route(route="plans", methods=["POST"])(http.post_plan)
app.route(route="openapi.json", methods=["GET"])(http.get_openapi)
app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)(http.get_health)

app.event_grid_trigger(arg_name="event")(app.durable_client_input(client_name="client")(events.on_model_registered))

for orchestration in (deploy.deploy, run.watch, react.react_to_registration):
    app.orchestration_trigger(context_name="context")(orchestration)

for activity in (
    planning.plan_deployment,
    models.register_model,
    models.find_newest_version,
    assets.register_assets,
    access.grant_roles,
    access.revoke_roles,
    endpoints.ensure_endpoint,
    endpoints.endpoint_provisioned,
    endpoints.read_traffic,
    endpoints.shift_traffic,
    endpoints.traffic_provisioned,
    endpoints.delete_endpoint,
    endpoints.endpoint_deleted,
    deployments.begin_deployment,
    deployments.deployment_provisioned,
    deployments.delete_deployment,
    deployments.deployment_deleted,
    deployments.read_back,
    smoke_test.smoke_test,
):
    app.activity_trigger(input_name="payload")(activity)
