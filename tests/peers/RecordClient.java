import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The Java clients with every part of a record in the open, for partition 0 of one topic.
 *
 * produce BOOTSTRAP TOPIC [property=value...]: reads records from standard input, prints the offset of each (-1 for acks=0).
 * read BOOTSTRAP TOPIC (beginning | offset N | timestamp MS) COUNT [property=value...]: assigns the partition, prints COUNT records.
 *
 * A record is a line: timestamp, key, value, then name and value of each header; bytes in base64, nothing as "-", null as "null".
 * A printed record has its offset before that.
 */
public class RecordClient {
    public static void main(String[] args) throws Exception {
        TopicPartition partition = new TopicPartition(args[2], 0);
        if (args[0].equals("produce")) {
            produce(args, partition);
        } else {
            read(args, partition);
        }
    }

    static void produce(String[] args, TopicPartition partition) throws Exception {
        Properties properties = new Properties();
        put(properties, args, 3);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer =
                 new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                    partition.topic(), partition.partition(), Long.parseLong(words[0]), decode(words[1]), decode(words[2]));
                for (int i = 3; i < words.length; i += 2) {
                    record.headers().add(new String(decode(words[i]), StandardCharsets.UTF_8), decode(words[i + 1]));
                }
                sent.add(producer.send(record));
            }
        }
        for (Future<RecordMetadata> future : sent) {
            RecordMetadata metadata = future.get();
            System.out.println(metadata.hasOffset() ? metadata.offset() : -1);
        }
    }

    static void read(String[] args, TopicPartition partition) {
        Properties properties = new Properties();
        int count = args[3].equals("beginning") ? 4 : 5;
        put(properties, args, count + 1);
        int left = Integer.parseInt(args[count]);
        try (KafkaConsumer<byte[], byte[]> consumer =
                 new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            switch (args[3]) {
                case "beginning":
                    consumer.seekToBeginning(List.of(partition));
                    break;
                case "offset":
                    consumer.seek(partition, Long.parseLong(args[4]));
                    break;
                default:
                    Map<TopicPartition, OffsetAndTimestamp> found =
                        consumer.offsetsForTimes(Map.of(partition, Long.parseLong(args[4])));
                    consumer.seek(partition, found.get(partition).offset());
            }
            while (left > 0) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    if (left-- > 0) {
                        System.out.println(line(record));
                    }
                }
            }
        }
    }

    static void put(Properties properties, String[] args, int first) {
        properties.put("bootstrap.servers", args[1]);
        for (int i = first; i < args.length; i++) {
            String[] property = args[i].split("=", 2);
            properties.put(property[0], property[1]);
        }
    }

    static String line(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder line = new StringBuilder()
            .append(record.offset()).append(' ').append(record.timestamp()).append(' ')
            .append(encode(record.key())).append(' ').append(encode(record.value()));
        for (Header header : record.headers()) {
            line.append(' ').append(encode(header.key().getBytes(StandardCharsets.UTF_8)))
                .append(' ').append(encode(header.value()));
        }
        return line.toString();
    }

    static byte[] decode(String word) {
        if (word.equals("null")) {
            return null;
        }
        return word.equals("-") ? new byte[0] : Base64.getDecoder().decode(word);
    }

    static String encode(byte[] bytes) {
        if (bytes == null) {
            return "null";
        }
        return bytes.length == 0 ? "-" : Base64.getEncoder().encodeToString(bytes);
    }
}
