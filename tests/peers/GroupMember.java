import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A member of a consumer group: tests/support/group_member.py, which says what the printed lines mean, in Java.
 *
 * GroupMember BOOTSTRAP GROUP TOPIC (eager | cooperative) (INSTANCE | -) SESSION_MS
 */
public class GroupMember {
    static final int HANDFUL = 50;
    static final Set<Integer> UNREAD = new HashSet<>();
    static volatile boolean stopped = false;

    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        properties.put("group.id", args[1]);
        properties.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer."
            + (args[3].equals("eager") ? "RangeAssignor" : "CooperativeStickyAssignor"));
        if (!args[4].equals("-")) {
            properties.put("group.instance.id", args[4]);
        }
        properties.put("session.timeout.ms", args[5]);
        properties.put("heartbeat.interval.ms", "500");
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("max.poll.records", String.valueOf(HANDFUL));
        properties.put("default.api.timeout.ms", "60000");
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopped = true;
            try {
                main.join();
            } catch (InterruptedException unexpected) {
                throw new RuntimeException(unexpected);
            }
        }));
        consumer.subscribe(List.of(args[2]), new Listener());
        while (!stopped) {
            ConsumerRecords<byte[], byte[]> found = consumer.poll(Duration.ofMillis(200));
            Map<Integer, Long> offsets = new TreeMap<>();
            for (TopicPartition partition : found.partitions()) {
                List<ConsumerRecord<byte[], byte[]>> records = found.records(partition);
                long end = records.get(records.size() - 1).offset() + 1;
                if (UNREAD.remove(partition.partition())) {
                    say("\"first\": " + partition.partition() + ", \"offset\": " + records.get(0).offset());
                }
                say("\"read\": " + partition.partition() + ", \"to\": " + end);
                offsets.put(partition.partition(), end);
            }
            if (offsets.isEmpty()) {
                continue;
            }
            try {
                consumer.commitSync();
                say("\"committed\": {" + offsets.entrySet().stream()
                    .map(each -> "\"" + each.getKey() + "\": " + each.getValue()).collect(Collectors.joining(", ")) + "}");
            } catch (KafkaException refused) {
                say("\"refused\": \"" + refused.getClass().getSimpleName() + "\"");
            }
        }
        consumer.close();
    }

    static synchronized void say(String event) {
        System.out.println("{" + event + ", \"at\": " + System.nanoTime() / 1e9 + "}");
    }

    static List<Integer> numbers(Collection<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::partition).sorted().collect(Collectors.toList());
    }

    static final class Listener implements ConsumerRebalanceListener {
        @Override public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            UNREAD.addAll(numbers(partitions));
            say("\"assigned\": " + numbers(partitions));
        }

        @Override public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            UNREAD.removeAll(numbers(partitions));
            say("\"revoked\": " + numbers(partitions));
        }

        @Override public void onPartitionsLost(Collection<TopicPartition> partitions) {
            UNREAD.removeAll(numbers(partitions));
            say("\"lost\": " + numbers(partitions));
        }
    }
}
