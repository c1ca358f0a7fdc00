import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

import kafka.security.authorizer.AclAuthorizer;
import kafka.zk.ExtendedAclChangeStore;
import kafka.zk.LiteralAclChangeStore;

import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.SecurityUtils;
import org.apache.kafka.security.authorizer.AclEntry;
import org.apache.kafka.server.authorizer.AclCreateResult;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/**
 * Kafka's AclAuthorizer, asked. Standard input is a line for each command, its words URL-encoded and parted by blanks:
 *
 * open CONNECT SUPER_USERS ALLOW_EVERYONE   an authorizer on that ZooKeeper, which reads the rules there; ends the one before
 * add PRINCIPAL HOST OPERATION PERMISSION TYPE PATTERN NAME   a rule for the next create
 * create                                    writes these rules; answers "ok" or the failure
 * list                                      answers every rule it knows of, as add takes them, sorted, parted by tabs
 * ask PRINCIPAL HOST OPERATION TYPE NAME    answers ALLOWED or DENIED
 * ask-type PRINCIPAL HOST OPERATION TYPE    the same for any resource of the type
 * decode BASE64                             what it reads in a pattern's node, or "failure"
 * literal-change BASE64, extended-change BASE64   what it reads in a change notice, or "failure"
 */
public class AclOracle {
    static AclAuthorizer authorizer;
    static final List<AclBinding> PENDING = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        StringBuilder answers = new StringBuilder();
        try {
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                String answer = obey(line.split(" ", -1));
                if (answer != null) {
                    answers.append(answer).append('\n');
                }
            }
        } finally {
            if (authorizer != null) {
                authorizer.close();
                authorizer = null;
            }
        }
        System.out.print(answers);
    }

    static String obey(String[] encoded) throws Exception {
        List<String> words = new ArrayList<>();
        for (String word : encoded) {
            words.add(URLDecoder.decode(word, StandardCharsets.UTF_8));
        }
        switch (words.get(0)) {
            case "open":
                open(words.get(1), words.get(2), words.get(3));
                return null;
            case "add":
                PENDING.add(binding(words));
                return null;
            case "create":
                return create();
            case "list":
                return list();
            case "ask":
                return authorizer.authorize(context(words), List.of(new Action(
                    AclOperation.valueOf(words.get(3)),
                    new ResourcePattern(ResourceType.valueOf(words.get(4)), words.get(5), PatternType.LITERAL),
                    1, true, true))).get(0).name();
            case "ask-type":
                return authorizer.authorizeByResourceType(
                    context(words), AclOperation.valueOf(words.get(3)), ResourceType.valueOf(words.get(4))).name();
            case "decode":
                return decode(Base64.getDecoder().decode(words.get(1)));
            case "literal-change":
            case "extended-change":
                return change(words.get(0).equals("literal-change"), Base64.getDecoder().decode(words.get(1)));
            default:
                throw new IllegalArgumentException(words.get(0));
        }
    }

    static void open(String connect, String superUsers, String allowEveryone) {
        if (authorizer != null) {
            authorizer.close();
        }
        Map<String, Object> settings = new HashMap<>();
        settings.put("zookeeper.connect", connect);
        settings.put("super.users", superUsers);
        settings.put("allow.everyone.if.no.acl.found", allowEveryone);
        authorizer = new AclAuthorizer();
        authorizer.configure(settings);
    }

    static AclBinding binding(List<String> words) {
        return new AclBinding(
            new ResourcePattern(ResourceType.valueOf(words.get(5)), words.get(7), PatternType.valueOf(words.get(6))),
            new AccessControlEntry(words.get(1), words.get(2), AclOperation.valueOf(words.get(3)),
                AclPermissionType.valueOf(words.get(4))));
    }

    static String create() throws Exception {
        String failure = "ok";
        for (CompletionStage<? extends AclCreateResult> stage : authorizer.createAcls(null, new ArrayList<>(PENDING))) {
            AclCreateResult result = stage.toCompletableFuture().get();
            if (result.exception().isPresent()) {
                failure = result.exception().get().toString();
            }
        }
        PENDING.clear();
        return failure;
    }

    static String list() {
        List<String> found = new ArrayList<>();
        for (AclBinding binding : authorizer.acls(AclBindingFilter.ANY)) {
            AccessControlEntry entry = binding.entry();
            found.add(encode(entry.principal(), entry.host(), entry.operation().name(), entry.permissionType().name(),
                binding.pattern().resourceType().name(), binding.pattern().patternType().name(),
                binding.pattern().name()));
        }
        return found.stream().sorted().collect(Collectors.joining("\t"));
    }

    static String decode(byte[] data) {
        try {
            return AclEntry.fromBytes(data).stream()
                .map(entry -> encode(entry.principal(), entry.host(), entry.operation().name(),
                    entry.permissionType().name()))
                .sorted().collect(Collectors.joining("\t"));
        } catch (Exception error) {
            return "failure";
        }
    }

    static String change(boolean literal, byte[] data) {
        try {
            ResourcePattern pattern = literal ? LiteralAclChangeStore.decode(data) : ExtendedAclChangeStore.decode(data);
            return encode(pattern.resourceType().name(), pattern.patternType().name(), pattern.name());
        } catch (Exception error) {
            return "failure";
        }
    }

    static String encode(String... words) {
        List<String> encoded = new ArrayList<>();
        for (String word : words) {
            encoded.add(URLEncoder.encode(word, StandardCharsets.UTF_8));
        }
        return String.join(" ", encoded);
    }

    static AuthorizableRequestContext context(List<String> words) throws Exception {
        KafkaPrincipal principal = SecurityUtils.parseKafkaPrincipal(words.get(1));
        InetAddress address = InetAddress.getByName(words.get(2));
        return new AuthorizableRequestContext() {
            @Override public String listenerName() { return "PLAINTEXT"; }
            @Override public SecurityProtocol securityProtocol() { return SecurityProtocol.PLAINTEXT; }
            @Override public KafkaPrincipal principal() { return principal; }
            @Override public InetAddress clientAddress() { return address; }
            @Override public int requestType() { return 0; }
            @Override public int requestVersion() { return 0; }
            @Override public String clientId() { return ""; }
            @Override public int correlationId() { return 0; }
        };
    }
}
