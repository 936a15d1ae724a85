"""Secrets that are known by their own shape: the tokens and keys of well-known services.

Each row is a name, what the secret looks like, the small letters of which one must stand in the text for a look to be
worth it, and where the shape was published. A repeat without an end stands only at the very end of a pattern, every
other one is bounded: so a search takes time in proportion to the text (a test reads the patterns' structure).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

# Azure's own, from the rules that Microsoft publishes for its scanners; others from those of gitleaks or by vendors.
_MICROSOFT = "microsoft/security-utilities: "
_GITLEAKS = "gitleaks/gitleaks, config/gitleaks.toml: "


@dataclass(frozen=True)
class Kind:
    """One kind of secret: all that matches after the group `kept`, where there is one, is the secret."""

    name: str
    expression: str
    hints: tuple[str, ...]
    source: str
    # Whether that text, though it matches, is no secret: a reference, a placeholder, an ordinary word.
    harmless: Callable[[str], bool] | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What it looks like; most workers never meet a text that is worth compiling it for."""
        return re.compile(self.expression)

    def worth_looking(self, lowered: str) -> bool:
        """Whether this kind can stand in a text, given in small letters."""
        for hint in self.hints:  # faster than any(): most kinds have one hint, and every text is asked for each
            if hint in lowered:
                return True
        return not self.hints

    def secret_of(self, match: re.Match[str]) -> tuple[str, str]:
        """What is kept of a match, and what is the secret in it; the second is empty for a harmless one."""
        whole = match.group()
        kept = match["kept"] if "kept" in self.pattern.groupindex else ""
        secret = whole[len(kept) :]
        return kept, "" if self.harmless and self.harmless(secret) else secret


# Not in the middle of a word; but `%3A` of a quoted URL ends none.
_START = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))"


def kind(name: str, pattern: str, hints: str, source: str, harmless: Callable[[str], bool] | None = None) -> Kind:
    """A row of a table: its hints are written with spaces between them."""
    return Kind(name, pattern, tuple(hints.split()), source, harmless)


def _no_jwt(text: str) -> bool:
    parts = text.split(".")
    return len(parts) < 2 or min(map(len, parts[:2])) < 8


def _monotonous(text: str) -> bool:
    return len(set(text)) < 12 or not re.search("[0-9]", text)


TOKENS: tuple[Kind, ...] = (
    # Microsoft and Azure
    kind("an Azure key", r"[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9]{26,}", "jqqj9", _MICROSOFT + "SEC101/200"),
    kind("an Azure messaging or cache key",
         r"[A-Za-z0-9+/]{33}(?:\+ASb|\+AEh|\+ARm|AIoT|AzCa|AZEG)[A-P][A-Za-z0-9+/]{5}=",
         "+asb +aeh +arm aiot azca azeg", _MICROSOFT + "SEC101/154, 171-173, 178, 199"),
    kind("an Azure account key", r"(?<![A-Za-z0-9+/])(?<!sha512-)[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])", "==",
         _MICROSOFT + "SEC101/104-106, 152, 160, 163, 170, 181 (64 bytes in base64)"),
    kind("an Azure Functions key", r"[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{5}[AQgw]==", "azfu",
         _MICROSOFT + "SEC101/158"),
    kind("an Azure search or registry key", r"[A-Za-z0-9+/]{42}(?:AzSe|\+ACR)[A-D][A-Za-z0-9+/]{5}", "azse +acr",
         _MICROSOFT + "SEC101/166, 167, 176"),
    kind("an Entra client secret", r"(?<![A-Za-z0-9_~.+/-])[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,}", "q~",
         _MICROSOFT + "SEC101/156"),
    kind("an Azure DevOps token", r"(?<![A-Za-z0-9])[a-z2-7]{52}(?![A-Za-z0-9])", "", _MICROSOFT + "SEC101/102",
         _monotonous),
    kind("a Databricks token", _START + r"dapi[0-9a-f]{32}", "dapi", _MICROSOFT + "SEC101/110"),
    # Code and packages
    kind("a GitHub token", r"gh[opsur]_[A-Za-z0-9]{30,}", "ghp_ gho_ ghs_ ghu_ ghr_",
         "docs.github.com: token formats"),
    kind("a GitHub token", r"github_pat_[A-Za-z0-9_]{40,}", "github_pat_", "docs.github.com: token formats"),
    kind("a GitLab token", r"gl(?:pat|ptt|rt|dt|cbt|ft|soat|oas|agent|imt|ffct)-[A-Za-z0-9_.-]{20,}",
         "glpat- glptt- glrt- gldt- glcbt- glft- glsoat- gloas- glagent- glimt- glffct-",
         "docs.gitlab.com: token prefixes"),
    kind("an Atlassian token", _START + r"AT(?:ATT3|CTT3|BB)[A-Za-z0-9_=-]{24,}", "atatt3 atctt3 atbb",
         "developer.atlassian.com: token formats"),
    kind("an npm token", _START + r"npm_[A-Za-z0-9]{36,}", "npm_", _MICROSOFT + "SEC101/050"),
    kind("a PyPI token", r"pypi-Ag[A-Za-z0-9_-]{40,}", "pypi-ag", _GITLEAKS + "pypi-upload-token"),
    kind("a NuGet key", _START + r"oy2[a-z2-7]{43}(?![a-z0-9])", "oy2", _MICROSOFT + "SEC101/031"),
    kind("a RubyGems key", r"rubygems_[0-9a-f]{48}", "rubygems_", _GITLEAKS + "rubygems-api-token"),
    kind("a Docker Hub token", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}", "dckr_pat_ dckr_oat_",
         "docs.docker.com: access tokens"),
    kind("an Artifactory token", _START + r"(?:AKCp[A-Za-z0-9]{60,}|cmVmd[A-Za-z0-9]{59,})", "akcp cmvmd",
         _GITLEAKS + "artifactory-api-key, artifactory-reference-token"),
    # Models
    kind("an API key of OpenAI's, Anthropic's or a like service",
         _START + r"sk-(?:(?:proj|svcacct|admin|None|ant|or|lf)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,})", "sk-",
         _GITLEAKS + "openai-api-key, anthropic-api-key"),
    kind("a Hugging Face token", _START + r"(?:hf_(?:oauth_)?|api_org_)[A-Za-z0-9]{30,}", "hf_ api_org_",
         _GITLEAKS + "huggingface-access-token"),
    kind("an API key of a model service",
         _START + r"(?:nvapi-|gsk_|r8_|pplx-|xai-|pcsk_|lsv2_(?:pt|sk)_|tvly-|jina_|wandb_v1_)[A-Za-z0-9_-]{28,}",
         "nvapi- gsk_ r8_ pplx- xai- pcsk_ lsv2_ tvly- jina_ wandb_v1_", "the vendors' documents of their keys"),
    kind("an API key of a model service",
         _START + r"(?:tgp_v1_[A-Za-z0-9_-]{30}|(?:csk-|llx-|fw_|sk_|pnu_)[A-Za-z0-9]{22})[A-Za-z0-9_-]*",
         "tgp_v1_ csk- llx- fw_ sk_ pnu_", "Together, Cerebras, LlamaIndex, Fireworks, ElevenLabs, Prefect",
         _monotonous),
    # Other clouds
    kind("an AWS access key", _START + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])", "akia asia abia acca",
         "docs.aws.amazon.com: IAM identifiers"),
    kind("an Alibaba or Tencent Cloud access key",
         _START + r"(?:LTAI[A-Za-z0-9]{12,20}|AKID[A-Za-z0-9]{32})(?![A-Za-z0-9])", "ltai akid",
         _GITLEAKS + "alibaba-access-key-id; cloud.tencent.com: access keys"),
    kind("an Amazon Bedrock key", _START + r"ABSK[A-Za-z0-9+/]{100,}", "absk",
         _GITLEAKS + "aws-amazon-bedrock-api-key"),
    kind("a Google API key", _START + r"AIza[A-Za-z0-9_-]{35,}", "aiza", _GITLEAKS + "gcp-api-key"),
    kind("a Google OAuth token or secret", _START + r"(?:ya29\.|GOCSPX-|1//0)[A-Za-z0-9_-]{20,}", "ya29. gocspx- 1//0",
         "developers.google.com: OAuth 2.0 tokens"),
    kind("a token of DigitalOcean, Vault, Pulumi, Doppler, Heroku or Fly",
         _START + r"(?:do[opr]_v1_|hv[sbr]\.|pul-|dp\.(?:pt|st|ct|sa|scim)\.|HRKU-|fm[12][ar]?_|fo1_)"
         r"[A-Za-z0-9_/+-]{36,}",
         "do_v1_ dop_v1_ doo_v1_ dor_v1_ hvs. hvb. hvr. pul- dp. hrku- fm1 fm2 fo1_",
         _GITLEAKS + "the rules of these names"),
    kind("a Terraform token", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}", ".atlasv1.",
         _GITLEAKS + "hashicorp-tf-api-token"),
    # Services
    kind("a Slack token", r"(?:xox[abeoprs]-|xapp-[0-9]-)[A-Za-z0-9.-]{10,}", "xox xapp-",
         "api.slack.com: token types"),
    kind("a webhook's address", r"(?P<kept>hooks\.slack\.com/(?:services|workflows|triggers)/"
         r"|\.webhook\.office\.com/webhookb2/"
         r"|discord(?:app)?\.com/api/webhooks/)[A-Za-z0-9+/@_-]{20,}",
         "hooks.slack.com/ .webhook.office.com/ /api/webhooks/",
         _GITLEAKS + "slack-webhook-url, microsoft-teams-webhook"),
    kind("a Telegram bot token", _START + r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33,}", ":aa", "core.telegram.org: bots"),
    kind("a Stripe key", _START + r"(?:[sr]k_(?:live|test|prod)_|whsec_)[A-Za-z0-9+/=]{10,}",
         "k_live_ k_test_ k_prod_ whsec_",
         "docs.stripe.com: API keys"),
    kind("a Twilio key", _START + r"SK[0-9a-f]{32}(?![A-Za-z0-9])", "sk", _GITLEAKS + "twilio-api-key"),
    kind("a SendGrid key", _START + r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,}", "sg.",
         _GITLEAKS + "sendgrid-api-token"),
    kind("a Mailgun or Mailchimp key", _START + r"(?:key-[0-9a-f]{32}|[0-9a-f]{32}-us[0-9]{1,2})(?![A-Za-z0-9])",
         "key- -us",
         "the vendors' documents of their keys"),
    kind("a Mapbox token", _START + r"[st]k\.eyJ[A-Za-z0-9_.-]{20,}", "k.eyj", "docs.mapbox.com: access tokens"),
    kind("a token of Grafana, Sentry, New Relic, Notion, Linear, Postman, Shopify or PlanetScale",
         _START + r"(?:gl(?:c|sa)_|sntry[su]_|NRAK-|ntn_|lin_api_|PMAK-|shp(?:at|ca|pa|ss)_|pscale_(?:tkn|oauth|pw)_)"
         r"[A-Za-z0-9_+/=.-]{24,}", "glc_ glsa_ sntry nrak- ntn_ lin_api_ pmak- shp pscale_",
         _GITLEAKS + "the rules of these names"),
    kind("a token of Buildkite, CircleCI, Dynatrace, ReadMe, SonarQube, Sourcegraph, Square or Typeform",
         _START + r"(?:bkua_|CCIPAT_|dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.|rdme_|sq[apu]_|sgp_|sq0[a-z]{3}-|tfp_)"
         r"[A-Za-z0-9_-]{20,}", "bkua_ ccipat_ dt0 rdme_ sqa_ sqp_ squ_ sgp_ sq0 tfp_",
         _GITLEAKS + "the rules of these names"),
    kind("a token of Brevo, Contentful, Figma, HubSpot, Netlify or Supabase",
         _START + r"(?:xkeysib-|CFPAT-|figd_|pat-(?:na|eu)[0-9]-|nfp_|sbp_|sb_secret_)[A-Za-z0-9_-]{30,}",
         "xkeysib- cfpat- figd_ pat-na pat-eu nfp_ sbp_ sb_secret_", "the vendors' documents of their tokens"),
    kind("a 1Password, age or OpenShift secret", r"(?:ops_eyJ|AGE-SECRET-KEY-1|sha256~)[A-Za-z0-9_+/=-]{40,}",
         "ops_eyj age-secret-key-1 sha256~", _GITLEAKS + "the rules of these names"),
    # Of no single service
    kind("a JSON Web Token", r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_.=-]{17,}", "eyj", "RFC 7519", _no_jwt),
    kind("a private key", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
         r"(?:(?:\\[nr]|\s){1,4}[A-Z][A-Za-z-]{1,30}: [^\r\n\\]{0,200}){0,4}[^-]*", "private key", "RFC 7468, 9580"),
    kind("a private key", r"PuTTY-User-Key-File-[0-9]:[\x00-\U0010ffff]*", "putty-user-key-file-",
         "PuTTY: PPK file format"),
)  # fmt: skip
