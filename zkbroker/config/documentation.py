"""What each key does, in a sentence. [pure] Parsed when somebody asks, not at the start of a broker."""

from __future__ import annotations

from functools import cache
from typing import Final

# One key a line; a sentence that needs a second line goes on, indented, below.
SENTENCES: Final = """\
advertised.listeners: Where clients and other brokers are told to connect; the same as listeners if not set.
alter.config.policy.class.name: A class that may refuse changes of configurations.
alter.log.dirs.replication.quota.window.num: How many windows the quota of moves between directories looks at.
alter.log.dirs.replication.quota.window.size.seconds: The length of each of those windows.
allow.everyone.if.no.acl.found: Whether everybody may use a resource that no ACL names.
authorizer.class.name: Who decides what a client may do; nothing lets everybody do everything.
authorizer.usage.file: A file in which this broker counts how often each ACL decided, for acl lint --usage.
authorizer.zookeeper.connection.timeout.ms: How long the authorizer waits for a connection of its own.
authorizer.zookeeper.max.in.flight.requests: How many requests the authorizer sends without an answer.
authorizer.zookeeper.session.timeout.ms: The session timeout of the authorizer's own connection.
authorizer.zookeeper.url: A ZooKeeper of its own for ACLs.
auto.create.topics.enable: Whether asking for a topic that does not exist creates it.
auto.include.jmx.reporter: Whether metrics appear in JMX.
auto.leader.rebalance.enable: Whether leadership goes back to preferred replicas by itself.
background.threads: How many threads do background work.
broker.heartbeat.interval.ms: How often a broker reports to a KRaft controller.
broker.id: This broker's id, unique in the cluster; -1 lets ZooKeeper generate one.
broker.id.generation.enable: Whether an id may be generated.
broker.rack: Where this broker stands; replicas are spread over racks, and followers of one's own rack are read.
broker.session.timeout.ms: How long a KRaft controller waits for a broker's report.
cleanup.policy: What happens to old segments: deleted by age and size, compacted by key, or both.
client.quota.callback.class: A class that decides quotas.
compression.gzip.level: The level at which batches are compressed again with gzip.
compression.lz4.level: The level at which batches are compressed again with lz4.
compression.type: How batches are stored: as the producer compressed them, or compressed again.
compression.zstd.level: The level at which batches are compressed again with zstd.
config.providers: Classes that look values up elsewhere.
connection.failed.authentication.delay.ms: How long the answer to a failed authentication is held back.
connections.max.idle.ms: When a connection on which nothing happens is closed; below 0 never.
connections.max.reauth.ms: When a SASL client has to authenticate again; 0 never.
control.plane.listener.name: The listener on which controller and brokers talk, apart from others.
controlled.shutdown.enable: Whether a broker hands its leaderships over before it stops.
controlled.shutdown.max.retries: How often it asks the controller for that.
controlled.shutdown.retry.backoff.ms: The pause before it asks again.
controller.listener.names: The listeners of a KRaft controller.
controller.quorum.append.linger.ms: How long a KRaft leader gathers writes.
controller.quorum.bootstrap.servers: Where the KRaft quorum is found.
controller.quorum.election.backoff.max.ms: The longest pause between elections of the KRaft quorum.
controller.quorum.election.timeout.ms: How long an election of the KRaft quorum may take.
controller.quorum.fetch.timeout.ms: How long a KRaft voter waits for its leader.
controller.quorum.request.timeout.ms: How long a KRaft voter waits for an answer.
controller.quorum.retry.backoff.ms: The pause before a KRaft voter asks again.
controller.quorum.voters: The members of the KRaft quorum.
controller.quota.window.num: How many windows the quota of topic creations and deletions looks at.
controller.quota.window.size.seconds: The length of each of those windows.
controller.socket.timeout.ms: How long controller and broker wait for each other's answers.
create.topic.policy.class.name: A class that may refuse new topics.
default.replication.factor: How many replicas a topic gets that does not say.
delegation.token.expiry.check.interval.ms: How often expired tokens are removed.
delegation.token.expiry.time.ms: How long a token is valid unless it is renewed.
delegation.token.master.key: The former name of delegation.token.secret.key.
delegation.token.max.lifetime.ms: How long a token can be renewed.
delegation.token.secret.key: What tokens are signed with, the same on all brokers; nothing turns tokens off.
delete.records.purgatory.purge.interval.requests: After how many requests waiting DeleteRecords are tidied.
delete.retention.ms: How long compaction keeps the mark of a deleted key.
delete.topic.enable: Whether topics may be deleted.
early.start.listeners: Listeners that open before the authorizer is ready.
eligible.leader.replicas.enable: Whether KRaft keeps eligible leader replicas.
fetch.max.bytes: The most one Fetch answers.
fetch.purgatory.purge.interval.requests: After how many requests waiting Fetches are tidied.
file.delete.delay.ms: How long the files of a deleted segment stay.
flush.messages: After how many records the log is flushed to the disk.
flush.ms: After what time the log is flushed to the disk.
follower.replication.throttled.rate: How many bytes a second followers of throttled replicas may fetch.
follower.replication.throttled.replicas: The replicas, PARTITION:BROKER or *, throttled as followers.
group.consumer.assignors: The assignors of the new consumer protocol.
group.consumer.heartbeat.interval.ms: The heartbeat interval of the new consumer protocol.
group.consumer.max.heartbeat.interval.ms: The longest of those.
group.consumer.max.session.timeout.ms: The longest session timeout of the new consumer protocol.
group.consumer.max.size: The most members a group of the new consumer protocol may have.
group.consumer.migration.policy: How groups move between the consumer protocols.
group.consumer.min.heartbeat.interval.ms: The shortest heartbeat interval of the new consumer protocol.
group.consumer.min.session.timeout.ms: The shortest session timeout of the new consumer protocol.
group.consumer.session.timeout.ms: The session timeout of the new consumer protocol.
group.coordinator.append.linger.ms: How long the new group coordinator gathers writes.
group.coordinator.new.enable: Whether the new group coordinator is used.
group.coordinator.rebalance.protocols: The group protocols that are served.
group.coordinator.threads: How many threads the new group coordinator has.
group.initial.rebalance.delay.ms: How long a new group waits for more members before its first rebalance.
group.max.session.timeout.ms: The longest session timeout a member may ask for.
group.max.size: The most members a group may have.
group.min.session.timeout.ms: The shortest session timeout a member may ask for.
group.share.delivery.count.limit: How often a share group delivers a record.
group.share.enable: Whether share groups are served.
group.share.heartbeat.interval.ms: The heartbeat interval of share groups.
group.share.max.groups: The most share groups.
group.share.max.heartbeat.interval.ms: The longest heartbeat interval of share groups.
group.share.max.record.lock.duration.ms: The longest time a share group may lock a record.
group.share.max.session.timeout.ms: The longest session timeout of share groups.
group.share.max.size: The most members a share group may have.
group.share.min.heartbeat.interval.ms: The shortest heartbeat interval of share groups.
group.share.min.record.lock.duration.ms: The shortest time a share group may lock a record.
group.share.min.session.timeout.ms: The shortest session timeout of share groups.
group.share.partition.max.record.locks: The most records of a partition a share group may lock.
group.share.record.lock.duration.ms: How long a share group locks a record.
group.share.session.timeout.ms: The session timeout of share groups.
index.interval.bytes: After how many bytes of log the offset index gets an entry.
initial.broker.registration.timeout.ms: How long a broker tries to register with a KRaft controller.
inter.broker.listener.name: The listener on which brokers talk to each other.
inter.broker.protocol.version: Whose messages brokers send each other, while a cluster is upgraded.
kafka.metrics.polling.interval.secs: How often Kafka's metrics reporters are asked.
kafka.metrics.reporters: Kafka's metrics reporters.
leader.imbalance.check.interval.seconds: How often the controller looks for leaders away from their place.
leader.imbalance.per.broker.percentage: How many per cent of a broker's leaderships may be away from their place.
leader.replication.throttled.rate: How many bytes a second leaders of throttled replicas may send.
leader.replication.throttled.replicas: The replicas, PARTITION:BROKER or *, throttled as leaders.
listener.security.protocol.map: The security protocol of each listener name.
listeners: Where this broker listens: NAME://HOST:PORT; an empty host means all interfaces.
local.retention.bytes: How many bytes stay on the local disk of a tiered topic.
local.retention.ms: How long records stay on the local disk of a tiered topic.
log.cleaner.backoff.ms: How long the cleaner sleeps when no log needs cleaning.
log.cleaner.dedupe.buffer.size: The memory in which all cleaner threads together keep keys.
log.cleaner.delete.retention.ms: How long compaction keeps the mark of a deleted key.
log.cleaner.enable: Whether logs are compacted at all.
log.cleaner.io.buffer.load.factor: How full Kafka's cleaner lets its buffer become.
log.cleaner.io.buffer.size: The memory of Kafka's cleaner for reading and writing.
log.cleaner.io.max.bytes.per.second: The most the cleaner reads and writes a second.
log.cleaner.max.compaction.lag.ms: The longest a record stays uncompacted.
log.cleaner.min.cleanable.ratio: How much of a log must be dirty before it is compacted.
log.cleaner.min.compaction.lag.ms: The shortest time a record stays uncompacted.
log.cleaner.threads: How many logs are compacted at the same time.
log.cleanup.policy: What happens to old segments: deleted by age and size, compacted by key, or both.
log.dir: Where logs are kept, if log.dirs is not set.
log.dir.failure.timeout.ms: How long a broker tries to tell a KRaft controller of a failed directory.
log.dirs: The directories in which logs are kept; partitions are spread over them.
log.flush.interval.messages: After how many records a log is flushed to the disk.
log.flush.interval.ms: After what time a log is flushed to the disk.
log.flush.offset.checkpoint.interval.ms: How often recovery points are written down.
log.flush.scheduler.interval.ms: How often logs are looked at for flushing.
log.flush.start.offset.checkpoint.interval.ms: How often log start offsets are written down.
log.index.interval.bytes: After how many bytes of log the offset index gets an entry.
log.index.size.max.bytes: How large an index of a segment may become.
log.initial.task.delay.ms: How long after the start the log's background work begins.
log.local.retention.bytes: How many bytes stay on the local disk of tiered topics.
log.local.retention.ms: How long records stay on the local disk of tiered topics.
log.message.downconversion.enable: Whether records are converted for clients that know old formats only.
log.message.format.version: The format in which records were once kept.
log.message.timestamp.after.max.ms: How far a record's timestamp may lie after the broker's time.
log.message.timestamp.before.max.ms: How far a record's timestamp may lie before the broker's time.
log.message.timestamp.difference.max.ms: Both of these limits, for files written before Kafka 3.6.
log.message.timestamp.type: Whether a record's timestamp is the producer's or the time of its append.
log.preallocate: Whether the file of a new segment gets its full size at once.
log.retention.bytes: How large a partition may become before its oldest segments go; -1 without limit.
log.retention.check.interval.ms: How often segments are looked at for deletion.
log.retention.hours: How long records are kept.
log.retention.minutes: How long records are kept.
log.retention.ms: How long records are kept; -1 for ever.
log.roll.hours: The longest time before a new segment is begun.
log.roll.jitter.hours: By how much at most, at random, that is less.
log.roll.jitter.ms: By how much at most, at random, that is less.
log.roll.ms: The longest time before a new segment is begun.
log.segment.bytes: The size at which a new segment is begun.
log.segment.delete.delay.ms: How long the files of a deleted segment stay.
max.compaction.lag.ms: The longest a record stays uncompacted.
max.connection.creation.rate: The most connections a second.
max.connections: The most connections at the same time.
max.connections.per.ip: The most connections from one address.
max.connections.per.ip.overrides: That limit for single addresses: HOST:COUNT,…
max.incremental.fetch.session.cache.slots: The most fetch sessions that are remembered.
max.message.bytes: The largest record batch that is accepted.
max.request.partition.size.limit: The most partitions one answer of DescribeTopicPartitions holds.
message.downconversion.enable: Whether records are converted for clients that know old formats only.
message.format.version: The format in which records were once kept.
message.max.bytes: The largest record batch that is accepted.
message.timestamp.after.max.ms: How far a record's timestamp may lie after the broker's time.
message.timestamp.before.max.ms: How far a record's timestamp may lie before the broker's time.
message.timestamp.difference.max.ms: Both of these limits, for topics made before Kafka 3.6.
message.timestamp.type: Whether a record's timestamp is the producer's or the time of its append.
metadata.log.dir: Where KRaft keeps its log.
metadata.log.max.record.bytes.between.snapshots: After how many bytes KRaft takes a snapshot.
metadata.log.max.snapshot.interval.ms: After what time KRaft takes a snapshot.
metadata.log.segment.bytes: The size of a segment of KRaft's log.
metadata.log.segment.min.bytes: The least such size.
metadata.log.segment.ms: The longest time before a new segment of KRaft's log is begun.
metadata.max.idle.interval.ms: How often KRaft writes when there is nothing to write.
metadata.max.retention.bytes: How large KRaft's log may become.
metadata.max.retention.ms: How long KRaft's log is kept.
metric.reporters: Classes that report metrics.
metrics.num.samples: How many samples a metric keeps.
metrics.recording.level: Which metrics are kept.
metrics.sample.window.ms: The time one sample spans.
min.cleanable.dirty.ratio: How much of the log must be dirty before it is compacted.
min.compaction.lag.ms: The shortest time a record stays uncompacted.
min.insync.replicas: How many replicas must have a record before acks=all is answered.
node.id: Another name of broker.id.
num.io.threads: How many threads handle requests.
num.network.threads: How many threads read and write sockets.
num.partitions: How many partitions a topic gets that does not say.
num.recovery.threads.per.data.dir: How many logs of a directory are recovered at the same time.
num.replica.alter.log.dirs.threads: How many threads move replicas between directories.
num.replica.fetchers: How many fetchers there are for each leading broker.
offset.metadata.max.bytes: The longest text that may go with a committed offset.
offsets.commit.required.acks: Which replicas must have a commit before it is answered.
offsets.commit.timeout.ms: How long a commit may take to be replicated.
offsets.load.buffer.size: How many bytes of offsets are loaded at a time.
offsets.retention.check.interval.ms: How often offsets are looked at for expiry.
offsets.retention.minutes: How long the offsets of a group without members are kept.
offsets.topic.compression.codec: How the offsets topic is compressed: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
offsets.topic.num.partitions: How many partitions the offsets topic gets.
offsets.topic.replication.factor: How many replicas the offsets topic gets.
offsets.topic.segment.bytes: The size of its segments.
password.encoder.cipher.algorithm: How passwords in ZooKeeper are encrypted.
password.encoder.iterations: How often the key of that is derived.
password.encoder.key.length: How many bits that key has.
password.encoder.keyfactory.algorithm: How that key is derived.
password.encoder.old.secret: The former secret, while it is being replaced.
password.encoder.secret: The secret with which passwords in ZooKeeper are encrypted.
preallocate: Whether the file of a new segment gets its full size at once.
principal.builder.class: Who makes a principal of an authenticated connection.
process.roles: What a KRaft process is.
producer.id.expiration.check.interval.ms: How often producer ids are looked at for expiry.
producer.id.expiration.ms: How long an idle producer's sequence numbers are remembered.
producer.purgatory.purge.interval.requests: After how many requests waiting Produces are tidied.
queued.max.request.bytes: The memory all requests in flight may take together; below 1 without limit.
queued.max.requests: How many requests may wait for a thread.
quota.window.num: How many windows the quotas of clients look at; what all but one allow may be used at once.
quota.window.size.seconds: The length of each of those windows.
record.validation: How closely a produced batch is looked at: its header and checksum, or each record too.
remote.fetch.max.wait.ms: How long a fetch of tiered records may take.
remote.log.copy.disable: Whether nothing more of a tiered topic is copied away.
remote.log.delete.on.disable: Whether what was copied away is deleted when a topic is no longer tiered.
remote.log.index.file.cache.total.size.bytes: How much space copies of remote indexes may take.
remote.log.manager.copier.thread.pool.size: How many threads copy segments away.
remote.log.manager.copy.max.bytes.per.second: The most bytes a second that are copied away.
remote.log.manager.copy.quota.window.num: How many windows that limit looks at.
remote.log.manager.copy.quota.window.size.seconds: The length of each of those windows.
remote.log.manager.expiration.thread.pool.size: How many threads expire remote segments.
remote.log.manager.fetch.max.bytes.per.second: The most bytes a second that are fetched from afar.
remote.log.manager.fetch.quota.window.num: How many windows that limit looks at.
remote.log.manager.fetch.quota.window.size.seconds: The length of each of those windows.
remote.log.manager.task.interval.ms: How often tiered logs are looked at.
remote.log.manager.task.retry.backoff.max.ms: The longest pause before that is tried again.
remote.log.manager.task.retry.backoff.ms: The first pause before that is tried again.
remote.log.manager.task.retry.jitter: How much of that pause is random.
remote.log.manager.thread.pool.size: How many threads tiered storage has.
remote.log.metadata.custom.metadata.max.bytes: The most metadata a storage plug-in may keep.
remote.log.metadata.manager.class.name: Who keeps the metadata of remote segments.
remote.log.metadata.manager.class.path: Where that class is found.
remote.log.metadata.manager.impl.prefix: What the keys of that class begin with.
remote.log.metadata.manager.listener.name: The listener that class connects to.
remote.log.reader.max.pending.tasks: How many fetches from afar may wait.
remote.log.reader.threads: How many threads fetch from afar.
remote.log.storage.manager.class.name: Who keeps remote segments.
remote.log.storage.manager.class.path: Where that class is found.
remote.log.storage.manager.impl.prefix: What the keys of that class begin with.
remote.log.storage.system.enable: Whether old segments may live in a remote store.
remote.storage.enable: Whether the topic's old segments live in a remote store.
replica.alter.log.dirs.io.max.bytes.per.second: How many bytes a second moves between directories may take.
replica.fetch.backoff.ms: How long a follower pauses after an error of a partition.
replica.fetch.max.bytes: How much a follower fetches of each partition at a time.
replica.fetch.min.bytes: How much a follower waits for.
replica.fetch.response.max.bytes: How much a follower fetches at a time.
replica.fetch.wait.max.ms: How long a follower waits for that.
replica.high.watermark.checkpoint.interval.ms: How often high watermarks are written down.
replica.lag.time.max.ms: How long a follower may lag behind before it leaves the in-sync replicas.
replica.selector.class: How the replica is chosen that a consumer reads from; nothing means the leader.
replica.socket.receive.buffer.bytes: The receive buffer of a follower's connection.
replica.socket.timeout.ms: How long a follower waits for an answer.
replication.quota.window.num: How many windows the replication quotas look at.
replication.quota.window.size.seconds: The length of each of those windows.
request.timeout.ms: How long this broker waits for an answer of another one.
reserved.broker.max.id: Broker ids up to this one are never generated.
retention.bytes: How large a partition may become before its oldest segments go; -1 without limit.
retention.ms: How long records are kept; -1 for ever.
sasl.client.callback.handler.class: A class that gives credentials to Java's SASL clients.
sasl.enabled.mechanisms: The SASL mechanisms a client may choose from.
sasl.jaas.config: Names and passwords of a mechanism, in Java's JAAS form.
sasl.kerberos.kinit.cmd: Where kinit is.
sasl.kerberos.min.time.before.relogin: The shortest time between two Kerberos logins.
sasl.kerberos.principal.to.local.rules: How Kerberos principals become names.
sasl.kerberos.service.name: The Kerberos name of the brokers.
sasl.kerberos.ticket.renew.jitter: How much of the renewal time is random.
sasl.kerberos.ticket.renew.window.factor: When a ticket is renewed, as a part of its life.
sasl.login.callback.handler.class: A class that gives credentials to Java's logins.
sasl.login.class: A class that logs in.
sasl.login.connect.timeout.ms: How long a connection to the token endpoint may take.
sasl.login.read.timeout.ms: How long an answer of the token endpoint may take.
sasl.login.refresh.buffer.seconds: How long before its end a token is fetched anew at the latest.
sasl.login.refresh.min.period.seconds: How long a token is kept at least.
sasl.login.refresh.window.factor: When a token is fetched anew, as a part of its life.
sasl.login.refresh.window.jitter: How much of that is random.
sasl.login.retry.backoff.max.ms: The longest pause before the token endpoint is asked again.
sasl.login.retry.backoff.ms: The first pause before the token endpoint is asked again.
sasl.mechanism.controller.protocol: The mechanism towards KRaft controllers.
sasl.mechanism.inter.broker.protocol: The mechanism by which brokers authenticate to each other.
sasl.oauthbearer.clock.skew.seconds: By how much clocks may differ when a token's times are checked.
sasl.oauthbearer.expected.audience: For whom a token must be meant.
sasl.oauthbearer.expected.issuer: Who must have issued a token.
sasl.oauthbearer.jwks.endpoint.refresh.ms: How often the keys of tokens are read anew.
sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms: The longest pause before those keys are asked for again.
sasl.oauthbearer.jwks.endpoint.retry.backoff.ms: The first pause before those keys are asked for again.
sasl.oauthbearer.jwks.endpoint.url: Where the keys that signed tokens are found.
sasl.oauthbearer.scope.claim.name: The claim that holds a token's scope.
sasl.oauthbearer.sub.claim.name: The claim that holds a token's principal.
sasl.oauthbearer.token.endpoint.url: Where Java's clients fetch tokens.
sasl.server.callback.handler.class: A class that checks credentials.
sasl.server.max.receive.size: The largest message before a connection is authenticated.
security.inter.broker.protocol: The listener between brokers, by its security protocol.
security.providers: Java security providers.
segment.bytes: The size at which a new segment is begun.
segment.index.bytes: How large an index of a segment may become.
segment.jitter.ms: By how much at most, at random, segment.ms is less.
segment.ms: The longest time before a new segment is begun.
server.max.startup.time.ms: How long a KRaft server may take to start.
socket.connection.setup.timeout.max.ms: The longest time a connection to another broker may take.
socket.connection.setup.timeout.ms: The time the first attempt of that may take.
socket.listen.backlog.size: How many connections may wait to be accepted.
socket.receive.buffer.bytes: The receive buffer of a connection; -1 leaves it to the system.
socket.request.max.bytes: The largest request.
socket.send.buffer.bytes: The send buffer of a connection; -1 leaves it to the system.
ssl.allow.dn.changes: Whether a certificate loaded at run time may have another distinguished name.
ssl.allow.san.changes: Whether a certificate loaded at run time may lack alternative names of the former one.
ssl.cipher.suites: The cipher suites that are allowed.
ssl.client.auth: Whether clients must, may or need not show a certificate.
ssl.enabled.protocols: The versions of TLS that are allowed.
ssl.endpoint.identification.algorithm: How the name in a server's certificate is checked; nothing turns that off.
ssl.engine.factory.class: A class that makes TLS connections.
ssl.key.password: The password of the private key.
ssl.keymanager.algorithm: Which of Java's key managers is used.
ssl.keystore.certificate.chain: The certificate chain, in PEM.
ssl.keystore.key: The private key, in PEM.
ssl.keystore.location: The file with key and certificate.
ssl.keystore.password: The password of that file.
ssl.keystore.type: The form of that file: PKCS12 or PEM.
ssl.principal.mapping.rules: How a certificate's distinguished name becomes a principal.
ssl.protocol: The version of TLS.
ssl.provider: A Java security provider for TLS.
ssl.secure.random.implementation: Which of Java's random generators is used.
ssl.trustmanager.algorithm: Which of Java's trust managers is used.
ssl.truststore.certificates: The certificates that are trusted, in PEM.
ssl.truststore.location: The file with the certificates that are trusted.
ssl.truststore.password: The password of that file.
ssl.truststore.type: The form of that file: PKCS12 or PEM.
super.users: Principals that may do everything, separated by semicolons: User:a;User:b.
telemetry.max.bytes: The most metrics a client may push at a time.
transaction.abort.timed.out.transaction.cleanup.interval.ms: How often transactions are looked at for timeouts.
transaction.max.timeout.ms: The longest timeout a transaction may have.
transaction.partition.verification.enable: Whether a transaction's first batch on a partition is verified.
transaction.remove.expired.transaction.cleanup.interval.ms: How often transactional ids are looked at for expiry.
transaction.state.log.load.buffer.size: How many bytes of transactions are loaded at a time.
transaction.state.log.min.isr: The min.insync.replicas of the transaction topic.
transaction.state.log.num.partitions: How many partitions the transaction topic gets.
transaction.state.log.replication.factor: How many replicas the transaction topic gets.
transaction.state.log.segment.bytes: The size of its segments.
transactional.id.expiration.ms: How long an idle transactional id is remembered.
unclean.leader.election.enable: Whether a replica that is not in sync may lead when no other is left,
    at the price of records.
unclean.leader.election.interval.ms: How often KRaft looks for such partitions.
unstable.api.versions.enable: Whether unfinished versions of requests are served.
unstable.feature.versions.enable: Whether unfinished features are served.
zookeeper.clientCnxnSocket: The socket class of Java's client.
zookeeper.connect: Where ZooKeeper is, and the path below which this cluster lives: HOST:PORT,…/chroot.
zookeeper.connection.timeout.ms: How long the first connection may take; the session timeout if not set.
zookeeper.digest: USER:PASSWORD with which this broker proves to ZooKeeper who it is, by the scheme digest.
zookeeper.max.in.flight.requests: How many requests are sent without an answer.
zookeeper.metadata.migration.enable: Whether the cluster is moving to KRaft.
zookeeper.metadata.migration.min.batch.size: How much of the metadata moves at a time.
zookeeper.sasl.jaas.config: A JAAS line of ZooKeeper's DigestLoginModule: SASL towards ZooKeeper.
zookeeper.session.timeout.ms: After what silence ZooKeeper takes this broker for dead.
zookeeper.set.acl: Whether only brokers may write what this one writes to ZooKeeper.
zookeeper.ssl.cipher.suites: The cipher suites towards ZooKeeper.
zookeeper.ssl.client.enable: Whether ZooKeeper is spoken to over TLS.
zookeeper.ssl.crl.enable: Whether certificate revocation lists are checked.
zookeeper.ssl.enabled.protocols: The versions of TLS towards ZooKeeper.
zookeeper.ssl.endpoint.identification.algorithm: How the name in ZooKeeper's certificate is checked;
    nothing turns that off.
zookeeper.ssl.keystore.location: The file with this broker's key and certificate towards ZooKeeper.
zookeeper.ssl.keystore.password: The password of that file.
zookeeper.ssl.keystore.type: The form of that file: PKCS12 or PEM.
zookeeper.ssl.ocsp.enable: Whether certificates are checked by OCSP.
zookeeper.ssl.protocol: The version of TLS towards ZooKeeper.
zookeeper.ssl.truststore.location: The file with the certificates ZooKeeper may show.
zookeeper.ssl.truststore.password: The password of that file.
zookeeper.ssl.truststore.type: The form of that file: PKCS12 or PEM.
"""


def documentation_of(key: str) -> str:
    """What a key does, in a sentence. Raises: KeyError for a key that is not in the tables."""
    return _sentences()[key]


@cache
def _sentences() -> dict[str, str]:
    sentences: dict[str, str] = {}
    for line in SENTENCES.replace("\n    ", " ").splitlines():
        key, _, sentence = line.partition(": ")
        sentences[key] = sentence
    return sentences
