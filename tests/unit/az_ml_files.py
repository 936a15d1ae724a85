"""`az ml` files of our own making, for the comparison with azure-ai-ml's loader: such as it takes, and broken ones.

Written as YAML, as people write it: each a change of a small file, or a file of its own. Paths start in the folder
`cli/endpoints` of a project like that of Azure's own examples.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

GUID = "00000000-0000-0000-0000-000000000001"
WORKSPACE = f"/subscriptions/{GUID}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/team"
IDENTITY = f"/subscriptions/{GUID}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/scorer"
SCHEMAS = "https://azuremlschemas.azureedge.net/latest"

# What lies around the files.
PROJECT = {
    "cli/model-1/model/sklearn.pkl": "weights",
    "cli/model-1/onlinescoring/score.py": "def init(): ...\n\n\ndef run(raw): return raw\n",
    "cli/model-1/onlinescoring/nested/other.score.py": "def init(): ...\n\n\ndef run(raw): return raw\n",
    "cli/model-1/environment/conda.yaml": "name: model-env\ndependencies: [python=3.11, {pip: [scikit-learn]}]\n",
    "cli/model-1/docker/Dockerfile": "FROM scratch\n",
    "cli/model-1/docker/gpu.dockerfile": "FROM scratch\n",
    "cli/model-1/onlinescoring/plumber.R": "#* @post /score\nfunction(req) { req$body }\n",
    "cli/endpoints/score.py": "def init(): ...\n\n\ndef run(raw): return raw\n",
    "cli/endpoints/environment.yml": "name: shared\nversion: 2\nimage: docker.io/team/base:1\n",
}


class File(NamedTuple):
    """One file: which loader it is for, and what it says."""

    kind: str
    text: str


ENDPOINT = """
$schema: {schemas}/managedOnlineEndpoint.schema.json
name: my-endpoint
auth_mode: key
""".replace("{schemas}", SCHEMAS)
KUBERNETES_ENDPOINT = """
$schema: {schemas}/kubernetesOnlineEndpoint.schema.json
name: my-endpoint
compute: azureml:k8s-compute
auth_mode: key
""".replace("{schemas}", SCHEMAS)
DEPLOYMENT = (
    """
$schema: {schemas}/managedOnlineDeployment.schema.json
name: blue
endpoint_name: my-endpoint
model: azureml:credit-model:1
code_configuration: {{code: ../model-1/onlinescoring/, scoring_script: score.py}}
environment: azureml:serving:1
instance_type: Standard_DS3_v2
instance_count: 1
""".replace("{schemas}", SCHEMAS)
    .replace("{{", "{")
    .replace("}}", "}")
)
KUBERNETES_DEPLOYMENT = (
    """
$schema: {schemas}/kubernetesOnlineDeployment.schema.json
name: blue
type: kubernetes
endpoint_name: my-endpoint
model: azureml:credit-model:1
code_configuration: {{code: ../model-1/onlinescoring/, scoring_script: score.py}}
environment: azureml:serving:1
""".replace("{schemas}", SCHEMAS)
    .replace("{{", "{")
    .replace("}}", "}")
)
MODEL = f"""
$schema: {SCHEMAS}/model.schema.json
name: credit-model
path: ../model-1/model/
"""
ENVIRONMENT = f"""
$schema: {SCHEMAS}/environment.schema.json
name: serving
image: mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu-inference:latest
"""
KINDS = {
    "endpoint": ("endpoint", ENDPOINT),
    "k8s-endpoint": ("endpoint", KUBERNETES_ENDPOINT),
    "deployment": ("deployment", DEPLOYMENT),
    "k8s-deployment": ("deployment", KUBERNETES_DEPLOYMENT),
    "model": ("model", MODEL),
    "environment": ("environment", ENVIRONMENT),
}

# By kind: what is written besides, or instead.
TAKEN: dict[str, list[str]] = {
    "endpoint": [
        "{}",
        "auth_mode: Key",
        "auth_mode: aml_token",
        "auth_mode: AMLToken",
        "auth_mode: AADToken",
        "auth_mode: AAD_TOKEN",
        "name: My-Endpoint-2",
        "description: scores credit, ünïcode too",
        "tags: {team: risk, year: 2026, ready: true, share: 0.5}",
        "tags: {day: 2026-11-26}",
        "properties: {enforce_access_to_default_secret_stores: enabled, note: 1}",
        "traffic: {blue: 100}",
        "traffic: {blue: '90', Green: 10}",
        "traffic: {}",
        "traffic: {blue: 0}",
        "{traffic: {green: 100}, mirror_traffic: {blue: 10}}",
        "mirror_traffic: {blue: '50'}",
        "public_network_access: enabled",
        "public_network_access: Disabled",
        "identity: {type: system_assigned}",
        "identity: {type: SystemAssigned, principal_id: p, tenant_id: t}",
        f"identity: {{type: user_assigned, user_assigned_identities: [{{resource_id: {IDENTITY}}}]}}",
        f"identity: {{type: UserAssigned, user_assigned_identities: [{{resource_id: {IDENTITY}, client_id: c}}]}}",
        (
            "{id: /x, kind: Managed, provisioning_state: Succeeded, location: eastus,"
            " scoring_uri: 'https://my-endpoint.eastus.inference.ml.azure.com/score', openapi_uri: 'https://x/swagger.json'}"
        ),
    ],
    "k8s-endpoint": [
        "{}",
        f"compute: azureml:{WORKSPACE}/computes/k8s-compute",
        "{tags: {a: b}, description: on our cluster, properties: {a: b}}",
        "{traffic: {blue: 100}, identity: {type: system_assigned}}",
        "{provisioning_state: Succeeded, mirror_traffic: {blue: 20}, traffic: {green: 100}}",
    ],
    "deployment": [
        "{}",
        # Models, in every form.
        "model: azureml:credit-model@latest",
        "model: azureml:credit-model",
        f"model: azureml:{WORKSPACE}/models/credit-model/versions/1",
        "model: azureml://registries/azureml/models/credit-model/versions/3",
        "model: azureml://registries/team-registry/models/credit-model/labels/latest",
        "model: {path: ../model-1/model/}",
        "model: {name: credit-model, version: 7, path: ../model-1/model/sklearn.pkl, type: custom_model}",
        "model: {name: credit-model, version: 1.0, path: ../model-1/model, type: MLFLOW_MODEL}",
        "model: {name: credit-model, path: ../model-1/model, tags: {a: 1}, properties: {a: 1}}",
        # Environments, in every form.
        "environment: azureml:serving@latest",
        "environment: azureml:serving",
        f"environment: azureml:{WORKSPACE}/environments/serving/versions/2",
        "environment: azureml://registries/azureml/environments/sklearn-1.5/versions/3",
        "environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        "environment: {image: 'team.azurecr.io/serving:V1.2-RC'}",
        "environment: {image: 'team.azurecr.io:443/a/b@sha256:" + "0a" * 32 + "'}",
        "environment: {image: docker.io/team/base:1, conda_file: ../model-1/environment/conda.yaml}",
        "environment: {image: docker.io/team/base:1, conda_file: {name: c, dependencies: [python=3.11]}}",
        (
            "environment: {name: serving, version: 2, description: d, tags: {a: b}, image: docker.io/team/base:1,"
            " os_type: Linux}"
        ),
        "environment: {build: {path: ../model-1/docker}}",
        "environment: {name: built, build: {path: ../model-1/docker, dockerfile_path: gpu.dockerfile}}",
        "environment: file:./environment.yml",
        (
            "{environment: {image: docker.io/tensorflow/serving:2.16, inference_config: {"
            "liveness_route: {port: 8501, path: /v1/models/half_plus_two}, readiness_route: {port: '8501', path: /},"
            " scoring_route: {port: 8501, path: '/v1/models/half_plus_two:predict'}}}}"
        ),
        # Code.
        "code_configuration: {code: ., scoring_script: ./score.py}",
        "code_configuration: {code: ../model-1/onlinescoring, scoring_script: nested/other.score.py}",
        "code_configuration: {code: 'azureml:scoring-code:1', scoring_script: score.py}",
        f"code_configuration: {{code: 'azureml:{WORKSPACE}/codes/scoring-code/versions/1', scoring_script: score.py}}",
        f"code_configuration: {{code: {WORKSPACE}/codes/scoring-code/versions/1, scoring_script: score.py}}",
        (
            "{code_configuration: {code: ../model-1/onlinescoring, scoring_script: plumber.R}, environment: {"
            "image: docker.io/rocker/plumber:1, inference_config: {liveness_route: {port: 8000, path: /live},"
            " readiness_route: {port: 8000, path: /ready}, scoring_route: {port: 8000, path: /score}}}}"
        ),
        # Everything else.
        "environment_variables: {WORKERS: 4, DEBUG: true, RATE: 0.5, EMPTY: '', NAME: x}",
        (
            "environment_variables: {API: '${{azureml://connections/aoai/credentials/key}}',"
            " BASE: '${{azureml://connections/aoai/target}}', SECRET: '${{keyvault:https://team.vault.azure.net/secrets/s}}'}"
        ),
        "instance_count: '3'",
        "instance_count: 2.0",
        "app_insights_enabled: true",
        "app_insights_enabled: 'yes'",
        "app_insights_enabled: 0",
        "type: managed",
        "type: MANAGED",
        "{egress_public_network_access: disabled, private_network_connection: false}",
        "egress_public_network_access: Enabled",
        "scale_settings: {type: default}",
        "scale_settings: {type: Default}",
        "model_mount_path: /var/models/mine",
        "{description: the first one, tags: {a: 1}, properties: {a: b}}",
        "request_settings: {request_timeout_ms: 9000, max_concurrent_requests_per_instance: '9', max_queue_wait_ms: 0}",
        "liveness_probe: {period: 10, initial_delay: '30', timeout: 2, success_threshold: 1, failure_threshold: 30}",
        "readiness_probe: {period: 10, initial_delay: 0, timeout: 2, success_threshold: 1, failure_threshold: 30}",
        "data_collector: {collections: {model_inputs: {enabled: 'True'}, model_outputs: {enabled: 'false'}}}",
        (
            "data_collector: {sampling_rate: 0.5, rolling_rate: Hour, request_logging: {capture_headers: [x-id]},"
            " collections: {request: {enabled: 'true', client_id: c, data: {name: requests, version: '2',"
            " path: 'azureml://datastores/workspaceblobstore/paths/collected', data_id: d}}}}"
        ),
        "data_collector: {sampling_rate: '1', collections: {response: {enabled: 'TRUE', data: 'azureml:responses:1'}}}",
        "{id: /x, provisioning_state: Succeeded, creation_context: {created_by: me}}",
        "{name: Blue-2, endpoint_name: My-Endpoint}",
    ],
    "k8s-deployment": [
        "{}",
        "instance_type: defaultinstancetype",
        "instance_type: my-gpu.large",
        "resources: {requests: {cpu: '0.1', memory: 1Gi, gpu: '0'}, limits: {memory: 1Gi, nvidia.com/gpu: '1'}}",
        "resources: {limits: {gpu: '2', cpu: '1'}}",
        (
            "scale_settings: {type: target_utilization, min_instances: 1, max_instances: '3', polling_interval: 10,"
            " target_utilization_percentage: 70}"
        ),
        "scale_settings: {type: TargetUtilization, max_instances: 3}",
        "scale_settings: {type: default}",
        (
            "{app_insights_enabled: true, instance_count: 2, request_settings: {request_timeout_ms: 300000},"
            " data_collector: {collections: {model_inputs: {enabled: 'true'}}}}"
        ),
        "{liveness_probe: {period: 5}, readiness_probe: {period: 5}, model_mount_path: /m}",
    ],
    "model": [
        "{}",
        "version: 3",
        "version: 1.10",
        "version: '2024-01'",
        "type: Custom_Model",
        "{type: mlflow_model, flavors: {python_function: {loader_module: mlflow.sklearn, python_version: 3.11}}}",
        "type: TRITON_MODEL",
        "{description: d, tags: {a: 1}, properties: {azureml.promptflow.flow: x, number: 3}, stage: Production}",
        "path: azureml://datastores/workspaceblobstore/paths/models/credit/",
        "path: azureml://jobs/brave-lion/outputs/artifacts/paths/model/",
        "path: runs:/0123/model",
        f"path: azureml://locations/eastus/workspaces/{GUID}/models/credit/versions/1",
        "{datastore: workspaceblobstore, system_metadata: {a: b}}",
        (
            "{default_deployment_template: {asset_id: 'azureml://registries/r/deploymenttemplates/t/versions/1'},"
            " allowed_deployment_templates: [{asset_id: 'azureml://registries/r/deploymenttemplates/t/versions/1'}]}"
        ),
        (
            "{id: 'azureml:x:1', creation_context: {created_by: me}, job_name: j, latest_version: '2',"
            " utc_time_created: '2024-01-01T00:00:00', intellectual_property: {publisher: p}}"
        ),
    ],
    "environment": [
        "{}",
        "version: 4",
        "conda_file: ../model-1/environment/conda.yaml",
        "conda_file: {dependencies: [python=3.11]}",
        "{description: d, tags: {a: b}, os_type: linux, datastore: workspaceblobstore}",
        "os_type: Windows",
        (
            "{inference_config: {liveness_route: {port: 1, path: /a}, readiness_route: {port: 2, path: /b},"
            " scoring_route: {port: 3, path: /c}}}"
        ),
        (
            "{id: 'azureml:serving:1', creation_context: {created_by: me}, latest_version: '2', auto_delete_setting:"
            " {condition: CREATED_GREATER_THAN, value: 30d}, intellectual_property: {publisher: p}}"
        ),
    ],
}


def file_of(kind: str, change: str) -> File:
    """The file of that kind with these fields besides or instead; one whose field is `~~` has it not."""
    loader, text = KINDS[kind]
    body: dict[str, Any] = {**yaml.safe_load(text), **yaml.safe_load(change)}
    body = {name: value for name, value in body.items() if value != "~~"}
    return File(loader, yaml.safe_dump(body, sort_keys=False, allow_unicode=True))


# Everything that a model or an environment can say, where it is written in the deployment.
_MODEL = """
model:
  $schema: x
  id: azureml:credit-model:1
  name: credit-model
  version: 2
  type: mlflow_model
  path: ../model-1/model
  description: d
  properties: {a: b}
  tags: {a: b}
  stage: Production
  utc_time_created: '2024-01-01T00:00:00'
  flavors: {sklearn: {sklearn_version: '1'}}
  creation_context: {created_by: me}
  job_name: j
  latest_version: '2'
  datastore: workspaceblobstore
  intellectual_property: {publisher: p}
  system_metadata: {a: b}
  default_deployment_template: {asset_id: a}
  allowed_deployment_templates: [{asset_id: a}]
"""
_ENVIRONMENT = """
environment:
  $schema: x
  id: azureml:serving:1
  name: serving
  version: 2
  description: d
  tags: {a: b}
  creation_context: {created_by: me}
  latest_version: '2'
  auto_delete_setting: {condition: created_greater_than, value: 30d}
  inference_config:
    liveness_route: {port: 1, path: /a}
    readiness_route: {port: 1, path: /a}
    scoring_route: {port: 1, path: /a}
  os_type: linux
  datastore: workspaceblobstore
  intellectual_property: {publisher: p}
"""


def _without(field: str) -> str:
    return "\n".join(line for line in DEPLOYMENT.splitlines() if not line.startswith(f"{field}:")) + "\n"


FILES: dict[str, File] = {
    f"{kind} {change}": file_of(kind, change) for kind, changes in TAKEN.items() for change in changes
} | {
    "environment from a Dockerfile": File(
        "environment", "name: built\nbuild: {path: ../model-1/docker, dockerfile_path: gpu.dockerfile}\n"
    ),
    "environment from an address": File(
        "environment", "name: built\nbuild: {path: 'https://github.com/team/context'}\n"
    ),
    "everything of a model inline": File("deployment", _without("model") + _MODEL),
    "everything of an image inline": File(
        "deployment", _without("environment") + _ENVIRONMENT + "  image: docker.io/a/b:1\n  conda_file: {name: c}\n"
    ),
    "everything of a build inline": File(
        "deployment",
        _without("environment") + _ENVIRONMENT + "  build: {path: ../model-1/docker, dockerfile_path: Dockerfile}\n",
    ),
    "a script's own schema": File(
        "deployment",
        _without("code_configuration") + "code_configuration: {$schema: x, code: ., scoring_script: score.py}\n",
    ),
    "anchors": File("deployment", DEPLOYMENT + "tags: &both {a: b}\nproperties: *both\n"),
    "merged": File(
        "deployment", DEPLOYMENT + "liveness_probe: &probe {period: 10}\nreadiness_probe: {<<: *probe, timeout: 2}\n"
    ),
    "without a schema": File("endpoint", "name: my-endpoint\n"),
    "no model": File("deployment", DEPLOYMENT.replace("model: azureml:credit-model:1\n", "")),
    "no code": File(
        "deployment", "name: blue\nendpoint_name: my-endpoint\nmodel: azureml:m:1\ninstance_type: Standard_DS3_v2\n"
    ),
}


class Broken(NamedTuple):
    """A file that is refused: where in it, and a word of what is said."""

    kind: str
    change: str
    place: str
    word: str


BROKEN = [
    Broken("endpoint", "name: ~~", "name", "add this field"),
    Broken("endpoint", "name: 5", "name", "text"),
    Broken("endpoint", "name: 1st-endpoint", "name", "starting with a letter"),
    Broken("endpoint", "name: my_endpoint", "name", "dashes"),
    Broken("endpoint", "name: <endpoint-name>", "name", "letters"),
    Broken("endpoint", "auth_mode: password", "auth_mode", "aml_token"),
    Broken("endpoint", "auth_mod: key", "auth_mod", "auth_mod"),
    Broken("endpoint", "auth_mode: [key]", "auth_mode", "aml_token"),
    Broken("endpoint", "description: 5", "description", "text"),
    Broken("endpoint", "description: null", "description", "leave it out"),
    Broken("endpoint", "tags: [a]", "tags", "mapping"),
    Broken("endpoint", "properties: text", "properties", "mapping"),
    Broken("endpoint", "traffic: {blue: 60, green: 60}", "traffic", "100"),
    Broken("endpoint", "traffic: {blue: all}", "traffic.blue", "whole number"),
    Broken("endpoint", "mirror_traffic: {blue: half}", "mirror_traffic.blue", "whole number"),
    Broken("endpoint", "public_network_access: sometimes", "public_network_access", "disabled"),
    Broken("endpoint", "identity: {type: somebody}", "identity.type", "user_assigned"),
    Broken("endpoint", "identity: system_assigned", "identity", "mapping"),
    Broken("endpoint", "identity: {type: user_assigned, user_assigned_identities: {a: b}}",
           "identity.user_assigned_identities", "list"),
    Broken("endpoint", "instances: 2", "instances", "no such field"),
    Broken("k8s-endpoint", "compute: k8s-compute", "compute", "azureml:"),
    Broken("k8s-endpoint", "public_network_access: enabled", "public_network_access", "managed"),
    Broken("deployment", "name: ~~", "name", "add this field"),
    Broken("deployment", "name: [blue]", "name", "text"),
    Broken("deployment", "instance_type: ~~", "instance_type", "virtual machine size"),
    Broken("deployment", "instance_type: 4", "instance_type", "text"),
    Broken("deployment", "instance_count: many", "instance_count", "whole number"),
    Broken("deployment", "instance_count: true", "instance_count", "whole number"),
    Broken("deployment", "instance_count: [1]", "instance_count", "whole number"),
    Broken("deployment", "app_insights_enabled: perhaps", "app_insights_enabled", "true or false"),
    Broken("deployment", "model: credit-model:1", "model", "azureml:"),
    Broken("deployment", "model: ./model", "model", "azureml:"),
    Broken("deployment", "model: {path: 5}", "model.path", "text"),
    Broken("deployment", "model: {paht: ./model}", "model.paht", "path"),
    Broken("deployment", "model: {path: ../model-1/model, type: onnx_model}", "model.type", "mlflow_model"),
    Broken("deployment", "environment: serving:1", "environment", "azureml:"),
    Broken("deployment", "environment: {image: 5}", "environment.image", "text"),
    Broken("deployment", "environment: {image: a.io/b:1, conda_file: ./nowhere.yaml}", "environment.conda_file",
           "nowhere.yaml"),
    Broken("deployment", "environment: {build: {path: ./nowhere}}", "environment.build.path", "nowhere"),
    Broken("deployment", "environment: {image: a.io/b:1, os_type: plan9}", "environment.os_type", "linux"),
    Broken("deployment", "environment: {image: a.io/b:1, inference_config: {liveness_route: {port: 1, path: /}}}",
           "environment.inference_config.readiness_route", "add this field"),
    Broken("deployment", "environment: {image: a.io/b:1, channels: [defaults]}", "environment.channels", "no such"),
    Broken("deployment", "environment: file:./nowhere.yml", "environment", "nowhere.yml"),
    Broken("deployment", "code_configuration: ./src", "code_configuration", "mapping"),
    Broken("deployment", "code_configuration: {code: ., scoring: score.py}", "code_configuration.scoring", "no such"),
    Broken("deployment", "environment_variables: [A]", "environment_variables", "mapping"),
    Broken("deployment", "type: batch", "type", "kubernetes"),
    Broken("deployment", "egress_public_network_access: maybe", "egress_public_network_access", "disabled"),
    Broken("deployment", "resources: {requests: {cpu: '1'}}", "resources", "kubernetes"),
    Broken("deployment", "scale_settings: {type: manual}", "scale_settings.type", "default"),
    Broken("deployment", "scale_settings: {min_instances: 1}", "scale_settings.type", "add this field"),
    Broken("deployment", "request_settings: {request_timeout: 5}", "request_settings.request_timeout", "no such"),
    Broken("deployment", "liveness_probe: {period: soon}", "liveness_probe.period", "whole number"),
    Broken("deployment", "readiness_probe: {path: /}", "readiness_probe.path", "no such"),
    Broken("deployment", "data_collector: {collections: {a: {}}}", "data_collector.collections.a.enabled", "add this"),
    Broken("deployment", "data_collector: {sampling_rate: 2, collections: {a: {enabled: 'true'}}}",
           "data_collector.sampling_rate", "at most 1"),
    Broken("deployment", "data_collector: {rolling_rate: year, collections: {a: {enabled: 'true'}}}",
           "data_collector.rolling_rate", "hour"),
    Broken("deployment", "private_network_connection: perhaps", "private_network_connection", "true or false"),
    Broken("k8s-deployment", "egress_public_network_access: disabled", "egress_public_network_access", "managed"),
    Broken("k8s-deployment", "environment: azureml://registries/azureml/environments/a/versions/1", "environment",
           "registry"),
    Broken("k8s-deployment", "resources: {requests: {cpu: 1}}", "resources.requests.cpu", "text"),
    Broken("k8s-deployment", "scale_settings: {type: target_utilization, max_instances: few}",
           "scale_settings.max_instances", "whole number"),
    Broken("model", "name: ~~", "name", "add this field"),
    Broken("model", "type: onnx_model", "type", "triton_model"),
    Broken("model", "version: [1]", "version", "text"),
    Broken("model", "files: x", "files", "no such field"),
    Broken("environment", "name: ~~", "name", "add this field"),
    Broken("environment", "conda_file: ./nowhere.yaml", "conda_file", "nowhere.yaml"),
    Broken("environment", "os_type: plan9", "os_type", "linux"),
    Broken("environment", "inference_config: {scoring_route: {path: /}}", "inference_config.scoring_route.port", "add"),
    Broken("environment", "{channels: [a], dependencies: [b]}", "channels", "no such field"),
]  # fmt: skip
