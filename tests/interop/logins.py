"""How a client proves who it is, in the words of each client library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

_JAVA = "org.apache.kafka.common.security"


@attrs.frozen
class Login:
    """One way in; without any of it: plain text, and nobody asks."""

    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    username: str = ""
    password: str = attrs.field(default="", repr=False)
    bearer: Path | None = None  # a file that holds a token for OAUTHBEARER
    trusted: Path | None = None  # PEM
    certificate: Path | None = None  # PEM, with its key
    by_delegation_token: bool = False  # user name and password are a token's id and HMAC

    @property
    def _token(self) -> str:
        assert self.bearer is not None
        return self.bearer.read_text()

    def librdkafka(self) -> dict[str, object]:
        """For confluent-kafka."""
        found: dict[str, object] = {"security.protocol": self.protocol}
        if self.trusted is not None:
            found["ssl.ca.location"] = str(self.trusted)
        if self.certificate is not None:
            found |= {"ssl.certificate.location": str(self.certificate)}
            found |= {"ssl.key.location": str(self.certificate)}
        if self.mechanism is not None:
            found["sasl.mechanism"] = self.mechanism
            if self.mechanism == "OAUTHBEARER":
                far_away_s = 4_000_000_000.0
                found["oauth_cb"] = lambda _: (self._token, far_away_s)
            else:
                found |= {"sasl.username": self.username, "sasl.password": self.password}
        return found

    def kafka_python(self) -> dict[str, object]:
        """For kafka-python."""
        found: dict[str, object] = {"security_protocol": self.protocol}
        if self.trusted is not None:
            found["ssl_cafile"] = str(self.trusted)
        if self.certificate is not None:
            found |= {"ssl_certfile": str(self.certificate), "ssl_keyfile": str(self.certificate)}
        if self.mechanism is not None:
            found["sasl_mechanism"] = self.mechanism
            if self.mechanism == "OAUTHBEARER":
                found["sasl_oauth_token_provider"] = _kafka_python_provider(self._token)
            else:
                found |= {"sasl_plain_username": self.username, "sasl_plain_password": self.password}
        return found

    def aiokafka(self) -> dict[str, object]:
        """For aiokafka."""
        from aiokafka.helpers import create_ssl_context

        found: dict[str, object] = {"security_protocol": self.protocol}
        if self.protocol.endswith("SSL"):
            found["ssl_context"] = create_ssl_context(
                cafile=self.trusted, certfile=self.certificate, keyfile=self.certificate
            )
        if self.mechanism is not None:
            found["sasl_mechanism"] = self.mechanism
            if self.mechanism == "OAUTHBEARER":
                found["sasl_oauth_token_provider"] = _aiokafka_provider(self._token)
            else:
                found |= {"sasl_plain_username": self.username, "sasl_plain_password": self.password}
        return found

    def java(self) -> dict[str, str]:
        """For Java's clients."""
        found = {"security.protocol": self.protocol}
        if self.trusted is not None:
            found |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(self.trusted)}
        if self.certificate is not None:
            found |= {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(self.certificate)}
        if self.mechanism is not None:
            found |= {"sasl.mechanism": self.mechanism} | self._java_mechanism()
        return found

    def _java_mechanism(self) -> dict[str, str]:
        if self.mechanism == "OAUTHBEARER":
            assert self.bearer is not None
            return {
                "sasl.jaas.config": f"{_JAVA}.oauthbearer.OAuthBearerLoginModule required;",
                "sasl.login.callback.handler.class": f"{_JAVA}.oauthbearer.OAuthBearerLoginCallbackHandler",
                "sasl.oauthbearer.token.endpoint.url": self.bearer.as_uri(),
            }
        module = "plain.PlainLoginModule" if self.mechanism == "PLAIN" else "scram.ScramLoginModule"
        more = ' tokenauth="true"' if self.by_delegation_token else ""
        user = f'username="{self.username}" password="{self.password}"'
        return {"sasl.jaas.config": f"{_JAVA}.{module} required {user}{more};"}


OPEN = Login()


def _kafka_python_provider(token: str) -> Any:
    from kafka.net.sasl.oauth import AbstractTokenProvider

    class Given(AbstractTokenProvider):  # type: ignore[misc]
        def token(self) -> str:
            return token

    return Given()


def _aiokafka_provider(token: str) -> Any:
    from aiokafka.abc import AbstractTokenProvider

    class Given(AbstractTokenProvider):  # type: ignore[misc]
        async def token(self) -> str:
            return token

    return Given()
