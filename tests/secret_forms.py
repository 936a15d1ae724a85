"""What is a secret and what is none, as people write them.

Each secret is put together here from a prefix and letters that open nothing, so that no scanner takes this file for a
leak. A form is a text, and the part of it that must never be found anywhere.
"""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

# Letters and digits as a generator gives them: cut from these, so that the same form always is the same text.
MIXED = "q7ZkV2mXw9LrB4tYcN8sHd3JfGp6TeUaKx5QvRz1MnWbCyD0SgFjEhPiAoLuIq7ZkV2mXw9LrB4tYcN8sHd3JfGp6TeUaKx5QvRz1MnWbCyD0"
HEX = "9f3b27c41d8e6a05" * 8
BASE32 = "k4x7qz2mb5vt3wny6cphdjr4sgfelo7aiu2qk5x3zmw6btvyn4cp"
WORDLIKE = "hunter2-" + MIXED[:6]


class Secret(NamedTuple):
    """A text with a secret in it, and the secret."""

    text: str
    secret: str


def bare(prefix: str, rest: str) -> Secret:
    return Secret(prefix + rest, prefix + rest)


def within(before: str, secret: str, after: str = "") -> Secret:
    return Secret(before + secret + after, secret)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_KEY64 = MIXED[:76] + "+ASt" + MIXED[:5] + "Q=="
_JWT = ".".join(("eyJ" + MIXED[:30], "eyJ" + MIXED[3:50], MIXED[7:50]))
_PEM_BODY = "\n".join(MIXED[n : n + 64] for n in (0, 5, 11, 17))
_DASHES = "-" * 5
PEM = f"{_DASHES}BEGIN RSA PRIVATE KEY{_DASHES}\n{_PEM_BODY}\n{_DASHES}END RSA PRIVATE KEY{_DASHES}\n"

# Known wherever they stand, by their own shape.
TOKENS: dict[str, Secret] = {
    "GitHub token": bare("ghp_", MIXED[:36]),
    "GitHub OAuth token": bare("gho_", MIXED[1:37]),
    "GitHub app token": bare("ghs_", MIXED[2:38]),
    "GitHub fine-grained token": bare("github_pat_", MIXED[:22] + "_" + MIXED[:59]),
    "GitLab token": bare("glpat-", MIXED[:20]),
    "GitLab deploy token": bare("gldt-", MIXED[:20]),
    "Bitbucket app password": bare("ATBB", MIXED[:32]),
    "Atlassian token": bare("ATATT3", MIXED[:80]),
    "Azure DevOps token of 52": bare("", BASE32),
    "Azure DevOps token of 84": bare("", MIXED[:52] + "JQQJ99B" + "A" + MIXED[:12] + "AZDO" + MIXED[:8]),
    "Azure AI services key of 84": bare("", MIXED[4:56] + "JQQJ99B" + "B" + MIXED[:12] + "ACOG" + MIXED[:8]),
    "Azure Storage account key": bare("", _KEY64),
    "Cosmos DB key": bare("", MIXED[:76] + "ACDb" + MIXED[:5] + "A=="),
    "Service Bus key": bare("", MIXED[:33] + "+ASbC" + MIXED[:5] + "="),
    "Event Hubs key": bare("", MIXED[1:34] + "+AEhC" + MIXED[:5] + "="),
    "Redis key": bare("", MIXED[2:35] + "AzCaC" + MIXED[:5] + "="),
    "Functions key": bare("", MIXED[:44] + "AzFu" + MIXED[:5] + "Q=="),
    "search key": bare("", MIXED[:42] + "AzSeB" + MIXED[:5]),
    "registry key": bare("", MIXED[:42] + "+ACRB" + MIXED[:5]),
    "Entra client secret": bare("", MIXED[:3] + "8Q~" + MIXED[:20] + "~" + MIXED[:13]),
    "Databricks token": bare("dapi", HEX[:32]),
    "OpenAI key": bare("sk-", MIXED[:48]),
    "OpenAI project key": bare("sk-proj-", MIXED[:60]),
    "Anthropic key": bare("sk-ant-api03-", MIXED[:90]),
    "Hugging Face token": bare("hf_", MIXED[:34]),
    "NVIDIA key": bare("nvapi-", MIXED[:60]),
    "Groq key": bare("gsk_", MIXED[:52]),
    "Replicate token": bare("r8_", MIXED[:37]),
    "AWS access key": bare("AKIA", MIXED[:16].upper()),
    "Google API key": bare("AIza", MIXED[:35]),
    "Google OAuth token": bare("ya29.", MIXED[:60]),
    "Google client secret": bare("GOCSPX-", MIXED[:28]),
    "Slack bot token": bare("xoxb-", "123456789012-" + MIXED[:24]),
    "Slack user token": bare("xoxp-", "123456789012-" + MIXED[:24]),
    "Slack webhook": within("https://hooks.slack.com/services/", "T0123ABCD/B0123ABCD/" + MIXED[:24]),
    "Discord webhook": within("https://discord.com/api/webhooks/", "123456789012345678/" + MIXED[:40]),
    "Telegram bot token": bare("123456789:AA", MIXED[:33]),
    "Stripe key": bare("sk_live_", MIXED[:24]),
    "Stripe webhook secret": bare("whsec_", MIXED[:32]),
    "Twilio key": bare("SK", HEX[:32]),
    "SendGrid key": bare("SG.", MIXED[:22] + "." + MIXED[:43]),
    "Mailgun key": bare("key-", HEX[:32]),
    "npm token": bare("npm_", MIXED[:36]),
    "PyPI token": bare("pypi-AgEIcHlwaS5vcmc", MIXED[:60]),
    "NuGet key": bare("oy2", BASE32[:43]),
    "Docker Hub token": bare("dckr_pat_", MIXED[:27]),
    "Artifactory token": bare("AKCp", MIXED[:69]),
    "Mapbox token": bare("sk.eyJ", MIXED[:60] + "." + MIXED[:22]),
    "Vault token": bare("hvs.", MIXED[:90]),
    "DigitalOcean token": bare("dop_v1_", HEX[:64]),
    "Grafana token": bare("glsa_", MIXED[:32] + "_" + HEX[:8]),
    "Shopify token": bare("shpat_", HEX[:32]),
    "Hugging Face OAuth token": bare("hf_oauth_", MIXED[:40]),
    "Together key": bare("tgp_v1_", MIXED[:43]),
    "Cerebras key": bare("csk-", MIXED[:48]),
    "ElevenLabs key": bare("sk_", HEX[:48]),
    "Alibaba access key": bare("LTAI", MIXED[:20]),
    "Tencent access key": bare("AKID", MIXED[:32]),
    "SonarQube token": bare("sqp_", HEX[:40]),
    "Dynatrace token": bare("dt0c01.", MIXED[:24].upper() + "." + MIXED[:64].upper()),
    "CircleCI token": bare("CCIPAT_", MIXED[:22] + "_" + HEX[:40]),
    "Supabase key": bare("sb_secret_", MIXED[:31]),
    "HubSpot token": bare("pat-na1-", HEX[:8] + "-c41d-8e6a-9f3b-" + HEX[:12]),
    "Netlify token": bare("nfp_", MIXED[:36]),
    "JSON Web Token": bare("", _JWT),
    "PEM private key": Secret(PEM, MIXED[:64]),
    "PEM in one line": Secret(PEM.replace("\n", "\\n"), MIXED[:64]),
    "PEM with a passphrase": Secret(
        PEM.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1), MIXED[:64]
    ),
}

# Known wherever they stand, by what is written around them.
TEXTS: dict[str, Secret] = {
    "token of a Git URL": within("git+https://", MIXED[:40], "@github.com/o/r.git"),
    "user and token of a Git URL": within("git+https://oauth2:", WORDLIKE, "@gitlab.com/o/r.git@v1"),
    "token of a URL": within("https://", MIXED[:40], "@host.example/simple"),
    "token with an empty password": within("https://", MIXED[:40], ":@host.example/simple"),
    "password of a package index": within("--extra-index-url https://build:", WORDLIKE, "@host.example/simple"),
    "password with a slash": within("https://build:", "hun/" + WORDLIKE, "@host.example/simple"),
    "password with an at": within("amqp://app:", "hun@" + WORDLIKE, "@host.example/x"),
    "conda channel's token": within("https://conda.example/t/", "xy-" + MIXED[:30], "/team"),
    "signature of a storage URL": within(
        "https://a.blob.core.windows.net/c/m?sv=2023-01-03&sr=c&sig=", MIXED[:40] + "%3D"
    ),
    "presigned URL": within("https://b.s3.amazonaws.com/m?X-Amz-Signature=", HEX[:64]),
    "code of a function's URL": within("https://a.azurewebsites.net/api/f?code=", MIXED[:50] + "=="),
    "key in a query": within("https://host.example/v1?api_key=", MIXED[:24]),
    "bearer header": within("Authorization: Bearer ", MIXED[:40]),
    "basic header": within("Authorization: Basic ", _base64("user:" + WORDLIKE)),
    "shared key header": within("Authorization: SharedKey account:", MIXED[:43] + "="),
    "api-key header": within("api-key: ", HEX[:32]),
    "x-functions-key header": within("x-functions-key: ", MIXED[:40]),
    "subscription key header": within("Ocp-Apim-Subscription-Key: ", HEX[:32]),
    "GitLab header": within("PRIVATE-TOKEN: ", MIXED[:20]),
    "cookie": within("Cookie: session=", MIXED[:40]),
    "storage connection string": within(
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=", _KEY64, ";EndpointSuffix=core.windows.net"
    ),
    "Service Bus connection string": within(
        "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=", MIXED[:43] + "="
    ),
    "Cosmos connection string": within("AccountEndpoint=https://a.documents.azure.com/;AccountKey=", MIXED[:40]),
    "App Configuration connection string": within("Endpoint=https://a.azconfig.io;Id=ab;Secret=", MIXED[:44]),
    "SQL connection string": within("Server=tcp:a.database.windows.net;User ID=app;Password=", WORDLIKE, ";"),
    "ODBC connection string": within("Driver={ODBC Driver 18};Server=a;Uid=app;Pwd=", WORDLIKE, ";Encrypt=yes"),
    "JDBC URL": within("jdbc:sqlserver://a:1433;user=app;password=", WORDLIKE, ";encrypt=true"),
    "PostgreSQL URL": within("postgresql://app:", WORDLIKE, "@db.example/x"),
    "MongoDB URL": within("mongodb+srv://app:", WORDLIKE, "@cluster.example/x"),
    "Redis URL": within("rediss://:", WORDLIKE, "@cache.example:6380"),
    "AMQP URL": within("amqps://app:", WORDLIKE, "@queue.example/v"),
    "Snowflake URL": within("snowflake://app:", WORDLIKE, "@account/db"),
    "password in JSON": within('{"user": "app", "password": "', WORDLIKE + " x", '"}'),
    "password in JSON in JSON": within(json.dumps('{"password": "')[:-1], WORDLIKE, '\\"}"'),
    "passwords in a list": within('{"passwords": ["', WORDLIKE, '", "other"]}'),
    "API keys in a list": within("apiKeys: [", MIXED[:24], ", " + MIXED[2:26] + "]"),
    "environment file": within("export AWS_SECRET_ACCESS_KEY=", MIXED[:40]),
    "service account": within(
        '{"type": "service_account", "private_key_id": "x", "client_secret": "', MIXED[:24], '"}'
    ),
    "npmrc": within("//npm.example/:_authToken=", MIXED[:36]),
    "netrc": within("machine host.example login app password ", WORDLIKE),
    "Docker login": within('{"auths": {"a.azurecr.io": {"auth": "', _base64("app:" + WORDLIKE), '"}}}'),
    "kubeconfig": within("client-key-data: ", _base64("x" + MIXED)),
    "command line": within("az login --service-principal --password ", WORDLIKE),
    "docker login": within("docker login a.azurecr.io -u app -p ", WORDLIKE),
    "sshpass": within("sshpass -p ", WORDLIKE, " ssh host.example"),
    "basic header of letters": within("Authorization: Basic ", _base64("user:pass")),
    "curl": within("curl -u app:", MIXED[:24], " https://host.example"),
}

FORMS = TOKENS | TEXTS

# Known by the name they stand under: as environment variables, and as tags or properties.
NAMED: dict[str, str] = {
    "API_KEY": "x",
    "accountKey": "x1",
    "DB_PASSWORD": "hunter2",
    "DB_PASSWORDS": "hunter2",
    "dbpassword": "hunter",
    "PGPASSWORD": "hunter2",
    "CLIENT_SECRET": "hunter2",
    "SECRETS": "hunter2,hunter3",
    "AZURE_OPENAI_API_KEY": HEX[:32],
    "COGNITIVE_SERVICES_KEY_1": HEX[:32],
    "AWS_SECRET_ACCESS_KEY": MIXED[:40],
    "OPENAI_APIKEY": "hunter2",
    "STORAGE_KEY_PRIMARY": "hunter2",
    "SSH_PASSPHRASE": "hunter2",
    "STORAGE_SAS": "sv=2023",
    "SERVICE_CREDENTIALS": "hunter2",
    "WIFI_PASSCODE": "hunter2",
    "DB_PWD": "hunter2",
    "PROXY_AUTHORIZATION": "hunter2",
    "SESSION_COOKIE": "hunter2",
}
# Only as environment variables: a tag of such a name may say something else.
SETTINGS: dict[str, str] = {
    "MY_KEY": "hunter2",
    "GITHUB_TOKEN": "hunter2",
    "TOKEN": "abc",
    "FEED_PAT": "hunter2",
    "SMTP_PASS": "hunter2",
    "REDIS_PASS_2": "hunter2",
    "API_BEARER": "hunter2",
    "TWILIO_AUTH_TOKEN": HEX[:32],
    "DATABASE_CONNECTION_STRING": MIXED[:30],
}

# Environment variables that are taken.
HARMLESS: dict[str, str] = {
    "AZURE_KEY_VAULT_ENDPOINT": "https://team.vault.azure.net/",
    "KEY_VAULT_NAME": "team-vault-2",
    "KEYVAULT_URL": "https://team.vault.azure.net",
    "KV_SECRET_X": "openai-key@https://team.vault.azure.net",
    "OPENAI_KEY": "${{azureml://connections/openai/credentials/key}}",
    "DB_PASSWORD": "${{keyvault:https://team.vault.azure.net/secrets/db/1}}",
    "API_KEY": "${API_KEY}",
    "STORAGE_SAS": "",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": (
        "InstrumentationKey=3f0c9a2b-1d8e-4a05-9f3b-27c41d8e6a05;"
        "IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/"
    ),
    "APPINSIGHTS_INSTRUMENTATIONKEY": "instrumentation",
    "SQL_CONNECTION_STRING": "Server=tcp:a.database.windows.net;Authentication=Active Directory Managed Identity",
    "MAX_TOKENS": "4096",
    "MAX_NEW_TOKENS": "512",
    "TOKENS_PER_MINUTE": "120000",
    "TOKENIZER": "cl100k_base",
    "TOKENIZERS_PARALLELISM": "false",
    "PAD_TOKEN": "[PAD]",
    "STOP_TOKENS": "</s>",
    "TOKEN_LIMIT": "8k",
    "PARTITION_KEY": "customer_id",
    "SORT_KEY": "created2",
    "PRIMARY_KEY": "customer_id",
    "CACHE_KEY": "scores-v2",
    "FEATURE_KEYS": "income,age",
    "SECRET_NAME": "openai-key-2",
    "PASSWORD_FILE": "/run/secrets/db",
    "TOKEN_URL": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    "API_KEY_HEADER": "x-api-key",
    "USE_TOKEN_AUTH": "true",
    "MONKEY": "1",
    "S3_KEY": "models/2024/credit-risk.pkl",
    "BATCH_KEY": "batch_1",
    "PASS_RATE": "p95",
    "FORWARD_PASS": "fast2",
    "BYPASS": "n0rth",
    "KEYBOARD": "qwerty9",
    "COMPASS_DIRECTION": "n0rth-w3st",
    "PIP_INDEX_URL": "https://build:${FEED_TOKEN}@host.example/simple",
    "PIP_EXTRA_INDEX_URL": "https://host.example/simple",
    "AZUREML_MODEL_DIR": "/var/azureml-app/azureml-models/credit-risk/1",
    "AZURE_CLIENT_ID": "3f0c9a2b-1d8e-4a05-9f3b-27c41d8e6a05",
    "GIT_COMMIT": "9f3b27c41d8e6a059f3b27c41d8e6a059f3b27c4",
}

# Texts that are taken anywhere, and stay as they are in what is stored.
ORDINARY: tuple[str, ...] = (
    "git+https://github.com/o/r.git@v1.2.3",
    "git+ssh://git@github.com/o/r.git",
    "https://contoso@dev.azure.com/contoso/team/_git/repo",
    "https://build:${FEED_TOKEN}@pkgs.dev.azure.com/o/_packaging/f/pypi/simple/",
    "https://${USER}:${PASSWORD}@host.example/",
    "https://<user>:<token>@host.example/",
    "https://host.example:8443/a/b@c",
    "abfss://data2024x9@account.dfs.core.windows.net/models",
    "https://conda.anaconda.org/conda-forge",
    "https://host.example/t/training-data/v2",
    "password: ${DB_PASSWORD}",
    "the password is kept in Key Vault; token: expired",
    "tokens: 512, max_tokens=4096",
    '{"tokens": ["the", "quick", "fox"], "key": "value"}',
    "primary_key: customer_id",
    "KeyError: 'weights'",
    "Bearer authentication failed",
    "Authorization: Basic authentication",
    "sk_learn_pipeline_of_the_risk_team",
    "fw_features_of_last_year_2024",
    "docker login is done by the pipeline; login with -p is not",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sha512-" + _KEY64,
    "9f3b27c41d8e6a059f3b27c41d8e6a05",
    "3f0c9a2b-1d8e-4a05-9f3b-27c41d8e6a05",
    "azureml://datastores/workspaceblobstore/paths/models/credit-risk/3/",
    "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu-inference:20250101.v1",
    "InstrumentationKey=3f0c9a2b-1d8e-4a05-9f3b-27c41d8e6a05",
    "signature=float32[1,10]; design=1&assigned=2",
    "mail the team at risk-models@example.com",
    "sk-learn-serving-environment-for-credit-risk",
    "scikit-learn==1.5.2",
    "2024-01-01T00:00:00Z",
    "/subscriptions/3f0c9a2b-1d8e-4a05-9f3b-27c41d8e6a05/resourceGroups/x",
)
