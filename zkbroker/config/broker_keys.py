"""The table of broker keys: every key of Kafka 3.9, with its type, default, limits and treatment. [pure]

One row a key, in Kafka's areas. A row marked `tuning` is accepted with one warning that says why it has no
effect here; a row marked `refused` stops the start, because ignoring it would let somebody in, drop a check
or change what is stored. All other rows are served.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from zkbroker.config.keys import (
    LARGEST,
    LONGEST,
    Key,
    Kind,
    Refusal,
    Update,
    boolean,
    class_name,
    decimal,
    integer,
    long,
    names,
    optional_integer,
    optional_names,
    optional_text,
    password,
    resolved,
    short,
    text,
)
from zkbroker.config.protocol_version import ProtocolVersion
from zkbroker.config.value_checks import (
    NO_JAVA,
    PRINCIPAL_BUILDER,
    authorizer_problem,
    broker_version_problem,
    gzip_level_problem,
    principal_builder_problem,
    rebalance_protocols_problem,
    required_acks_problem,
    selector_problem,
    server_callback_problem,
    version_problem,
)
from zkbroker.model import Endpoint, SecurityProtocol

CLUSTER_WIDE: Final = Update.CLUSTER_WIDE
PER_BROKER: Final = Update.PER_BROKER

# Why a tuning key has no effect.
KRAFT: Final = "it belongs to KRaft mode"
ONE_LOOP: Final = "one event loop does the work of Kafka's thread pools"
NO_PURGATORY: Final = "waiting requests are tasks, there is no purgatory to purge"
NEW_GROUPS: Final = "it belongs to the new consumer protocol, which ZooKeeper mode does not have"
SHARE_GROUPS: Final = "it belongs to share groups, which ZooKeeper mode does not have"
TIERED: Final = "it belongs to tiered storage"
METRICS: Final = "metrics are not kept by Kafka's metrics library"
KERBEROS: Final = "it belongs to Kerberos (GSSAPI), which is not served"
JAVA_TLS: Final = "it chooses among Java's security libraries"
TOKEN_CLIENT: Final = "it belongs to Java's client of a token endpoint"

DEFAULT_QUEUED_BYTES: Final = 256 * 1024 * 1024
COMPRESSION_TYPES: Final = ("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")
CLEANUP_POLICIES: Final = ("compact", "delete")
TIMESTAMP_TYPES: Final = ("CreateTime", "LogAppendTime")


class BrokerKeys:
    """The rows. An instance's attributes are the values; see BrokerConfig."""

    # Identity and start
    broker_id = integer(-1)
    node_id = integer(-1)
    broker_id_generation_enable = boolean(True)
    reserved_broker_max_id = integer(1000, at_least=0)
    broker_rack = optional_text()
    background_threads = integer(10, at_least=1, update=CLUSTER_WIDE, tuning=ONE_LOOP)
    inter_broker_protocol_version: Key[ProtocolVersion] = resolved(
        Kind.STRING, "3.9-IV0", check=broker_version_problem
    )
    controlled_shutdown_enable = boolean(True)
    controlled_shutdown_max_retries = integer(3)
    controlled_shutdown_retry_backoff_ms = long(5000)
    server_max_startup_time_ms = long(LONGEST, at_least=0, internal=True, tuning=KRAFT)
    security_providers = optional_text(
        refused=Refusal("Java security providers cannot be loaded here; remove it", unless=("",))
    )
    config_providers = names(
        refused=Refusal(
            "values such as ${file:…} would be taken literally; "
            "write the values themselves or pass KAFKA_… environment variables",
            unless=((),),
        )
    )

    # ZooKeeper
    zookeeper_connect: Key[str] = resolved(Kind.STRING, None)
    zookeeper_session_timeout_ms = integer(18000)
    zookeeper_connection_timeout_ms: Key[int] = resolved(Kind.INT, None)
    zookeeper_set_acl = boolean(False)
    zookeeper_max_in_flight_requests = integer(10, at_least=1, tuning="requests to ZooKeeper are pipelined")
    zookeeper_ssl_client_enable = boolean(False)
    zookeeper_clientCnxnSocket = optional_text(tuning="it chooses a Java class")
    zookeeper_ssl_keystore_location = optional_text()
    zookeeper_ssl_keystore_password = password()
    zookeeper_ssl_keystore_type = optional_text()
    zookeeper_ssl_truststore_location = optional_text()
    zookeeper_ssl_truststore_password = password()
    zookeeper_ssl_truststore_type = optional_text()
    zookeeper_ssl_protocol = text("TLSv1.2")
    zookeeper_ssl_enabled_protocols = optional_names()
    zookeeper_ssl_cipher_suites = optional_names()
    zookeeper_ssl_endpoint_identification_algorithm = text("HTTPS")
    zookeeper_ssl_crl_enable = boolean(
        False,
        refused=Refusal("certificate revocation lists are not checked here; remove it", unless=(False,)),
    )
    zookeeper_ssl_ocsp_enable = boolean(
        False, refused=Refusal("OCSP is not asked here; remove it", unless=(False,))
    )

    zookeeper_sasl_jaas_config = password()
    zookeeper_digest = password()

    # Listeners and connections
    listeners: Key[tuple[Endpoint, ...]] = resolved(Kind.STRING, "PLAINTEXT://:9092", update=PER_BROKER)
    advertised_listeners: Key[tuple[Endpoint, ...]] = resolved(Kind.STRING, None, update=PER_BROKER)
    listener_security_protocol_map: Key[Mapping[str, SecurityProtocol]] = resolved(
        Kind.STRING,
        "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
        update=PER_BROKER,
    )
    inter_broker_listener_name: Key[str] = resolved(Kind.STRING, None)
    security_inter_broker_protocol = text("PLAINTEXT", one_of=tuple(p.name for p in SecurityProtocol))
    control_plane_listener_name: Key[str | None] = resolved(Kind.STRING, None)
    socket_listen_backlog_size = integer(50, at_least=1)
    socket_send_buffer_bytes = integer(102400)
    socket_receive_buffer_bytes = integer(102400)
    socket_request_max_bytes = integer(104857600, at_least=1)
    socket_connection_setup_timeout_ms = long(10000)
    socket_connection_setup_timeout_max_ms = long(30000)
    max_connections = integer(LARGEST, at_least=0, update=CLUSTER_WIDE)
    max_connections_per_ip = integer(LARGEST, at_least=0, update=CLUSTER_WIDE)
    max_connections_per_ip_overrides: Key[Mapping[str, int]] = resolved(Kind.STRING, "", update=CLUSTER_WIDE)
    max_connection_creation_rate = integer(LARGEST, at_least=0, update=CLUSTER_WIDE)
    connections_max_idle_ms = long(600000)
    connections_max_reauth_ms = long(0)
    connection_failed_authentication_delay_ms = integer(100, at_least=0)
    request_timeout_ms = integer(30000)
    queued_max_requests = integer(
        500,
        at_least=1,
        tuning="requests in flight are bounded for each connection and by queued.max.request.bytes",
    )
    queued_max_request_bytes = long(DEFAULT_QUEUED_BYTES)
    num_network_threads = integer(3, at_least=1, update=CLUSTER_WIDE, tuning=ONE_LOOP)
    num_io_threads = integer(8, at_least=1, update=CLUSTER_WIDE, tuning=ONE_LOOP)
    max_request_partition_size_limit = integer(2000, at_least=1, tuning=KRAFT)
    unstable_api_versions_enable = boolean(False, internal=True, tuning=KRAFT)
    unstable_feature_versions_enable = boolean(False, internal=True, tuning=KRAFT)

    # Topics
    auto_create_topics_enable = boolean(True)
    delete_topic_enable = boolean(True)
    num_partitions = integer(1, at_least=1)
    default_replication_factor = integer(1)
    create_topic_policy_class_name = class_name(
        refused=Refusal(f"{NO_JAVA}, and its check of new topics would be dropped; remove it", unless=("",))
    )
    alter_config_policy_class_name = class_name(
        refused=Refusal(
            f"{NO_JAVA}, and its check of configurations would be dropped; remove it", unless=("",)
        )
    )

    # Log
    log_dir = text("/tmp/kafka-logs")
    log_dirs: Key[tuple[str, ...]] = resolved(Kind.STRING, None)
    log_dir_failure_timeout_ms = long(30000, at_least=1, tuning=KRAFT)
    log_segment_bytes = integer(1073741824, at_least=14, update=CLUSTER_WIDE)
    log_roll_ms: Key[int] = resolved(Kind.LONG, None, update=CLUSTER_WIDE)
    log_roll_hours = integer(168, at_least=1)
    log_roll_jitter_ms: Key[int] = resolved(Kind.LONG, None, update=CLUSTER_WIDE)
    log_roll_jitter_hours = integer(0, at_least=0)
    log_retention_ms: Key[int] = resolved(Kind.LONG, None, update=CLUSTER_WIDE)
    log_retention_minutes = optional_integer()
    log_retention_hours = integer(168)
    log_retention_bytes = long(-1, update=CLUSTER_WIDE)
    log_retention_check_interval_ms = long(300000, at_least=1)
    log_cleanup_policy = names("delete", one_of=CLEANUP_POLICIES, update=CLUSTER_WIDE)
    log_index_size_max_bytes = integer(10485760, at_least=4, update=CLUSTER_WIDE)
    log_index_interval_bytes = integer(4096, at_least=0, update=CLUSTER_WIDE)
    log_flush_interval_messages = long(LONGEST, at_least=1, update=CLUSTER_WIDE)
    log_flush_interval_ms: Key[int] = resolved(Kind.LONG, None, update=CLUSTER_WIDE)
    log_flush_scheduler_interval_ms = long(LONGEST)
    log_flush_offset_checkpoint_interval_ms = integer(60000, at_least=0)
    log_flush_start_offset_checkpoint_interval_ms = integer(60000, at_least=0)
    log_segment_delete_delay_ms = long(60000, at_least=0, update=CLUSTER_WIDE)
    log_preallocate = boolean(False, update=CLUSTER_WIDE)
    log_initial_task_delay_ms = long(30000, at_least=0, internal=True)
    log_message_format_version = text(
        "3.0-IV1",
        check=version_problem,
        tuning="records are always kept in the current format, as in Kafka 3.0 and later",
    )
    log_message_timestamp_type = text("CreateTime", one_of=TIMESTAMP_TYPES, update=CLUSTER_WIDE)
    log_message_timestamp_difference_max_ms = long(LONGEST, at_least=0, update=CLUSTER_WIDE)
    log_message_timestamp_before_max_ms = long(LONGEST, at_least=0, update=CLUSTER_WIDE)
    log_message_timestamp_after_max_ms = long(LONGEST, at_least=0, update=CLUSTER_WIDE)
    log_message_downconversion_enable = boolean(True, update=CLUSTER_WIDE)
    message_max_bytes = integer(1048588, at_least=0, update=CLUSTER_WIDE)
    record_validation = text("header", one_of=("header", "deep"))
    compression_type = text("producer", one_of=COMPRESSION_TYPES, update=CLUSTER_WIDE)
    compression_gzip_level = integer(-1, check=gzip_level_problem, update=CLUSTER_WIDE)
    compression_lz4_level = integer(9, at_least=1, at_most=17, update=CLUSTER_WIDE)
    compression_zstd_level = integer(3, at_least=-131072, at_most=22, update=CLUSTER_WIDE)
    num_recovery_threads_per_data_dir = integer(1, at_least=1, update=CLUSTER_WIDE)

    # Compaction
    log_cleaner_enable = boolean(True)
    log_cleaner_threads = integer(1, at_least=0, update=CLUSTER_WIDE)
    log_cleaner_io_max_bytes_per_second = decimal(1.7976931348623157e308, update=CLUSTER_WIDE)
    log_cleaner_dedupe_buffer_size = long(134217728, update=CLUSTER_WIDE)
    log_cleaner_io_buffer_size = integer(
        524288, at_least=0, update=CLUSTER_WIDE, tuning="the cleaner sizes its own buffers"
    )
    log_cleaner_io_buffer_load_factor = decimal(
        0.9, update=CLUSTER_WIDE, tuning="the cleaner sizes its own buffers"
    )
    log_cleaner_backoff_ms = long(15000, at_least=0, update=CLUSTER_WIDE)
    log_cleaner_min_cleanable_ratio = decimal(0.5, at_least=0, at_most=1, update=CLUSTER_WIDE)
    log_cleaner_delete_retention_ms = long(86400000, at_least=0, update=CLUSTER_WIDE)
    log_cleaner_min_compaction_lag_ms = long(0, at_least=0, update=CLUSTER_WIDE)
    log_cleaner_max_compaction_lag_ms = long(LONGEST, at_least=1, update=CLUSTER_WIDE)

    # Replication
    min_insync_replicas = integer(1, at_least=1, update=CLUSTER_WIDE)
    unclean_leader_election_enable = boolean(False, update=CLUSTER_WIDE)
    unclean_leader_election_interval_ms = long(300000, at_least=1, internal=True, tuning=KRAFT)
    replica_lag_time_max_ms = long(30000)
    replica_fetch_max_bytes = integer(1048576, at_least=0)
    replica_fetch_response_max_bytes = integer(10485760, at_least=0)
    replica_fetch_min_bytes = integer(1)
    replica_fetch_wait_max_ms = integer(500)
    replica_fetch_backoff_ms = integer(1000, at_least=0)
    replica_socket_timeout_ms = integer(30000)
    replica_socket_receive_buffer_bytes = integer(65536)
    replica_high_watermark_checkpoint_interval_ms = long(5000)
    replica_selector_class = optional_text(check=selector_problem)
    num_replica_fetchers = integer(
        1, update=CLUSTER_WIDE, tuning="one task fetches from each leader, over one connection"
    )
    num_replica_alter_log_dirs_threads = optional_integer()
    auto_leader_rebalance_enable = boolean(True)
    leader_imbalance_per_broker_percentage = integer(10)
    leader_imbalance_check_interval_seconds = long(300, at_least=1)
    controller_socket_timeout_ms = integer(30000)
    eligible_leader_replicas_enable = boolean(False, tuning=KRAFT)

    # Fetch
    fetch_max_bytes = integer(57671680, at_least=1024)
    max_incremental_fetch_session_cache_slots = integer(1000, at_least=0)
    fetch_purgatory_purge_interval_requests = integer(1000, tuning=NO_PURGATORY)
    producer_purgatory_purge_interval_requests = integer(1000, tuning=NO_PURGATORY)
    delete_records_purgatory_purge_interval_requests = integer(1, tuning=NO_PURGATORY)

    # Groups and offsets
    group_min_session_timeout_ms = integer(6000)
    group_max_session_timeout_ms = integer(1800000)
    group_initial_rebalance_delay_ms = integer(3000)
    group_max_size = integer(LARGEST, at_least=1)
    group_coordinator_rebalance_protocols = names("classic", check=rebalance_protocols_problem)
    group_coordinator_new_enable = boolean(False, internal=True, tuning=NEW_GROUPS)
    group_coordinator_threads = integer(1, at_least=1, tuning=NEW_GROUPS)
    group_coordinator_append_linger_ms = integer(10, at_least=0, tuning=NEW_GROUPS)
    offset_metadata_max_bytes = integer(4096)
    offsets_commit_timeout_ms = integer(5000, at_least=1)
    offsets_commit_required_acks = short(
        -1, check=required_acks_problem, tuning="commits are always acknowledged by all in-sync replicas"
    )
    offsets_load_buffer_size = integer(5242880, at_least=1, tuning="offsets are loaded segment by segment")
    offsets_retention_minutes = integer(10080, at_least=1)
    offsets_retention_check_interval_ms = long(600000, at_least=1)
    offsets_topic_num_partitions = integer(50, at_least=1)
    offsets_topic_replication_factor = short(3, at_least=1)
    offsets_topic_segment_bytes = integer(104857600, at_least=1)
    offsets_topic_compression_codec = integer(0, at_least=0, at_most=4)

    # Transactions and producer ids
    transaction_max_timeout_ms = integer(900000, at_least=1)
    transaction_state_log_num_partitions = integer(50, at_least=1)
    transaction_state_log_replication_factor = short(3, at_least=1)
    transaction_state_log_min_isr = integer(2, at_least=1)
    transaction_state_log_segment_bytes = integer(104857600, at_least=1)
    transaction_state_log_load_buffer_size = integer(
        5242880, at_least=1, tuning="transactions are loaded segment by segment"
    )
    transaction_abort_timed_out_transaction_cleanup_interval_ms = integer(10000, at_least=1)
    transaction_remove_expired_transaction_cleanup_interval_ms = integer(3600000, at_least=1)
    transaction_partition_verification_enable = boolean(True, update=CLUSTER_WIDE)
    transactional_id_expiration_ms = integer(604800000, at_least=1)
    producer_id_expiration_ms = integer(86400000, at_least=1, update=CLUSTER_WIDE)
    producer_id_expiration_check_interval_ms = integer(600000, at_least=1, internal=True)

    # Quotas
    quota_window_num = integer(11, at_least=1)
    quota_window_size_seconds = integer(1, at_least=1)
    replication_quota_window_num = integer(11, at_least=1)
    replication_quota_window_size_seconds = integer(1, at_least=1)
    alter_log_dirs_replication_quota_window_num = integer(11, at_least=1)
    alter_log_dirs_replication_quota_window_size_seconds = integer(1, at_least=1)
    controller_quota_window_num = integer(11, at_least=1)
    controller_quota_window_size_seconds = integer(1, at_least=1)
    leader_replication_throttled_rate = long(LONGEST, at_least=0, update=CLUSTER_WIDE)
    follower_replication_throttled_rate = long(LONGEST, at_least=0, update=CLUSTER_WIDE)
    replica_alter_log_dirs_io_max_bytes_per_second = long(LONGEST, at_least=0, update=CLUSTER_WIDE)
    client_quota_callback_class = class_name(
        refused=Refusal(
            f"{NO_JAVA}, and its quotas would be dropped; remove it and set quotas with kafka-configs",
            unless=("",),
        )
    )

    # Authorization
    authorizer_class_name = text("", check=authorizer_problem)
    super_users = text("")
    allow_everyone_if_no_acl_found = boolean(False)
    authorizer_usage_file = text("")
    authorizer_zookeeper_url = optional_text(
        refused=Refusal("ACLs are read from the ZooKeeper of zookeeper.connect only; remove it", unless=("",))
    )
    authorizer_zookeeper_connection_timeout_ms = optional_integer(
        tuning="ACLs are read through zookeeper.connect"
    )
    authorizer_zookeeper_session_timeout_ms = optional_integer(
        tuning="ACLs are read through zookeeper.connect"
    )
    authorizer_zookeeper_max_in_flight_requests = optional_integer(
        tuning="ACLs are read through zookeeper.connect"
    )
    principal_builder_class = class_name(
        PRINCIPAL_BUILDER, check=principal_builder_problem, update=PER_BROKER
    )

    # Delegation tokens and encoded passwords
    delegation_token_secret_key = password()
    delegation_token_master_key = password()
    delegation_token_max_lifetime_ms = long(604800000, at_least=1)
    delegation_token_expiry_time_ms = long(86400000, at_least=1)
    delegation_token_expiry_check_interval_ms = long(3600000, at_least=1)
    password_encoder_secret = password()
    password_encoder_old_secret = password()
    password_encoder_keyfactory_algorithm = optional_text()
    password_encoder_cipher_algorithm = text("AES/CBC/PKCS5Padding")
    password_encoder_key_length = integer(128, at_least=8)
    password_encoder_iterations = integer(4096, at_least=1024)

    # TLS
    ssl_client_auth = text("none", one_of=("required", "requested", "none"), update=PER_BROKER)
    ssl_protocol = text("TLSv1.3", update=PER_BROKER, tuning="ssl.enabled.protocols decides")
    ssl_enabled_protocols = names("TLSv1.2", "TLSv1.3", update=PER_BROKER)
    ssl_cipher_suites = names(update=PER_BROKER)
    ssl_endpoint_identification_algorithm = text("https", update=PER_BROKER)
    ssl_principal_mapping_rules = text("DEFAULT")
    ssl_keystore_type = text("JKS", update=PER_BROKER)
    ssl_keystore_location = optional_text(update=PER_BROKER)
    ssl_keystore_password = password(update=PER_BROKER)
    ssl_keystore_key = password(update=PER_BROKER)
    ssl_keystore_certificate_chain = password(update=PER_BROKER)
    ssl_key_password = password(update=PER_BROKER)
    ssl_truststore_type = text("JKS", update=PER_BROKER)
    ssl_truststore_location = optional_text(update=PER_BROKER)
    ssl_truststore_password = password(update=PER_BROKER)
    ssl_truststore_certificates = password(update=PER_BROKER)
    ssl_allow_dn_changes = boolean(False)
    ssl_allow_san_changes = boolean(False)
    ssl_keymanager_algorithm = text("SunX509", update=PER_BROKER, tuning=JAVA_TLS)
    ssl_trustmanager_algorithm = text("PKIX", update=PER_BROKER, tuning=JAVA_TLS)
    ssl_secure_random_implementation = optional_text(update=PER_BROKER, tuning=JAVA_TLS)
    ssl_provider = optional_text(
        update=PER_BROKER,
        refused=Refusal("Java security providers cannot be loaded here; remove it", unless=("",)),
    )
    ssl_engine_factory_class = class_name(
        update=PER_BROKER,
        refused=Refusal(
            f"{NO_JAVA}, and its check of certificates would be dropped; remove it and set ssl.keystore.*",
            unless=("",),
        ),
    )

    # SASL
    sasl_enabled_mechanisms = names("GSSAPI", update=PER_BROKER)
    sasl_mechanism_inter_broker_protocol = text("GSSAPI", update=PER_BROKER)
    sasl_mechanism_controller_protocol = text("GSSAPI", tuning=KRAFT)
    sasl_jaas_config = password(update=PER_BROKER)
    sasl_server_max_receive_size = integer(524288)
    sasl_server_callback_handler_class = class_name(check=server_callback_problem)
    sasl_client_callback_handler_class = class_name(
        refused=Refusal(f"{NO_JAVA}; remove it and give the credentials in sasl.jaas.config", unless=("",))
    )
    sasl_login_callback_handler_class = class_name(
        refused=Refusal(f"{NO_JAVA}; remove it and give the credentials in sasl.jaas.config", unless=("",))
    )
    sasl_login_class = class_name(
        refused=Refusal(f"{NO_JAVA}; remove it and give the credentials in sasl.jaas.config", unless=("",))
    )
    sasl_kerberos_service_name = optional_text(update=PER_BROKER, tuning=KERBEROS)
    sasl_kerberos_kinit_cmd = text("/usr/bin/kinit", update=PER_BROKER, tuning=KERBEROS)
    sasl_kerberos_ticket_renew_window_factor = decimal(0.8, update=PER_BROKER, tuning=KERBEROS)
    sasl_kerberos_ticket_renew_jitter = decimal(0.05, update=PER_BROKER, tuning=KERBEROS)
    sasl_kerberos_min_time_before_relogin = long(60000, update=PER_BROKER, tuning=KERBEROS)
    sasl_kerberos_principal_to_local_rules = names("DEFAULT", update=PER_BROKER, tuning=KERBEROS)
    sasl_login_connect_timeout_ms = optional_integer(tuning=TOKEN_CLIENT)
    sasl_login_read_timeout_ms = optional_integer(tuning=TOKEN_CLIENT)
    sasl_login_refresh_buffer_seconds = short(300, update=PER_BROKER, tuning=TOKEN_CLIENT)
    sasl_login_refresh_min_period_seconds = short(60, update=PER_BROKER, tuning=TOKEN_CLIENT)
    sasl_login_refresh_window_factor = decimal(0.8, update=PER_BROKER, tuning=TOKEN_CLIENT)
    sasl_login_refresh_window_jitter = decimal(0.05, update=PER_BROKER, tuning=TOKEN_CLIENT)
    sasl_login_retry_backoff_ms = long(100, tuning=TOKEN_CLIENT)
    sasl_login_retry_backoff_max_ms = long(10000, tuning=TOKEN_CLIENT)
    sasl_oauthbearer_token_endpoint_url = optional_text(tuning=TOKEN_CLIENT)
    sasl_oauthbearer_jwks_endpoint_url = optional_text()
    sasl_oauthbearer_jwks_endpoint_refresh_ms = long(3600000)
    sasl_oauthbearer_jwks_endpoint_retry_backoff_ms = long(100, tuning="keys are read from a file")
    sasl_oauthbearer_jwks_endpoint_retry_backoff_max_ms = long(10000, tuning="keys are read from a file")
    sasl_oauthbearer_expected_audience = optional_names()
    sasl_oauthbearer_expected_issuer = optional_text()
    sasl_oauthbearer_scope_claim_name = text("scope")
    sasl_oauthbearer_sub_claim_name = text("sub")
    sasl_oauthbearer_clock_skew_seconds = integer(30)

    # Metrics
    auto_include_jmx_reporter = boolean(True, tuning=METRICS)
    metric_reporters = names(update=CLUSTER_WIDE, tuning=METRICS)
    metrics_num_samples = integer(2, at_least=1, tuning=METRICS)
    metrics_recording_level = text("INFO", tuning=METRICS)
    metrics_sample_window_ms = long(30000, at_least=1, tuning=METRICS)
    kafka_metrics_reporters = names(tuning=METRICS)
    kafka_metrics_polling_interval_secs = integer(10, at_least=1, tuning=METRICS)
    telemetry_max_bytes = integer(1048576, at_least=1, tuning=METRICS)

    # KRaft
    process_roles = names(
        one_of=("broker", "controller"),
        refused=Refusal("KRaft mode is not served; remove it and set zookeeper.connect", unless=((),)),
    )
    controller_quorum_voters = names(
        refused=Refusal("there is no KRaft quorum; remove it and set zookeeper.connect", unless=((),))
    )
    controller_quorum_bootstrap_servers = names(
        refused=Refusal("there is no KRaft quorum; remove it and set zookeeper.connect", unless=((),))
    )
    controller_listener_names = optional_text(
        refused=Refusal(
            "controllers have no listeners of their own in ZooKeeper mode; remove it", unless=("",)
        )
    )
    zookeeper_metadata_migration_enable = boolean(
        False,
        refused=Refusal("a migration to KRaft needs Apache Kafka brokers; remove it", unless=(False,)),
    )
    zookeeper_metadata_migration_min_batch_size = integer(200, at_least=1, internal=True, tuning=KRAFT)
    controller_quorum_append_linger_ms = integer(25, tuning=KRAFT)
    controller_quorum_election_backoff_max_ms = integer(1000, tuning=KRAFT)
    controller_quorum_election_timeout_ms = integer(1000, tuning=KRAFT)
    controller_quorum_fetch_timeout_ms = integer(2000, tuning=KRAFT)
    controller_quorum_request_timeout_ms = integer(2000, tuning=KRAFT)
    controller_quorum_retry_backoff_ms = integer(20, tuning=KRAFT)
    broker_heartbeat_interval_ms = integer(2000, tuning=KRAFT)
    broker_session_timeout_ms = integer(9000, tuning=KRAFT)
    initial_broker_registration_timeout_ms = integer(60000, tuning=KRAFT)
    early_start_listeners = optional_text(tuning=KRAFT)
    metadata_log_dir = optional_text(tuning=KRAFT)
    metadata_log_max_record_bytes_between_snapshots = long(20971520, at_least=1, tuning=KRAFT)
    metadata_log_max_snapshot_interval_ms = long(3600000, at_least=0, tuning=KRAFT)
    metadata_log_segment_bytes = integer(1073741824, at_least=12, tuning=KRAFT)
    metadata_log_segment_min_bytes = integer(8388608, at_least=12, internal=True, tuning=KRAFT)
    metadata_log_segment_ms = long(604800000, tuning=KRAFT)
    metadata_max_idle_interval_ms = integer(500, at_least=0, tuning=KRAFT)
    metadata_max_retention_bytes = long(104857600, tuning=KRAFT)
    metadata_max_retention_ms = long(604800000, tuning=KRAFT)

    # The new consumer protocol and share groups
    group_consumer_assignors = names(
        "org.apache.kafka.coordinator.group.assignor.UniformAssignor",
        "org.apache.kafka.coordinator.group.assignor.RangeAssignor",
        tuning=NEW_GROUPS,
    )
    group_consumer_heartbeat_interval_ms = integer(5000, at_least=1, tuning=NEW_GROUPS)
    group_consumer_max_heartbeat_interval_ms = integer(15000, at_least=1, tuning=NEW_GROUPS)
    group_consumer_min_heartbeat_interval_ms = integer(5000, at_least=1, tuning=NEW_GROUPS)
    group_consumer_session_timeout_ms = integer(45000, at_least=1, tuning=NEW_GROUPS)
    group_consumer_max_session_timeout_ms = integer(60000, at_least=1, tuning=NEW_GROUPS)
    group_consumer_min_session_timeout_ms = integer(45000, at_least=1, tuning=NEW_GROUPS)
    group_consumer_max_size = integer(LARGEST, at_least=1, tuning=NEW_GROUPS)
    group_consumer_migration_policy = text("disabled", internal=True, tuning=NEW_GROUPS)
    group_share_enable = boolean(False, internal=True, tuning=SHARE_GROUPS)
    group_share_delivery_count_limit = integer(5, at_least=2, at_most=10, tuning=SHARE_GROUPS)
    group_share_heartbeat_interval_ms = integer(5000, at_least=1, tuning=SHARE_GROUPS)
    group_share_max_heartbeat_interval_ms = integer(15000, at_least=1, tuning=SHARE_GROUPS)
    group_share_min_heartbeat_interval_ms = integer(5000, at_least=1, tuning=SHARE_GROUPS)
    group_share_session_timeout_ms = integer(45000, at_least=1, tuning=SHARE_GROUPS)
    group_share_max_session_timeout_ms = integer(60000, at_least=1, tuning=SHARE_GROUPS)
    group_share_min_session_timeout_ms = integer(45000, at_least=1, tuning=SHARE_GROUPS)
    group_share_max_groups = short(10, at_least=1, at_most=100, tuning=SHARE_GROUPS)
    group_share_max_size = short(200, at_least=10, at_most=1000, tuning=SHARE_GROUPS)
    group_share_partition_max_record_locks = integer(200, at_least=100, at_most=10000, tuning=SHARE_GROUPS)
    group_share_record_lock_duration_ms = integer(30000, at_least=1000, at_most=60000, tuning=SHARE_GROUPS)
    group_share_max_record_lock_duration_ms = integer(
        60000, at_least=30000, at_most=3600000, tuning=SHARE_GROUPS
    )
    group_share_min_record_lock_duration_ms = integer(
        15000, at_least=1000, at_most=30000, tuning=SHARE_GROUPS
    )

    # Tiered storage
    remote_log_storage_system_enable = boolean(
        False,
        refused=Refusal(
            "tiered storage is not served: records would not be where they are expected; remove it",
            unless=(False,),
        ),
    )
    remote_log_storage_manager_class_name = optional_text(tuning=TIERED)
    remote_log_storage_manager_class_path = optional_text(tuning=TIERED)
    remote_log_storage_manager_impl_prefix = text("rsm.config.", tuning=TIERED)
    remote_log_metadata_manager_class_name = text(
        "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
        tuning=TIERED,
    )
    remote_log_metadata_manager_class_path = optional_text(tuning=TIERED)
    remote_log_metadata_manager_impl_prefix = text("rlmm.config.", tuning=TIERED)
    remote_log_metadata_manager_listener_name = optional_text(tuning=TIERED)
    remote_log_metadata_custom_metadata_max_bytes = integer(128, at_least=0, tuning=TIERED)
    remote_log_index_file_cache_total_size_bytes = long(
        1073741824, at_least=1, update=CLUSTER_WIDE, tuning=TIERED
    )
    remote_log_manager_thread_pool_size = integer(10, at_least=1, tuning=TIERED)
    remote_log_manager_copier_thread_pool_size = integer(-1, tuning=TIERED)
    remote_log_manager_expiration_thread_pool_size = integer(-1, tuning=TIERED)
    remote_log_manager_task_interval_ms = long(30000, at_least=1, tuning=TIERED)
    remote_log_manager_task_retry_backoff_ms = long(500, at_least=1, internal=True, tuning=TIERED)
    remote_log_manager_task_retry_backoff_max_ms = long(30000, at_least=1, internal=True, tuning=TIERED)
    remote_log_manager_task_retry_jitter = decimal(0.2, at_least=0, at_most=0.5, internal=True, tuning=TIERED)
    remote_log_manager_copy_max_bytes_per_second = long(
        LONGEST, at_least=1, update=CLUSTER_WIDE, tuning=TIERED
    )
    remote_log_manager_copy_quota_window_num = integer(11, at_least=1, tuning=TIERED)
    remote_log_manager_copy_quota_window_size_seconds = integer(1, at_least=1, tuning=TIERED)
    remote_log_manager_fetch_max_bytes_per_second = long(
        LONGEST, at_least=1, update=CLUSTER_WIDE, tuning=TIERED
    )
    remote_log_manager_fetch_quota_window_num = integer(11, at_least=1, tuning=TIERED)
    remote_log_manager_fetch_quota_window_size_seconds = integer(1, at_least=1, tuning=TIERED)
    remote_log_reader_threads = integer(10, at_least=1, tuning=TIERED)
    remote_log_reader_max_pending_tasks = integer(100, at_least=1, tuning=TIERED)
    remote_fetch_max_wait_ms = integer(500, at_least=1, update=CLUSTER_WIDE, tuning=TIERED)
    log_local_retention_bytes = long(-2, at_least=-2, update=CLUSTER_WIDE, tuning=TIERED)
    log_local_retention_ms = long(-2, at_least=-2, update=CLUSTER_WIDE, tuning=TIERED)


BROKER_KEYS: Final[Mapping[str, Key[object]]] = {
    row.name: row for row in vars(BrokerKeys).values() if isinstance(row, Key)
}

OWN_KEYS: Final = frozenset(
    {"authorizer.usage.file", "record.validation", "zookeeper.digest", "zookeeper.sasl.jaas.config"}
)
"""Keys Kafka does not have."""

AUTHORIZER_KEYS: Final = frozenset(
    name for name in BROKER_KEYS if name.startswith(("super.", "allow.", "authorizer.zookeeper."))
)
"""Keys that Kafka's authorizer reads, which are not in Kafka's own list."""

DYNAMIC_ONLY: Final = frozenset(
    {
        "leader.replication.throttled.rate",
        "follower.replication.throttled.rate",
        "replica.alter.log.dirs.io.max.bytes.per.second",
    }
)
"""Keys that exist as dynamic configurations only. Source: kafka.server.DynamicConfig.Broker."""

OTHER_UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "log.roll.ms": ("log.roll.ms", "log.roll.hours"),
    "log.roll.jitter.ms": ("log.roll.jitter.ms", "log.roll.jitter.hours"),
    "log.retention.ms": ("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
}
"""Keys that say the same thing in other units, most precise first: the first one that is set counts."""

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    **OTHER_UNITS,
    # The second holds the default of the first, and means something of its own besides.
    "log.flush.interval.ms": ("log.flush.interval.ms", "log.flush.scheduler.interval.ms"),
}
"""The same, and keys that take another one's value where they are not set themselves."""
