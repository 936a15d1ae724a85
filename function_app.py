"""Slipway's index: every trigger, orchestration and activity, registered by name.

The names are stored in the histories of running deployments: renaming one breaks them.
"""

# ruff: noqa: E402 - what comes before the imports is about them

from __future__ import annotations

import gc

# What is made from here to the end stays: to look for garbage among it is an eighth of a cold start.
gc.disable()

import azure.durable_functions as df
import azure.functions as func

from activities.planning import plan_deployment
from activities.registry import OTHERS, RESOURCES, all_activities
from activities.retiring import plan_retirement
from activities.teardown import plan_teardown
from azure_api.quiet import quiet_libraries
from orchestrations.runbooks import CHILDREN, ENTITIES, RUNBOOKS
from settings import findings_schedule
from triggers import claims, ends, events, expiring, guard, http, later, removing, stored_orders, superseding, waking
from triggers.endpoint_routes import look_for_findings
from triggers.start_checks import check_decoding, check_names

check_decoding()
quiet_libraries()

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)

for route in http.ROUTES:
    function = app.durable_client_input(client_name="client")(route.function) if route.needs_client else route.function
    level = func.AuthLevel.ANONYMOUS if route.anonymous else func.AuthLevel.FUNCTION
    named = app.function_name(route.function.__name__)
    named(app.route(route=route.path, methods=route.methods, auth_level=level)(function))

app.event_grid_trigger(arg_name="event")(app.durable_client_input(client_name="client")(events.on_model_registered))

guarding = app.durable_client_input(client_name="client")(guard.guard)
app.timer_trigger(arg_name="timer", schedule=guard.SCHEDULE)(guarding)
# Policies change with a deployment of the app, and then it starts; to look once more than needed does no harm.
deciding = app.durable_client_input(client_name="client")(events.policies_changed)
app.timer_trigger(arg_name="timer", schedule=events.DECIDED_AGAIN, run_on_startup=True)(deciding)

# Each look reads all endpoints: an operator says how often that is worth it.
if findings_schedule():
    looking = app.durable_client_input(client_name="client")(look_for_findings)
    app.timer_trigger(arg_name="timer", schedule=findings_schedule())(looking)

orchestrations = (*(runbook.orchestration for runbook in RUNBOOKS), *CHILDREN)
for orchestration in orchestrations:
    app.orchestration_trigger(context_name="context")(orchestration)

for entity in ENTITIES:
    app.entity_trigger(context_name="context")(entity)

# Those that ask the task hub.
asking = (
    claims.find_claim,
    ends.deployment_ended,
    stored_orders.find_order,
    waking.wake,
    later.start_operation,
    superseding.find_superseded,
    expiring.find_expiry,
    removing.plan_removal,
)
for asks in asking:
    app.activity_trigger(input_name="payload")(app.durable_client_input(client_name="client")(asks))

activities = all_activities(plan_deployment, plan_teardown, plan_retirement)
for activity in activities:
    app.activity_trigger(input_name="payload")(activity)

check_names(RUNBOOKS, (*RESOURCES, *OTHERS), orchestrations, (*activities, *asking))

# Once: who loads the app again has garbage of the one before.
if not gc.get_freeze_count():
    gc.freeze()
gc.enable()
