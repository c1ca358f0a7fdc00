"""How a broker proves to ZooKeeper who it is: TLS with a certificate, SASL, or the scheme digest."""

from __future__ import annotations

import ssl
from typing import NoReturn

from zkbroker.config import BrokerConfig, ConfigError, Secret
from zkbroker.config.security_checks import store_kind_of, zookeeper_login_module
from zkbroker.zookeeper.client import Credentials


def zookeeper_credentials(config: BrokerConfig) -> Credentials:
    """Read and check what the `zookeeper.*` keys name. Raises: ConfigError."""
    module = zookeeper_login_module(config)
    sasl = None
    if module is not None:
        sasl = {
            "mechanism": "DIGEST-MD5",
            "username": module.options["username"],
            "password": module.options["password"],
        }
    digest = config.zookeeper_digest
    return Credentials(
        auth=() if digest is None else (("digest", digest.text),),
        sasl=sasl,
        tls=_context(config) if config.zookeeper_ssl_client_enable else None,
    )


def _context(config: BrokerConfig) -> ssl.SSLContext:
    from zkbroker.security.stores import (  # cryptography: for those who need it
        StoreProblem,
        StoreSource,
        load_into,
        read_key_store,
        read_trust_store,
        trust,
    )
    from zkbroker.security.tls import limit_ciphers, limit_versions

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    key = ""
    try:
        key = "zookeeper.ssl.enabled.protocols"
        limit_versions(
            context, config.zookeeper_ssl_enabled_protocols or (config.zookeeper_ssl_protocol, "TLSv1.3")
        )
        key = "zookeeper.ssl.cipher.suites"
        limit_ciphers(context, config.zookeeper_ssl_cipher_suites or ())
        location, password = config.zookeeper_ssl_keystore_location, config.zookeeper_ssl_keystore_password
        if location is not None:
            key = "zookeeper.ssl.keystore.location"
            kind = store_kind_of(location, config.zookeeper_ssl_keystore_type)
            source = StoreSource(kind, location, _text(password), key_password=_text(password))
            load_into(context, read_key_store(source))
        location = config.zookeeper_ssl_truststore_location
        if location is None:
            context.load_default_certs()
        else:
            key = "zookeeper.ssl.truststore.location"
            kind = store_kind_of(location, config.zookeeper_ssl_truststore_type)
            trust(
                context,
                read_trust_store(
                    StoreSource(kind, location, _text(config.zookeeper_ssl_truststore_password))
                ),
            )
    except StoreProblem as problem:
        _refuse(config, key, str(problem))
    identification = config.zookeeper_ssl_endpoint_identification_algorithm
    context.check_hostname = identification.upper() == "HTTPS"
    return context


def _text(secret: Secret | None) -> str | None:
    return None if secret is None else secret.text


def _refuse(config: BrokerConfig, key: str, allowed: str) -> NoReturn:
    raise ConfigError(key, config.text_of(key), allowed, config.origin_of(key))
