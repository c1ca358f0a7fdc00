import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A read-process-write application on Java's transactional producer, as a process that can be killed.
 *
 * BOOTSTRAP GROUP TRANSACTIONAL_ID INPUT OUTPUT TRANSACTION_TIMEOUT_MS: copies every record of INPUT to the same partition
 * of OUTPUT, exactly once. Now and then it writes something else first and aborts that. Ends with 3 when another process has taken its transactional
 * id, with 4 on any other fatal error. tests/cluster/processor.py is the same on librdkafka.
 */
public class Processor {
    static final int FENCED = 3;
    static final int FATAL = 4;
    static final int ABORT_EVERY = 5;

    public static void main(String[] args) {
        Properties consuming = new Properties();
        consuming.put("bootstrap.servers", args[0]);
        consuming.put("group.id", args[1]);
        consuming.put("isolation.level", "read_committed");
        consuming.put("enable.auto.commit", "false");
        consuming.put("auto.offset.reset", "earliest");
        consuming.put("session.timeout.ms", "3000");
        consuming.put("heartbeat.interval.ms", "500");
        consuming.put("max.poll.records", "20");
        Properties producing = new Properties();
        producing.put("bootstrap.servers", args[0]);
        producing.put("transactional.id", args[2]);
        producing.put("transaction.timeout.ms", args[5]);
        int code = 0;
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer());
        try {
            patiently(producer::initTransactions);
            consumer.subscribe(Set.of(args[3]));
            System.out.println("ready");
            for (long number = 0; ; number++) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
                if (!records.isEmpty()) {
                    try {
                        if (number % ABORT_EVERY == 0) {
                            abortSomething(producer, args[4], records);
                        }
                        process(consumer, producer, args[4], records);
                    } catch (ProducerFencedException | OutOfOrderSequenceException | AuthorizationException
                             | UnsupportedVersionException fatal) {
                        throw fatal;
                    } catch (KafkaException error) {
                        System.out.println("abort: " + error);
                        patiently(producer::abortTransaction);
                        rewind(consumer);
                    }
                }
            }
        } catch (ProducerFencedException | InvalidProducerEpochException fenced) {
            System.out.println("fatal: " + fenced);
            code = FENCED;
        } catch (Exception error) {
            System.out.println("fatal: " + error + " because of " + error.getCause());
            error.printStackTrace(System.out);
            code = FATAL;
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                if (cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException) {
                    code = FENCED;
                }
            }
        }
        System.out.flush();
        Runtime.getRuntime().halt(code);
    }

    static void abortSomething(KafkaProducer<byte[], byte[]> producer, String target, ConsumerRecords<byte[], byte[]> records) {
        producer.beginTransaction();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            producer.send(new ProducerRecord<>(target, record.partition(), null, "aborted".getBytes()));
        }
        producer.flush();
        patiently(producer::abortTransaction);
    }

    static void process(
        KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer, String target,
        ConsumerRecords<byte[], byte[]> records
    ) {
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            producer.send(new ProducerRecord<>(target, record.partition(), record.key(), record.value()));
            offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
        }
        patiently(() -> producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata()));
        patiently(producer::commitTransaction);
    }

    /** Read again from what is committed. */
    static void rewind(KafkaConsumer<byte[], byte[]> consumer) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
        for (TopicPartition partition : consumer.assignment()) {
            OffsetAndMetadata found = committed.get(partition);
            consumer.seek(partition, found == null ? 0 : found.offset());
        }
    }

    /** Java's producer says that these calls may be made again after a timeout. */
    static void patiently(Runnable call) {
        while (true) {
            try {
                call.run();
                return;
            } catch (TimeoutException again) {
                System.out.println("again: " + again);
            }
        }
    }
}
